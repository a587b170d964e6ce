#ifndef QUANTIR_LIB_GPU_ROWKERNEL_H
#define QUANTIR_LIB_GPU_ROWKERNEL_H

#include "GpuKernels.h"
#include "RowGroup.h"

namespace quantir {

/// What lanes of the operand of an anchor of rows are kept as.
mlir::Type laneOfOperand(mlir::Operation *anchor);

/// What kernels have in common whose anchor makes each row of the result from a
/// row of its first operand.
class RowKernel {
public:
  RowKernel(GpuLowering &lowering, KernelOp op, mlir::Operation *anchor);

  /// A quad of the operand's row, from the prologue; 0 after a failure.
  GpuLanes input(mlir::Value column);
  /// The same, what the row group keeps of it once all of it is read.
  GpuLanes inputAgain(mlir::Value column);
  /// Reads the row and keeps it.
  void readInput();

  /// A quad of another operand, such as a scale.
  GpuLanes load(mlir::Value operand, mlir::Value column);

  /// Stores `result` of every quad, and what the kernel makes of it.
  void finish(RowGroup::Quad result);

  /// Ends the kernel.
  mlir::LogicalResult dispatch();

  GpuKernel kernel;
  RowGroup group;
  GpuBuilder v, one; ///< of a quad, and of single lanes

private:
  mlir::Operation *anchor;
  QuadEvaluator evaluator;
  mlir::LogicalResult status = mlir::success();
};

/// Rows of a softmax: where their quads come from, and where results go.
struct GpuSoftmaxRows {
  GpuKernel &kernel;
  RowGroup &group;
  std::function<GpuLanes(mlir::Value column)> input;
  std::function<void(RowGroup::Quad result)> finish;

  GpuLanes inputAgain(mlir::Value column) { return group.kept(column, input); }
};

/// Emits the code of a softmax; calls `finish` once.
void emitSoftmax(SoftmaxOp softmax, GpuSoftmaxRows &rows);
/// The same of codes.
void emitSoftmaxOfCodes(SoftmaxOp softmax, GpuSoftmaxRows &rows);

/// A layer_norm or rms_norm of codes.
mlir::LogicalResult lowerNormOfCodesGpu(GpuLowering &lowering, KernelOp op,
                                        mlir::Operation *norm, float epsilon);

} // namespace quantir

#endif // QUANTIR_LIB_GPU_ROWKERNEL_H
