#include "quantir/Target/GpuTarget.h"

#include "UnknownValue.h"
#include "llvm/TargetParser/Triple.h"

using namespace quantir;

// Tiles and groups of products are those with which others begin: IREE's
// MaliConfig.cpp and AdrenoConfig.cpp (groups of half a subgroup by 2; 4x4 of
// each invocation for bytes on Mali), ExecuTorch's q8 linear kernels (4x8 on
// both). 2048 is a guess at what the smallest devices keep going at once. None
// of it was measured on a phone yet.
static constexpr GpuTarget kTargets[] = {
    {"generic", 64, {8, 8}, 4, 4, 2048, false},
    {"mali", 64, {8, 2}, 4, 4, 2048, false},
    {"adreno", 64, {32, 2}, 4, 8, 2048, true},
};

llvm::Expected<const GpuTarget *> GpuTarget::find(llvm::StringRef name) {
  llvm::SmallVector<llvm::StringRef> names;
  for (const GpuTarget &target : kTargets) {
    if (target.name == name)
      return &target;
    names.push_back(target.name);
  }
  return unknownValue("target", name, names);
}

llvm::Expected<const GpuTarget *>
GpuTarget::parse(llvm::StringRef text, const TargetSpec &processor) {
  if (llvm::Triple(processor.triple).isWasm())
    return llvm::createStringError("--gpu=" + text +
                                   ": programs in WebAssembly have no Vulkan; "
                                   "compile them for the CPU alone");
  if (text == "vulkan")
    return &kTargets[0];
  std::vector<std::string> names{"vulkan"};
  for (const GpuTarget &target : kTargets) {
    names.push_back("vulkan:" + target.name.str());
    if (names.back() == text)
      return &target;
  }
  return unknownValue(
      "--gpu", text,
      llvm::SmallVector<llvm::StringRef>(names.begin(), names.end()));
}
