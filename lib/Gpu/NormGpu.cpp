#include "RowKernel.h"

using namespace mlir;
using namespace quantir;

namespace {
/// What layer_norm and rms_norm have in common.
struct Norm {
  Value scale, bias; ///< no bias: nothing is subtracted either
  float epsilon;
};
} // namespace

static GpuLanes sum(GpuBuilder &b, const GpuLanes &a, const GpuLanes &c) {
  return b.addF32(a, c);
}

static GpuLanes unchanged(GpuBuilder &, const GpuLanes &x) { return x; }

static LogicalResult lowerNorm(GpuLowering &lowering, KernelOp op,
                               Operation *anchor, const Norm &norm) {
  RowKernel rows(lowering, op, anchor);
  RowGroup &group = rows.group;
  GpuBuilder &v = rows.v, &one = rows.one;
  int64_t columns = shapeOf(anchor->getResult(0)).back();
  GpuLanes share = one.f32(float(1.0 / double(columns)));
  rows.readInput();
  auto input = [&](Value column) { return rows.input(column); };
  GpuLanes mean, meanOfQuad;
  if (norm.bias) {
    mean = one.mulF32(group.foldInOrder(0.0f, input, unchanged, sum), share);
    meanOfQuad = repeatLane(rows.kernel, mean);
  }
  auto square = [&](GpuBuilder &b, const GpuLanes &x) {
    GpuLanes d = x;
    if (norm.bias)
      d = b.subF32(x, isa<VectorType>(x.bits.getType()) ? meanOfQuad : mean);
    return b.mulF32(d, d);
  };
  GpuLanes squares =
      one.mulF32(group.foldInOrder(0.0f, input, square, sum), share);
  GpuLanes root = one.sqrtF32(one.addF32(squares, one.f32(norm.epsilon)));
  GpuLanes factor = repeatLane(rows.kernel, one.divF32(one.f32(1.0f), root));
  rows.finish([&](Value column) {
    GpuLanes x = rows.inputAgain(column);
    if (norm.bias)
      x = v.subF32(x, meanOfQuad);
    GpuLanes scaled =
        v.mulF32(v.mulF32(x, factor), rows.load(norm.scale, column));
    return norm.bias ? v.addF32(scaled, rows.load(norm.bias, column)) : scaled;
  });
  return rows.dispatch();
}

LogicalResult quantir::lowerLayerNormGpu(GpuLowering &lowering, KernelOp op,
                                         LayerNormOp norm) {
  float epsilon = norm.getEpsilon().convertToFloat();
  if (getQuantizedElement(norm.getType()))
    return lowerNormOfCodesGpu(lowering, op, norm, epsilon);
  return lowerNorm(lowering, op, norm,
                   {norm.getScale(), norm.getBias(), epsilon});
}

LogicalResult quantir::lowerRmsNormGpu(GpuLowering &lowering, KernelOp op,
                                       RmsNormOp norm) {
  float epsilon = norm.getEpsilon().convertToFloat();
  if (getQuantizedElement(norm.getType()))
    return lowerNormOfCodesGpu(lowering, op, norm, epsilon);
  return lowerNorm(lowering, op, norm, {norm.getScale(), Value(), epsilon});
}
