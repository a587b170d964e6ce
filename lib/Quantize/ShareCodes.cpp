#include "Quantir/QuantirOps.h"
#include "quantir/Quantize/Passes.h"

namespace quantir {
#define GEN_PASS_DEF_SHARECODESPASS
#include "quantir/Quantize/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

/// The 8-bit codes that one op makes of the image `value`, when what else reads
/// it only adds it.
static QuantizeOp sharedCodes(Value value) {
  if (cast<RankedTensorType>(value.getType()).getRank() != 4)
    return {};
  QuantizeOp codes;
  for (Operation *user : value.getUsers()) {
    auto quantize = dyn_cast<QuantizeOp>(user);
    if (quantize && !codes &&
        isActivationCode(getQuantizedElement(quantize.getType())))
      codes = quantize;
    else if (!isa<AddOp>(user))
      return {};
  }
  return codes;
}

namespace {
struct ShareCodes : quantir::impl::ShareCodesPassBase<ShareCodes> {
  using ShareCodesPassBase::ShareCodesPassBase;

  void runOnOperation() override {
    getOperation().walk([](QuantizeOp quantize) {
      Value value = quantize.getInput();
      if (sharedCodes(value) != quantize || value.hasOneUse())
        return;
      OpBuilder builder(quantize->getContext());
      for (OpOperand &use : llvm::make_early_inc_range(value.getUses())) {
        if (use.getOwner() == quantize)
          continue;
        builder.setInsertionPoint(use.getOwner());
        use.set(DequantizeOp::create(builder, value.getLoc(), value.getType(),
                                     quantize.getResult()));
      }
    });
  }
};
} // namespace
