#ifndef QUANTIR_LOWER_MOVEMENT_H
#define QUANTIR_LOWER_MOVEMENT_H

#include "Quantir/QuantirOps.h"
#include <optional>

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

  /// Joins neighbouring dimensions that walk through the source as one, and
  /// drops those of one element. Any number of dimensions becomes at least one.
  void mergeDims();

  /// How often the last dimension is walked through.
  int64_t rows() const;
};

/// The movement that a transpose, slice, pad, gather, expand or nearest resize
/// is; nothing of other ops.
/// \param strides  those of its first operand's dimensions, in elements or
///                 whatever else offsets are to count.
std::optional<Movement> movementOf(mlir::Operation *op,
                                   llvm::ArrayRef<int64_t> strides);

/// Strides of a row-major array, in elements.
llvm::SmallVector<int64_t> stridesOf(llvm::ArrayRef<int64_t> shape);

} // namespace quantir

#endif // QUANTIR_LOWER_MOVEMENT_H
