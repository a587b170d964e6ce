#include "quantir/Approximate/RowCertificate.h"

#include "Quantir/RowMath.h"
#include "Quantir/SoftmaxForms.h"
#include "quantir/Approximate/Certificate.h"
#include "quantir/Interpret/LaneBuilder.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantir;
using approximate::SoftmaxArithmetic;
using approximate::SoftmaxRows;

static SoftmaxRows rowsOf(SoftmaxOp op) {
  auto type = cast<RankedTensorType>(op.getInput().getType());
  quant::QuantizedType in = getQuantizedElement(type);
  return {getScales(in)[0], std::max<int64_t>(1, type.getShape().back()),
          in.getStorageTypeMax() - in.getStorageTypeMin()};
}

/// `function` of every distance that two codes can have.
template <typename Function>
static std::vector<int32_t> ofDistances(int64_t span, Function function) {
  LaneBuilder b;
  std::vector<int32_t> results;
  for (int64_t first = 0; first <= span; first += Lanes::size) {
    Lanes below = b.i32(0);
    for (int64_t i = 0; i < Lanes::size; ++i)
      below.i32[i] = int32_t(std::min(first + i, span));
    Lanes found = function(b, below);
    results.insert(results.end(), found.i32, found.i32 + Lanes::size);
  }
  results.resize(span + 1);
  return results;
}

namespace {
/// Our own terms. Only what a certificate needs of them.
class HouseTerms : public SoftmaxArithmetic {
public:
  HouseTerms(const SoftmaxCodes &codes, const SoftmaxRows &rows)
      : SoftmaxArithmetic(rows, {}),
        terms(ofDistances(rows.span, [&](LaneBuilder &b, const Lanes &below) {
          return codes.term(b, below);
        })) {}

  int64_t term(int64_t below) const override { return terms[-below]; }
  int32_t finish(int64_t, approximate::RowFactor) const override { return 0; }
  /// The factor is cut to a whole number of at least 2^(fraction - 1), where
  /// the terms have as many bits behind the point.
  double finishError() const override {
    int fraction =
        std::min(24, 30 - int(llvm::Log2_64_Ceil(uint64_t(rows.columns))));
    return std::ldexp(1, 1 - fraction);
  }

private:
  std::vector<int32_t> terms;
};
} // namespace

/// e^-(scale * distance) against the code that stands for it.
static double worstExponential(SoftmaxOp op, quant::QuantizedType out) {
  SoftmaxRows rows = rowsOf(op);
  SoftmaxCodes codes(op);
  auto found = ofDistances(rows.span, [&](LaneBuilder &b, const Lanes &below) {
    return codes.finish(b, codes.term(b, below), b.i32(0));
  });
  auto zero = double(getZeroPoints(out)[0]);
  double worst = 0;
  for (auto [distance, code] : llvm::enumerate(found)) {
    double exact = std::exp(-rows.scale * double(distance)) / getScales(out)[0];
    exact = std::min(exact, double(out.getStorageTypeMax()) - zero);
    worst = std::max(worst, std::fabs(double(code) - zero - exact));
  }
  return worst;
}

/// Of the logarithm: sum t / sum E, where t are the terms of a row and E the
/// exact exponentials, is a quotient of functions that are linear in how many
/// elements lie at each distance. So it is farthest from 1 where all but the
/// largest lie at the same, and trying each distance proves the bound.
static double worstLogarithm(SoftmaxOp op) {
  SoftmaxRows rows = rowsOf(op);
  LogSoftmaxCodes codes(op);
  auto terms = ofDistances(rows.span, [&](LaneBuilder &b, const Lanes &below) {
    return codes.term(b, below);
  });
  auto others = double(rows.columns - 1);
  double worst = 0;
  for (auto [distance, term] : llvm::enumerate(terms)) {
    double sum = (terms[0] + others * double(term)) / double(codes.one());
    double exact = 1 + others * std::exp(-rows.scale * double(distance));
    worst = std::max(worst, std::fabs(std::log(sum / exact)));
  }
  return worst / getScales(getQuantizedElement(op.getType()))[0] +
         codes.stepsOff(rows.span);
}

double quantir::softmaxStepsOff(SoftmaxOp op) {
  if (op.getLog())
    return worstLogarithm(op);
  quant::QuantizedType out = getQuantizedElement(op.getType());
  if (op.getUnnormalized())
    return worstExponential(op, out);
  SoftmaxRows rows = rowsOf(op);
  double step = getScales(out)[0];
  auto steps = [&](const SoftmaxArithmetic &softmax) {
    return (approximate::boundOfTerms(softmax, rows) + softmax.finishError()) /
           step;
  };
  constexpr double rounding = 0.5; // to the result's codes
  if (op.getForm() == SoftmaxForm::house)
    return steps(HouseTerms(SoftmaxCodes(op), rows)) + rounding;
  auto plain = llvm::cantFail(
      SoftmaxArithmetic::create(llvm::cantFail(approximate::parseSoftmaxForm(
                                    stringifySoftmaxForm(op.getForm()))),
                                rows));
  return steps(*plain) + rounding;
}
