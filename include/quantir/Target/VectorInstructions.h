#ifndef QUANTIR_TARGET_VECTORINSTRUCTIONS_H
#define QUANTIR_TARGET_VECTORINSTRUCTIONS_H

#include "quantir/Target/ProcessorNeeds.h"

namespace quantir {

/// What a vector instruction computes that LLVM does not make of ordinary
/// operations, or not everywhere.
enum class VectorOperation {
  /// The i32 nearest to an f32, ties to even; the nearest that there is for
  /// what is too large. On such a processor narrowing to half the bits
  /// saturates as well.
  RoundSaturating,
  /// The i64 product of two i32. LLVM knows it by its extended operands, which
  /// may stand before the loop, out of its sight.
  WideProduct
};

struct VectorInstruction {
  llvm::StringLiteral name;
  VectorOperation operation;
  ProcessorNeeds needs;
  llvm::StringLiteral intrinsic;
  unsigned lanes; ///< of the intrinsic
};

/// The row for `operation` on `spec`, or null.
const VectorInstruction *selectVectorInstruction(const TargetSpec &spec,
                                                 VectorOperation operation);

} // namespace quantir

#endif // QUANTIR_TARGET_VECTORINSTRUCTIONS_H
