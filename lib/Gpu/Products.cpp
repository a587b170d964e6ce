// Which form a product gets.
#include "Product.h"

using namespace mlir;
using namespace quantir;

static LogicalResult lowerProduct(GpuLowering &lowering,
                                  const ProductSource &source) {
  if (canShareTaps(source))
    return lowerDepthwiseProduct(lowering, source);
  return canPackProduct(source) ? lowerPackedProduct(lowering, source)
                                : lowerPlainProduct(lowering, source);
}

LogicalResult quantir::lowerConvGpu(GpuLowering &lowering, KernelOp kernel,
                                    ConvOp conv) {
  return lowerProduct(lowering, ProductSource(lowering, kernel, conv));
}

LogicalResult quantir::lowerMatmulGpu(GpuLowering &lowering, KernelOp kernel,
                                      MatmulOp matmul) {
  return lowerProduct(lowering, ProductSource(lowering, kernel, matmul));
}
