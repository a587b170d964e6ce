#include "quantir/Target/VectorInstructions.h"

#include "FeatureSets.h"

using namespace quantir;

static constexpr VectorInstruction table[] = {
    {"fcvtns", VectorOperation::RoundSaturating, needs::neon,
     "llvm.aarch64.neon.fcvtns.v4i32.v4f32", 4},
    {"smull", VectorOperation::WideProduct, needs::neon,
     "llvm.aarch64.neon.smull.v2i64", 2},
};

const VectorInstruction *
quantir::selectVectorInstruction(const TargetSpec &spec,
                                 VectorOperation operation) {
  for (const VectorInstruction &row : table)
    if (row.operation == operation && row.needs.areMetBy(spec))
      return &row;
  return nullptr;
}
