#ifndef QUANTIR_TARGET_PROCESSORNEEDS_H
#define QUANTIR_TARGET_PROCESSORNEEDS_H

#include "quantir/Target/TargetSpec.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/TargetParser/Triple.h"

namespace quantir {

/// What an instruction needs of a processor. Architectures share some names of
/// features: "neon" is also ARMv7's.
struct ProcessorNeeds {
  llvm::Triple::ArchType architecture = llvm::Triple::UnknownArch; ///< any
  llvm::ArrayRef<llvm::StringLiteral> features; ///< all of them

  bool areMetBy(const TargetSpec &spec) const;
};

} // namespace quantir

#endif // QUANTIR_TARGET_PROCESSORNEEDS_H
