#include "quantir/Target/VectorInstructions.h"

using namespace quantir;

static constexpr auto arm = llvm::Triple::aarch64;

static constexpr VectorInstruction table[] = {
    {"fcvtns", VectorOperation::RoundSaturating, arm, "neon",
     "llvm.aarch64.neon.fcvtns.v4i32.v4f32", 4},
    {"smull", VectorOperation::WideProduct, arm, "neon",
     "llvm.aarch64.neon.smull.v2i64", 2},
};

const VectorInstruction *
quantir::selectVectorInstruction(const TargetSpec &spec,
                                 VectorOperation operation) {
  auto architecture = llvm::Triple(spec.triple).getArch();
  for (const VectorInstruction &row : table)
    if (row.operation == operation && row.architecture == architecture &&
        spec.has(row.feature))
      return &row;
  return nullptr;
}
