// What is not written yet.
#include "GpuKernels.h"

using namespace mlir;
using namespace quantir;

LogicalResult quantir::lowerSoftmaxGpu(GpuLowering &, KernelOp, SoftmaxOp op) {
  return op->emitOpError("has no code for GPUs yet");
}

LogicalResult quantir::lowerLayerNormGpu(GpuLowering &, KernelOp,
                                         LayerNormOp op) {
  return op->emitOpError("has no code for GPUs yet");
}

LogicalResult quantir::lowerRmsNormGpu(GpuLowering &, KernelOp, RmsNormOp op) {
  return op->emitOpError("has no code for GPUs yet");
}

LogicalResult quantir::lowerReduceGpu(GpuLowering &, KernelOp, ReduceOp op) {
  return op->emitOpError("has no code for GPUs yet");
}

LogicalResult quantir::lowerMaxPoolGpu(GpuLowering &, KernelOp, MaxPoolOp op) {
  return op->emitOpError("has no code for GPUs yet");
}

LogicalResult quantir::lowerAvgPoolGpu(GpuLowering &, KernelOp, AvgPoolOp op) {
  return op->emitOpError("has no code for GPUs yet");
}

LogicalResult quantir::lowerMovementGpu(GpuLowering &, KernelOp,
                                        Operation *op) {
  return op->emitOpError("has no code for GPUs yet");
}
