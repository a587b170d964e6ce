#ifndef QUANTIR_LIB_GPU_GPUKERNELS_H
#define QUANTIR_LIB_GPU_GPUKERNELS_H

#include "QuadEvaluator.h"
#include "quantir/Lower/KernelBody.h"

namespace quantir {

/// One function for each kind of kernel. Each emits everything that the kernel
/// needs, dispatches included.
mlir::LogicalResult lowerElementwiseGpu(GpuLowering &lowering, KernelOp kernel);
mlir::LogicalResult lowerConvGpu(GpuLowering &lowering, KernelOp kernel,
                                 ConvOp conv);
mlir::LogicalResult lowerMatmulGpu(GpuLowering &lowering, KernelOp kernel,
                                   MatmulOp matmul);
mlir::LogicalResult lowerSoftmaxGpu(GpuLowering &lowering, KernelOp kernel,
                                    SoftmaxOp op);
mlir::LogicalResult lowerLayerNormGpu(GpuLowering &lowering, KernelOp kernel,
                                      LayerNormOp op);
mlir::LogicalResult lowerRmsNormGpu(GpuLowering &lowering, KernelOp kernel,
                                    RmsNormOp op);
mlir::LogicalResult lowerReduceGpu(GpuLowering &lowering, KernelOp kernel,
                                   ReduceOp op);
mlir::LogicalResult lowerMaxPoolGpu(GpuLowering &lowering, KernelOp kernel,
                                    MaxPoolOp op);
mlir::LogicalResult lowerAvgPoolGpu(GpuLowering &lowering, KernelOp kernel,
                                    AvgPoolOp op);
/// A whole attention.
mlir::LogicalResult lowerAttentionGpu(GpuLowering &lowering, KernelOp kernel,
                                      SoftmaxOp op);
/// Transpose, slice, concat, pad, gather, expand and resize: what
/// takes each element from somewhere.
mlir::LogicalResult lowerMovementGpu(GpuLowering &lowering, KernelOp kernel,
                                     mlir::Operation *op);

/// Copies a tensor's elements in order into a buffer in the layout of another
/// shape.
void lowerReshapeGpu(GpuLowering &lowering, mlir::Location location,
                     mlir::Type from, mlir::Value fromBuffer, mlir::Type to,
                     mlir::Value toBuffer);

} // namespace quantir

#endif // QUANTIR_LIB_GPU_GPUKERNELS_H
