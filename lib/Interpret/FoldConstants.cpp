#include "quantir/Interpret/Interpreter.h"
#include "quantir/Interpret/Passes.h"

#include "Quantir/QuantirOps.h"

using namespace mlir;

namespace quantir {
#define GEN_PASS_DEF_FOLDCONSTANTSPASS
#include "quantir/Interpret/Passes.h.inc"

namespace {
struct FoldConstants : impl::FoldConstantsPassBase<FoldConstants> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<Operation *> constants;
    getOperation().walk([&](Operation *op) {
      if (isa<ConstantOp>(op))
        constants.push_back(op);
      FailureOr<DenseElementsAttr> value = foldToConstant(op);
      if (failed(value))
        return;
      rewriter.setInsertionPoint(op);
      constants.push_back(rewriter.replaceOpWithNewOp<ConstantOp>(
          op, op->getResult(0).getType(), *value));
    });
    // Backwards: nothing but an op that was folded used them.
    for (Operation *constant : llvm::reverse(constants))
      if (constant->use_empty())
        rewriter.eraseOp(constant);
  }
};
} // namespace
} // namespace quantir
