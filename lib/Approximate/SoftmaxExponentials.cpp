// Softmax by a polynomial and shifts: I-BERT, I-ViT, FQ-ViT and HyQ.
#include "SoftmaxForms.h"
#include "quantir/Approximate/FixedPoint.h"

#include "llvm/ADT/bit.h"
#include <algorithm>
#include <cmath>

namespace quantir::approximate {

SplitExponential::SplitExponential(double scale, bool isLine)
    : negativeLn2(int64_t(std::floor(-0.6931 / scale))), isLine(isLine) {
  // 0.35815147 x^2 + 0.96963238 x + 1, or 0.08947606 x + 0.12121466
  double first = isLine ? 0.12121466 / 0.08947606 : 0.96963238 / 0.35815147;
  b = int64_t(std::floor(first / scale));
  c = isLine ? b : int64_t(std::floor(1 / 0.35815147 / (scale * scale)));
}

SplitExponential::Parts SplitExponential::operator()(int64_t below) const {
  int64_t q = std::max(below, 30 * negativeLn2);
  int64_t halvings = q / negativeLn2; // both negative, or 0
  int64_t rest = q - halvings * negativeLn2;
  int64_t polynomial = isLine ? rest + b : rest * (rest + b) + c;
  return {std::max<int64_t>(polynomial, 0), int(halvings)};
}

int64_t negativeOne(double scale) { return int64_t(std::floor(-1 / scale)); }

int64_t shiftExponential(int64_t below, double scale, int guardBits) {
  int64_t one = negativeOne(scale);
  int64_t q = below + (below >> 1) - (below >> 4); // times log2 e
  q = std::max(q, guardBits * one);
  int64_t halvings = q / one, rest = q - halvings * one;
  // rest / 2 - one, with a guard bit for the half
  return ((rest - 2 * one) << (guardBits - halvings)) >> 1;
}

namespace {

/// Terms of 16 bits, results of 8, in units of 1/256.
class IBertSoftmax : public SoftmaxArithmetic {
public:
  explicit IBertSoftmax(const SoftmaxRows &rows)
      : SoftmaxArithmetic(rows, {1.0 / 256}), exponential(rows.scale, false) {
    int bits = signedBits(double(exponential.c));
    // The published code keeps 30 bits behind the point, which no 32-bit
    // integer holds; as many as fit give the same 16 bits.
    guardBits = isPublished() ? 30 : std::max(0, 32 - bits);
    toSixteen =
        toMultiplier(32767 / std::ldexp(double(exponential.c), guardBits));
    values = {{"the polynomial", bits, 32},
              {"the sum", signedBits(double(rows.columns) * 32767), 32}};
  }

  int64_t term(int64_t below) const override {
    auto [polynomial, halvings] = exponential(below);
    auto wide = __int128(polynomial) << guardBits >> halvings;
    int shift = 31 - toSixteen.exponent;
    auto rounded =
        (wide * toSixteen.multiplier + (__int128(1) << (shift - 1))) >> shift;
    return std::min<int64_t>(int64_t(rounded), 32767);
  }
  RowFactor factor(int64_t sum) const override {
    return {(int64_t(1) << 32) / sum, 24};
  }
  int32_t finish(int64_t term, RowFactor factor) const override {
    int64_t half = isPublished() ? 0 : int64_t(1) << (factor.shift - 1);
    return int32_t(
        std::min<int64_t>((term * factor.value + half) >> factor.shift, 255));
  }
  /// A whole step where 256 becomes 255; cutting the factor costs less than a
  /// term, of 2^24 that are a step.
  double finishError() const override {
    return (1 + std::ldexp(32767.0, -24)) / 256;
  }

private:
  bool isPublished() const { return rows.conduct == Conduct::AsPublished; }
  SplitExponential exponential;
  int guardBits;
  FixedPointMultiplier toSixteen;
};

/// Results of 7 bits and a sign never used, in units of 1/128.
class Shiftmax : public SoftmaxArithmetic {
public:
  explicit Shiftmax(const SoftmaxRows &rows)
      : SoftmaxArithmetic(rows, {1.0 / 128}) {
    double most = std::ldexp(-double(negativeOne(rows.scale)), 15);
    values = {{"the sum", signedBits(most * double(rows.columns)), 32}};
  }

  int64_t term(int64_t below) const override {
    return shiftExponential(below, rows.scale, 15);
  }
  RowFactor factor(int64_t sum) const override {
    constexpr int64_t most = (int64_t(1) << 31) - 1;
    return {most / std::min(sum, most), 24};
  }
  int32_t finish(int64_t term, RowFactor factor) const override {
    if (rows.conduct == Conduct::AsPublished)
      return int32_t((term * factor.value) >> factor.shift);
    int64_t half = int64_t(1) << (factor.shift - 1);
    return int32_t(
        std::min<int64_t>((term * factor.value + half) >> factor.shift, 127));
  }
  double finishError() const override {
    return (1 + std::ldexp(double(term(0)), -24)) / 128;
  }
};

/// Codes of 4 bits: c for 2^-c, and 16 for what is less than any.
class LogSoftmax : public SoftmaxArithmetic {
public:
  LogSoftmax(const SoftmaxRows &rows, bool isLine)
      : SoftmaxArithmetic(rows, {1, 0, /*logarithmic=*/true}),
        exponential(rows.scale, isLine) {
    // The published code keeps 30 bits behind the point; as many as leave the
    // sum in 32 bits are enough for 16 powers of two.
    double top = double(exponential.c) * double(rows.columns);
    bool published = rows.conduct == Conduct::AsPublished;
    guardBits = published ? 30 : std::max(0, 32 - signedBits(top));
    values = {{"the sum", signedBits(std::ldexp(top, guardBits)),
               published ? 64 : 32}};
  }

  int64_t term(int64_t below) const override {
    auto [polynomial, halvings] = exponential(below);
    return (polynomial << guardBits) >> halvings;
  }
  int32_t finish(int64_t term, RowFactor factor) const override {
    if (term == 0)
      return 16;
    int64_t quotient = factor.value / term, rest = factor.value % term;
    bool up = rest > term - rest || (rest == term - rest && quotient % 2);
    auto ratio = uint64_t(quotient + up);
    int log = 63 - llvm::countl_zero(ratio);
    // The bit behind the first one says whether the logarithm is rounded up.
    bool next = log > 0 ? (ratio >> (log - 1)) & 1 : false;
    return std::min(log + next, 16);
  }
  /// Code 0 stands for all from 2/3 to 1; others are nearer.
  double finishError() const override { return 1.0 / 3; }

private:
  SplitExponential exponential;
  int guardBits;
};

} // namespace

SoftmaxPointer makeIBertSoftmax(const SoftmaxRows &rows) {
  return std::make_unique<IBertSoftmax>(rows);
}
SoftmaxPointer makeShiftmax(const SoftmaxRows &rows) {
  return std::make_unique<Shiftmax>(rows);
}
SoftmaxPointer makeLogSoftmax(const SoftmaxRows &rows, bool isLine) {
  return std::make_unique<LogSoftmax>(rows, isLine);
}

} // namespace quantir::approximate
