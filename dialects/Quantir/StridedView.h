#ifndef QUANTIR_STRIDEDVIEW_H
#define QUANTIR_STRIDEDVIEW_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

namespace quantir {

/// Where the elements of a tensor lie inside a row-major buffer of another
/// shape. Offsets count elements.
struct StridedView {
  /// Indices 0 .. size - 1 of a part of a dimension, `stride` apart.
  struct Run {
    int64_t size, stride;
  };
  /// A dimension is a product of runs, the last one the fastest; none has one
  /// element.
  using Dim = llvm::SmallVector<Run, 2>;

  int64_t base = 0;
  llvm::SmallVector<Dim> dims;

  /// The buffer itself.
  static StridedView whole(llvm::ArrayRef<int64_t> shape);

  /// The stride of a dimension that is one run (0 when it has one element).
  std::optional<int64_t> strideOf(int64_t dim) const;

  /// All dimensions but the last two, broadcast to `shape`, as runs.
  std::optional<Dim> leading(llvm::ArrayRef<int64_t> shape) const;
};

/// The view of `op`'s result in the buffer in which its operand is `view`, when
/// `op` is a reshape, transpose, slice or expand that strides can express.
std::optional<StridedView> viewThrough(mlir::Operation *op,
                                       const StridedView &view);

/// The view of `op`'s operand in the buffer in which its result is `view`, when
/// `op` is a reshape or transpose.
std::optional<StridedView> viewBefore(mlir::Operation *op,
                                      const StridedView &view);

} // namespace quantir

#endif // QUANTIR_STRIDEDVIEW_H
