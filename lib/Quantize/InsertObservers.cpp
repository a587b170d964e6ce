#include "Plan.h"
#include "quantir/Quantize/Passes.h"

namespace quantir {
#define GEN_PASS_DEF_INSERTOBSERVERSPASS
#include "quantir/Quantize/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

namespace {
struct InsertObservers
    : quantir::impl::InsertObserversPassBase<InsertObservers> {
  using InsertObserversPassBase::InsertObserversPassBase;

  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func->hasAttr("quantir.observed")) {
      func.emitOpError("is observed already");
      return signalPassFailure();
    }
    OpBuilder builder(func);
    SmallVector<StringRef> names;
    SmallVector<ObservedValue> observed = observedValues(func, everything);
    for (auto [index, entry] : llvm::enumerate(observed)) {
      builder.setInsertionPointAfterValue(entry.value);
      ObserveOp::create(builder, entry.value.getLoc(), entry.value, index);
      names.push_back(entry.name);
    }
    func->setAttr("quantir.observed", builder.getStrArrayAttr(names));
    // The others come behind.
    if (everything)
      func->setAttr("quantir.activations",
                    builder.getI64IntegerAttr(observedValues(func).size()));
  }
};
} // namespace
