#ifndef QUANTIR_TARGET_BYTELOOKUPS_H
#define QUANTIR_TARGET_BYTELOOKUPS_H

#include "quantir/Target/ProcessorNeeds.h"

namespace quantir {

/// One way to look up many bytes at once in a table of 256: shuffles of parts
/// of it, between which the upper bits of the index choose.
struct ByteLookup {
  llvm::StringLiteral name;
  ProcessorNeeds needs;
  llvm::StringLiteral intrinsic;
  /// The same for the later parts of a table: keeps what was found where the
  /// index lies outside of the part. Empty: every index finds something in any
  /// part, and its upper bits choose.
  llvm::StringLiteral keeping;
  /// Of a vector register, and so of one look-up.
  unsigned bytes;
  /// Entries that one shuffle chooses from: those of two or four registers, or
  /// 16 that every 128 bits of a register repeat.
  unsigned entries;
  /// Vectors that are looked up side by side, as far as registers hold the
  /// table as well.
  unsigned vectors;

  unsigned shuffles() const { return 256 / entries; }
};

/// The best row for `spec`, or null: then only single bytes are looked up.
const ByteLookup *selectByteLookup(const TargetSpec &spec);

} // namespace quantir

#endif // QUANTIR_TARGET_BYTELOOKUPS_H
