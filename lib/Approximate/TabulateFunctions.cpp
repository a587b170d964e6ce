#include "OneVariable.h"
#include "OpsOnCodes.h"
#include "PiecewiseFit.h"
#include "quantir/Approximate/Passes.h"
#include "quantir/Quantize/Constants.h"

namespace quantir {
#define GEN_PASS_DEF_TABULATEFUNCTIONSPASS
#include "quantir/Approximate/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

/// The functions of one variable up to `value`, which is read once, from the
/// first transcendental one on; empty when there is none.
static Chain chainUpTo(Value value) {
  Chain found;
  Chain chain;
  for (Operation *op = value.getDefiningOp();
       op && op->hasOneUse() && variableOf(op);
       op = variableOf(op).getDefiningOp()) {
    chain.insert(chain.begin(), op);
    if (isTranscendental(op))
      found = chain;
  }
  return found;
}

/// The factors of `op`, positive ones that differ by channel; none when it is
/// no such product.
static std::vector<float> factorsOf(Operation *op) {
  auto product = dyn_cast_if_present<MulOp>(op);
  auto constant = product && product->hasOneUse()
                      ? product.getRhs().getDefiningOp<ConstantOp>()
                      : ConstantOp();
  auto dense = constant ? dyn_cast<DenseElementsAttr>(constant.getValue())
                        : DenseElementsAttr();
  if (!dense || !dense.getElementType().isF32() ||
      product.getLhs().getType() != product.getType())
    return {};
  std::vector<float> factors(dense.getValues<float>().begin(),
                             dense.getValues<float>().end());
  bool positive = llvm::all_of(factors, [](float factor) {
    return std::isnormal(factor) && factor > 0;
  });
  return positive ? factors : std::vector<float>();
}

static StepRange rangeOf(quant::QuantizedType codes) {
  return {getScales(codes)[0], double(getZeroPoints(codes)[0]),
          double(codes.getStorageTypeMin()), double(codes.getStorageTypeMax())};
}

/// What the smallest step of any channel is before `factors`, and how far the
/// codes of all of them reach.
static StepRange rangeBefore(ArrayRef<float> factors,
                             quant::QuantizedType codes) {
  auto [smallest, largest] =
      std::minmax_element(factors.begin(), factors.end());
  StepRange range = rangeOf(codes);
  double longest = double(*largest) / *smallest;
  return {range.step / *largest, 0, (range.least - range.zero) * longest,
          (range.most - range.zero) * longest};
}

/// The piecewise quadratic for `chain` as `type`, or null when it would be too
/// far off.
static Value tabulated(OpBuilder &b, ArrayRef<Operation *> chain,
                       RankedTensorType type, const StepRange &range) {
  FailureOr<PiecewiseFit> fit = fitPiecewise(
      [&](ArrayRef<float> places) { return applyChain(chain, places); }, range);
  constexpr double enough = 1.0 / 8;
  if (failed(fit) || fit->stepsOff > enough)
    return {};
  if (type.getElementType().isF32())
    for (double &coefficient : fit->coefficients)
      coefficient *= range.step;
  Location location = b.getFusedLoc(
      llvm::map_to_vector(chain, [](Operation *op) { return op->getLoc(); }));
  Value table = floatConstant(b, location, {3, kPieces}, fit->coefficients);
  remarkCertificate(chain.back(), fit->stepsOff, "over 65,536 numbers");
  return PiecewiseOp::create(b, location, type, variableOf(chain.front()),
                             table, b.getF32FloatAttr(fit->low),
                             b.getF32FloatAttr(fit->high),
                             b.getF32FloatAttr(fit->segmentsPerUnit),
                             b.getF64FloatAttr(fit->stepsOff));
}

static void tabulateBefore(QuantizeOp quantize) {
  quant::QuantizedType codes = getQuantizedElement(quantize.getType());
  if (!isActivationCode(codes))
    return;
  OpBuilder b(quantize);
  Operation *product = quantize.getInput().getDefiningOp();
  std::vector<float> factors = factorsOf(product);
  bool scaled = !factors.empty() && !variableOf(product);
  Value value = scaled ? product->getOperand(0) : quantize.getInput();
  Chain chain = chainUpTo(value);
  if (chain.empty())
    return;
  auto type = cast<RankedTensorType>((scaled ? value : quantize).getType());
  Value result = tabulated(
      b, chain, type, scaled ? rangeBefore(factors, codes) : rangeOf(codes));
  if (!result)
    return;
  if (scaled) {
    product->setOperand(0, result);
    product->moveAfter(result.getDefiningOp());
  } else {
    quantize.getResult().replaceAllUsesWith(result);
    quantize.erase();
  }
  for (Operation *op : llvm::reverse(chain))
    op->erase();
}

namespace {
struct TabulateFunctions
    : quantir::impl::TabulateFunctionsPassBase<TabulateFunctions> {
  void runOnOperation() override {
    SmallVector<QuantizeOp> quantizes;
    getOperation().walk(
        [&](QuantizeOp quantize) { quantizes.push_back(quantize); });
    for (QuantizeOp quantize : quantizes)
      tabulateBefore(quantize);
  }
};
} // namespace
