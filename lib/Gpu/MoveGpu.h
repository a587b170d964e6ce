#ifndef QUANTIR_LIB_GPU_MOVEGPU_H
#define QUANTIR_LIB_GPU_MOVEGPU_H

#include "QuadEvaluator.h"
#include "quantir/Lower/Movement.h"

namespace quantir {

/// A movement, alone in its kernel, as blocks of 4 by 4 elements of 8 or 32
/// bits; false, and nothing is done, where it is none.
/// \param move  offsets are in elements, gaps counted as such.
bool lowerMovementByBlocks(GpuLowering &lowering, KernelOp kernel,
                           const Movement &move);

/// A concat: some operands a dispatch, in order.
mlir::LogicalResult lowerConcatGpu(GpuLowering &lowering, KernelOp kernel,
                                   ConcatOp concat);

/// A resize that weighs neighbours.
mlir::LogicalResult lowerLinearResizeGpu(GpuLowering &lowering, KernelOp kernel,
                                         ResizeOp resize);

} // namespace quantir

#endif // QUANTIR_LIB_GPU_MOVEGPU_H
