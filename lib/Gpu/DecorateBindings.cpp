#include "DecorateBindings.h"

#include "BufferAccess.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace quantir;

namespace {
/// What is so in all dispatches of a kernel.
struct Promise {
  llvm::SmallBitVector written; ///< by binding
  bool isApart = true;          ///< none sees what another one writes
};
} // namespace

static bool areApart(ArrayRef<BufferAccess> accesses) {
  for (size_t i = 0; i < accesses.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (accesses[i].meets(accesses[j]))
        return false;
  return true;
}

static llvm::StringMap<Promise> promisesOf(ModuleOp module) {
  llvm::StringMap<Promise> promises;
  module.walk([&](DispatchOp dispatch) {
    SmallVector<BufferAccess> accesses = accessesOf(dispatch);
    bool isApart = areApart(accesses);
    for (auto kernel : dispatch.getKernels().getAsRange<FlatSymbolRefAttr>()) {
      Promise &promise = promises[kernel.getValue()];
      promise.isApart &= isApart;
      promise.written.resize(
          std::max<size_t>(promise.written.size(), accesses.size()));
      for (auto [i, access] : llvm::enumerate(accesses))
        if (access.written)
          promise.written.set(i);
    }
  });
  return promises;
}

static void decorate(spirv::ModuleOp kernel, const Promise &promise) {
  auto unit = UnitAttr::get(kernel.getContext());
  for (auto variable : kernel.getOps<spirv::GlobalVariableOp>()) {
    std::optional<uint32_t> binding = variable.getBinding();
    if (!binding || *binding >= promise.written.size())
      continue;
    variable->setAttr(promise.isApart ? "restrict" : "aliased", unit);
    if (promise.isApart && !promise.written.test(*binding))
      variable->setAttr("non_writable", unit);
  }
}

void quantir::decorateBindings(ModuleOp module) {
  llvm::StringMap<Promise> promises = promisesOf(module);
  for (auto kernel : module.getOps<spirv::ModuleOp>())
    if (auto found = promises.find(*kernel.getSymName());
        found != promises.end())
      decorate(kernel, found->second);
}
