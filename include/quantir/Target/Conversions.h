#ifndef QUANTIR_TARGET_CONVERSIONS_H
#define QUANTIR_TARGET_CONVERSIONS_H

#include "quantir/Target/TargetSpec.h"
#include "llvm/TargetParser/Triple.h"

namespace quantir {

/// One way to round f32 to the nearest i32, ties to even, what is too large to
/// the nearest that there is; narrowing to half the bits saturates as well.
struct SaturatingConversion {
  llvm::StringLiteral name;
  llvm::Triple::ArchType architecture;
  llvm::StringLiteral feature;
  llvm::StringLiteral intrinsic;
  unsigned lanes; ///< of the intrinsic
};

/// The row for `spec`, or null.
const SaturatingConversion *selectSaturatingConversion(const TargetSpec &spec);

} // namespace quantir

#endif // QUANTIR_TARGET_CONVERSIONS_H
