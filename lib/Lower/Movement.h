#ifndef QUANTIR_LIB_LOWER_MOVEMENT_H
#define QUANTIR_LIB_LOWER_MOVEMENT_H

#include "Kernels.h"

namespace quantir {

/// Where the elements of a result come from, one dimension after the other:
/// element (i0, i1, ...) from `base` plus the offsets that its indices have.
struct Movement {
  struct Dim {
    int64_t size;
    /// The offset of index i is i * stride, unless there is a table.
    int64_t stride = 0;
    /// The offset of every index; -1: outside of the source.
    llvm::SmallVector<int64_t> table = {};
    /// Index i stands for the i-th of these numbers, an index into `extent`
    /// elements of the source that are `stride` apart.
    mlir::Value indices = {};
    int64_t indexStride = 1, extent = 0;

    /// Offsets are multiples of the stride.
    bool isRegular() const { return table.empty() && !indices; }
  };

  mlir::Operation *op;
  mlir::Value source; ///< the operand of `op` that is moved
  llvm::SmallVector<Dim> dims = {};
  int64_t base = 0;
  /// What stands outside of the source, as the element's bits.
  uint64_t fill = 0;

  /// One dimension: position i of the result is positions[i] of a source
  /// dimension whose elements are `stride` apart; -1 is outside.
  void addDim(llvm::ArrayRef<int64_t> positions, int64_t stride);
};

/// Emits the kernel whose anchor is `movement.op`.
mlir::LogicalResult lowerMovement(Lowering &lowering, KernelOp kernel,
                                  Movement movement);

/// True when the kernel does nothing but its anchor.
bool isPlain(KernelOp kernel);

/// Strides of a row-major array, in elements.
llvm::SmallVector<int64_t> stridesOf(llvm::ArrayRef<int64_t> shape);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_MOVEMENT_H
