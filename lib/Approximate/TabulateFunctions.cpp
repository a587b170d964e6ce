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

/// The functions of one variable before `quantize`, which alone reads them,
/// from the first transcendental one on; empty when there is none.
static Chain chainBefore(QuantizeOp quantize) {
  Chain found;
  Chain chain;
  for (Operation *op = quantize.getInput().getDefiningOp();
       op && op->hasOneUse() && variableOf(op);
       op = variableOf(op).getDefiningOp()) {
    chain.insert(chain.begin(), op);
    if (isTranscendental(op))
      found = chain;
  }
  return found;
}

static void tabulateBefore(QuantizeOp quantize) {
  quant::QuantizedType out = getQuantizedElement(quantize.getType());
  Chain chain = chainBefore(quantize);
  if (chain.empty() || !isActivationCode(out))
    return;
  Value variable = variableOf(chain.front());
  FailureOr<PiecewiseFit> fit = fitPiecewise(
      [&](ArrayRef<float> places) { return applyChain(chain, places); }, out);
  constexpr double enough = 1.0 / 8;
  if (failed(fit) || fit->stepsOff > enough)
    return;
  OpBuilder b(quantize);
  SmallVector<Location> locations =
      llvm::map_to_vector(chain, [](Operation *op) { return op->getLoc(); });
  locations.push_back(quantize.getLoc());
  Location location = b.getFusedLoc(locations);
  Value table = floatConstant(b, location, {3, kPieces}, fit->coefficients);
  Value codes = PiecewiseOp::create(b, location, quantize.getType(), variable,
                                    table, b.getF32FloatAttr(fit->low),
                                    b.getF32FloatAttr(fit->high),
                                    b.getF32FloatAttr(fit->segmentsPerUnit),
                                    b.getF64FloatAttr(fit->stepsOff));
  remarkCertificate(chain.back(), fit->stepsOff, "over 65,536 numbers");
  quantize.getResult().replaceAllUsesWith(codes);
  quantize.erase();
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
