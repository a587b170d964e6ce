#include "quantir/Lower/OuterConstants.h"

#include "KernelFunction.h"
#include "llvm/Support/Process.h"

using namespace mlir;
using namespace quantir;

/// True when the bytes of `value` are as kernels read them, and the page that
/// holds the last of them holds the slack behind it, too.
static bool canStay(DenseElementsAttr value) {
  ArrayRef<char> raw = value.getRawData();
  if (value.isSplat() || raw.empty() || value.getElementType().isInteger(1))
    return false;
  static const uintptr_t page = llvm::sys::Process::getPageSizeEstimate();
  auto end = reinterpret_cast<uintptr_t>(raw.end());
  return (end - 1) / page == (end + kSlackBytes - 1) / page;
}

const void *OuterConstants::addressOf(DenseElementsAttr value) {
  if (canStay(value))
    return value.getRawData().data();
  SmallVector<char> bytes = bytesWithSlack(value);
  auto &copy = copies.emplace_back(std::make_unique<char[]>(bytes.size()));
  llvm::copy(bytes, copy.get());
  return copy.get();
}

OuterConstants::OuterConstants(ModuleOp module) {
  for (auto global : module.getOps<memref::GlobalOp>())
    if (auto data = dyn_cast_or_null<DenseElementsAttr>(
            global->removeAttr(kOuterDataAttr)))
      found.emplace_back(global.getSymName(), addressOf(data));
}
