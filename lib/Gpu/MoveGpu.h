#ifndef QUANTIR_LIB_GPU_MOVEGPU_H
#define QUANTIR_LIB_GPU_MOVEGPU_H

#include "QuadEvaluator.h"

namespace quantir {

/// A concat: one dispatch for each operand, in order.
mlir::LogicalResult lowerConcatGpu(GpuLowering &lowering, KernelOp kernel,
                                   ConcatOp concat);

/// A resize that weighs neighbours.
mlir::LogicalResult lowerLinearResizeGpu(GpuLowering &lowering, KernelOp kernel,
                                         ResizeOp resize);

} // namespace quantir

#endif // QUANTIR_LIB_GPU_MOVEGPU_H
