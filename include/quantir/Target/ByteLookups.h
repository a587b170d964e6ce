#ifndef QUANTIR_TARGET_BYTELOOKUPS_H
#define QUANTIR_TARGET_BYTELOOKUPS_H

#include "quantir/Target/TargetSpec.h"
#include "llvm/ADT/ArrayRef.h"

namespace quantir {

/// One way to look up many bytes at once in a table of 256: shuffles of parts
/// of it, between which the upper bits of the index choose.
struct ByteLookup {
  llvm::StringLiteral name;
  /// What the processor must have, all of it.
  llvm::ArrayRef<llvm::StringLiteral> features;
  llvm::StringLiteral intrinsic;
  /// Of a vector register, and so of one look-up.
  unsigned bytes;
  /// Entries that one shuffle chooses from: those of two registers, or 16 that
  /// every 128 bits of a register repeat.
  unsigned entries;
};

/// The best one for `spec`, or null: then only single bytes are looked up.
const ByteLookup *selectByteLookup(const TargetSpec &spec);

} // namespace quantir

#endif // QUANTIR_TARGET_BYTELOOKUPS_H
