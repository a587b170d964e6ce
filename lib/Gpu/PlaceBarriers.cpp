#include "BufferAccess.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "quantir/Gpu/Passes.h"

namespace quantir {
#define GEN_PASS_DEF_PLACEBARRIERSPASS
#include "quantir/Gpu/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

namespace {
struct PlaceBarriers : quantir::impl::PlaceBarriersPassBase<PlaceBarriers> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || !llvm::hasSingleElement(main.getBody())) {
      getOperation().emitError("has no function 'main' of one block");
      return signalPassFailure();
    }
    /// What dispatches since the last barrier did.
    SmallVector<BufferAccess> open;
    for (auto dispatch : main.getOps<DispatchOp>()) {
      SmallVector<BufferAccess> own = accessesOf(dispatch);
      bool conflicts = llvm::any_of(own, [&](const BufferAccess &access) {
        return llvm::any_of(open, [&](const BufferAccess &other) {
          return access.conflictsWith(other);
        });
      });
      dispatch.setAfterBarrier(conflicts);
      if (conflicts)
        open.clear();
      llvm::append_range(open, own);
    }
  }
};
} // namespace
