#ifndef QUANTIR_LIB_LOWER_CONTRACTIONKERNEL_H
#define QUANTIR_LIB_LOWER_CONTRACTIONKERNEL_H

#include "Contraction.h"
#include "Kernels.h"
#include "Quantir/StridedView.h"

namespace quantir {

/// True when no code of `value` is -128, by its type.
bool haveNoLowest(mlir::Value value);

/// Right operands known only at run time, of which a [K, N] matrix has
/// neighbours along one of its dimensions.
struct RunTimeRight {
  mlir::Value buffer;      ///< of main, with slack
  int64_t base = 0;        ///< where the first begins
  StridedView::Dim rights; ///< where each begins from there
  int64_t columnStride = 1, depthStride = 1;
};

/// What conv and matmul share: a contraction whose result is `op`'s.
struct ContractionSource {
  mlir::Operation *op;
  mlir::Value bias;  ///< body value, or null
  int64_t zeroPoint; ///< of the left operand's codes
  ContractionShape shape;
  mlir::Value left;                ///< buffer of main, with slack
  mlir::DenseElementsAttr weights; ///< constant right operand, or null
  WeightPlaces weightIndex;        ///< in `weights`
  RunTimeRight right;              ///< when it is no constant
};

/// Emits the kernel for a contraction, after one that packs the right operand
/// when that is known only at run time.
mlir::LogicalResult lowerContraction(Lowering &lowering, KernelOp kernel,
                                     const ContractionSource &source);

/// Packs right operands at run time and, for codes, computes what each
/// column's sum starts at: -zeroPoint * sum of the column. Returns both
/// buffers of main.
std::pair<mlir::Value, mlir::Value>
packAtRunTime(Lowering &lowering, mlir::Location location,
              const RunTimeRight &right, int64_t zeroPoint,
              const ContractionShape &shape, const TilePlan &plan,
              const InnerTile *tile);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_CONTRACTIONKERNEL_H
