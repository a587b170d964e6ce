#ifndef QUANTIR_LOWER_REDUCEDIMS_H
#define QUANTIR_LOWER_REDUCEDIMS_H

#include "Quantir/QuantirOps.h"
#include "quantir/Lower/IndexCode.h"

namespace quantir {

/// The dimensions of a reduction's input, each kept or reduced; at least one.
struct ReduceDims {
  /// \param merge  neighbours of one kind become one dimension; the last one
  ///               joins them only with `mergeLast`, for layouts without gaps.
  ReduceDims(ReduceOp op, bool merge, bool mergeLast);

  llvm::SmallVector<int64_t> sizes;
  llvm::SmallVector<bool> reduced;

  bool lastReduced() const { return reduced.back(); }
  /// True when the reduced dimensions are the last one alone.
  bool onlyLast() const;
  /// How many kept positions the dimensions before the last have.
  int64_t keptRows() const;
  /// How many elements are folded into one.
  int64_t depth() const;

  /// The row of the input (index over all its dimensions but the last) where
  /// the elements of a result begin: `kept` counts the kept ones of those
  /// dimensions.
  mlir::Value rowOf(IndexCode &code, mlir::Value kept) const {
    return rowOf(code, kept, /*ofReduced=*/false);
  }
  /// How many rows behind it the reduced position `number` of those dimensions
  /// is.
  mlir::Value reducedRow(IndexCode &code, mlir::Value number) const {
    return rowOf(code, number, /*ofReduced=*/true);
  }

private:
  mlir::Value rowOf(IndexCode &code, mlir::Value number, bool ofReduced) const;
};

} // namespace quantir

#endif // QUANTIR_LOWER_REDUCEDIMS_H
