#ifndef QUANTIR_LIB_GPU_BUFFERACCESS_H
#define QUANTIR_LIB_GPU_BUFFERACCESS_H

#include "Quantir/QuantirOps.h"

namespace quantir {

/// Bytes of one memory that a dispatch reads or writes.
struct BufferAccess {
  mlir::Value memory;
  int64_t begin, end;
  bool written;
  mlir::Attribute partOf; ///< null, or the result that this is a part of

  /// Whether both have a byte that one of them writes.
  bool meets(const BufferAccess &other) const;
  /// Whether the order of both matters: not that of parts of one result.
  bool conflictsWith(const BufferAccess &other) const;
};

/// What a dispatch does with each of its arguments.
llvm::SmallVector<BufferAccess> accessesOf(DispatchOp dispatch);

} // namespace quantir

#endif // QUANTIR_LIB_GPU_BUFFERACCESS_H
