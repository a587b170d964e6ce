#include "GpuKernels.h"

#include "Quantir/QuantirTypes.h"

using namespace mlir;
using namespace quantir;

LogicalResult quantir::lowerElementwiseGpu(GpuLowering &lowering, KernelOp op) {
  GpuKernel kernel(lowering, op.getLoc(), "elementwise",
                   {lowering.target.elementThreads, 1, 1});
  QuadEvaluator evaluator(kernel, op, shapeOf(op.getResult(0)));
  evaluator.mergeDimensions();
  int64_t quads = evaluator.rows() * evaluator.quadsOfRow();
  LogicalResult result = success();
  Value quad = kernel.globalThread();
  kernel.when(kernel.less(quad, kernel.index(quads)), [&] {
    result =
        evaluator.finish(QuadEvaluator::Lanes(), evaluator.positionOf(quad));
  });
  kernel.dispatchFor(quads);
  return result;
}
