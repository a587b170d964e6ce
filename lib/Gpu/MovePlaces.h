#ifndef QUANTIR_LIB_GPU_MOVEPLACES_H
#define QUANTIR_LIB_GPU_MOVEPLACES_H

#include "QuadEvaluator.h"
#include "quantir/Lower/Movement.h"

namespace quantir {

/// A place in the source of a movement; `inside` is null when it always is.
struct MovePlace {
  mlir::Value offset, inside = {};
};

/// Code that finds where the parts of a movement's result lie in its source.
class MovePlaces {
public:
  /// \param tensors  gives the bindings of indices.
  MovePlaces(GpuKernel &kernel, QuadEvaluator &tensors, const Movement &move)
      : kernel(kernel), tensors(tensors), move(move) {}

  /// The place of element `number`, counted row-major over all dimensions.
  MovePlace of(mlir::Value number) { return placeOf(number, move.dims); }
  /// The same over all dimensions but the last.
  MovePlace ofRow(mlir::Value row) {
    return placeOf(row, llvm::ArrayRef(move.dims).drop_back());
  }
  /// The place of index `i` of the last dimension in a row that begins at
  /// `row`.
  MovePlace inRow(const MovePlace &row, mlir::Value i) {
    return both(row, ofIndex(move.dims.back(), i));
  }

private:
  MovePlace placeOf(mlir::Value number, llvm::ArrayRef<Movement::Dim> dims);
  MovePlace both(const MovePlace &a, const MovePlace &b);
  MovePlace ofIndex(const Movement::Dim &dim, mlir::Value index);
  mlir::Value chosen(const Movement::Dim &dim, mlir::Value index);

  GpuKernel &kernel;
  QuadEvaluator &tensors;
  const Movement &move;
};

} // namespace quantir

#endif // QUANTIR_LIB_GPU_MOVEPLACES_H
