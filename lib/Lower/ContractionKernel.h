#ifndef QUANTIR_LIB_LOWER_CONTRACTIONKERNEL_H
#define QUANTIR_LIB_LOWER_CONTRACTIONKERNEL_H

#include "Contraction.h"
#include "Kernels.h"

namespace quantir {

/// One element of a constant right operand: (right, column, outer, inner, k).
using WeightAt =
    std::function<int64_t(int64_t, int64_t, int64_t, int64_t, int64_t)>;

/// What conv and matmul share: a contraction whose result is `op`'s.
struct ContractionSource {
  mlir::Operation *op;
  mlir::Value bias;  ///< body value, or null
  int64_t zeroPoint; ///< of the left operand's codes
  ContractionShape shape;
  mlir::Value left;                ///< buffer of main, with slack
  mlir::DenseElementsAttr weights; ///< constant right operand, or null
  /// Position in `weights` of the element (right, column, outer, inner, k).
  WeightAt weightIndex;
  mlir::Value right;            ///< buffer of main when it is no constant
  bool rightTransposed = false; ///< [N, K], else [K, N]
};

/// Emits the kernel for a contraction, after one that packs the right operand
/// when that is known only at run time.
mlir::LogicalResult lowerContraction(Lowering &lowering, KernelOp kernel,
                                     const ContractionSource &source);

/// Packs a right operand at run time and, for codes, computes what each
/// column's sum starts at: -zeroPoint * sum of the column. Returns both
/// buffers of main.
std::pair<mlir::Value, mlir::Value>
packAtRunTime(Lowering &lowering, mlir::Location location,
              const ContractionSource &source, const TilePlan &plan,
              const InnerTile *tile);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_CONTRACTIONKERNEL_H
