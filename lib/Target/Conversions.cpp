#include "quantir/Target/Conversions.h"

using namespace quantir;

static constexpr SaturatingConversion table[] = {
    {"fcvtns", llvm::Triple::aarch64, "neon",
     "llvm.aarch64.neon.fcvtns.v4i32.v4f32", 4},
};

const SaturatingConversion *
quantir::selectSaturatingConversion(const TargetSpec &spec) {
  auto architecture = llvm::Triple(spec.triple).getArch();
  for (const SaturatingConversion &row : table)
    if (row.architecture == architecture && spec.has(row.feature))
      return &row;
  return nullptr;
}
