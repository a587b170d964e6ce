#include "FloatOps.h"
#include "quantir/Approximate/Passes.h"

namespace quantir {
#define GEN_PASS_DEF_VERIFYINTEGERONLYPASS
#include "quantir/Approximate/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

/// An argument, its elements moved or not.
static bool comesFromArgument(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return true;
  return isa<ConstantOp>(op) ||
         (moves(op) && llvm::all_of(op->getOperands(), comesFromArgument));
}

/// Returned, its elements moved or not.
static bool goesToResult(Value value) {
  return llvm::all_of(value.getUsers(), [](Operation *user) {
    return user->hasTrait<OpTrait::IsTerminator>() ||
           (moves(user) && goesToResult(user->getResult(0)));
  });
}

/// True when `op` computes with real numbers where only codes may be.
static bool computesInFloat(Operation *op) {
  if (isa<ConstantOp>(op) || op->hasTrait<OpTrait::IsTerminator>())
    return false;
  if (auto quantize = dyn_cast<QuantizeOp>(op))
    return !comesFromArgument(quantize.getInput());
  if (auto dequantize = dyn_cast<DequantizeOp>(op))
    return !goesToResult(dequantize.getResult());
  if (isa<LayerNormOp, RmsNormOp>(op)) // scale and bias become integers
    return isFloat(op->getOperand(0));
  if (auto requantize = dyn_cast<RequantizeOp>(op))
    return !requantize.getQ31();
  bool touches = touchesFloat(op);
  if (touches && moves(op))
    return !comesFromArgument(op->getResult(0)) &&
           !goesToResult(op->getResult(0));
  return touches;
}

namespace {
struct VerifyIntegerOnly
    : quantir::impl::VerifyIntegerOnlyPassBase<VerifyIntegerOnly> {
  void runOnOperation() override {
    getOperation().walk([&](Operation *op) {
      if (!isa<QuantizationInterface>(op) || !computesInFloat(op))
        return;
      op->emitError("is computed in floating point (")
          << op->getName().getStringRef()
          << "); without --verify-integer-only it is accepted, and "
             "-Rpass-missed=quantize says why";
      signalPassFailure();
    });
  }
};
} // namespace
