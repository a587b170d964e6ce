#include "quantir/Target/CheckedFeatures.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace quantir;

namespace {
struct CheckedFeature {
  StringLiteral name;
  unsigned word, bit;
  uint32_t state;
};
} // namespace

static constexpr CheckedFeature x86[] = {
#define QUANTIR_X86_FEATURE(name, word, bit, state) {name, word, bit, state},
#include "quantir/Runtime/ProcessorFeatures.def"
};
static constexpr CheckedFeature aarch64[] = {
#define QUANTIR_AARCH64_FEATURE(name, word, bit) {name, word, bit, 0},
#include "quantir/Runtime/ProcessorFeatures.def"
};

static ArrayRef<CheckedFeature> featuresOf(const TargetSpec &target) {
  Triple triple(target.triple);
  if (triple.isX86_64())
    return x86;
  if (triple.getArch() == Triple::aarch64)
    return aarch64;
  return {};
}

std::string quantir::checkedFeatures(const TargetSpec &target) {
  SmallVector<StringRef> needed;
  // LLVM does not use the registers of AMX unasked.
  for (const CheckedFeature &feature : featuresOf(target))
    if (feature.state != QUANTIR_STATE_TILES && target.has(feature.name))
      needed.push_back(feature.name);
  return join(needed, ",");
}

std::array<uint32_t, QUANTIR_PROCESSOR_WORDS>
quantir::processorWords(const TargetSpec &target, StringRef features) {
  std::array<uint32_t, QUANTIR_PROCESSOR_WORDS> words{};
  SmallVector<StringRef> names;
  features.split(names, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (const CheckedFeature &feature : featuresOf(target))
    if (is_contained(names, feature.name)) {
      words[feature.word] |= uint32_t(1) << feature.bit;
      words[QUANTIR_STATE] |= feature.state;
    }
  return words;
}
