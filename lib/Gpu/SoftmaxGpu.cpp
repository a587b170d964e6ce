#include "RowKernel.h"

#include "Quantir/FloatMath.h"

using namespace mlir;
using namespace quantir;

/// x when it is larger, else (also for NaN) what there was.
static GpuLanes larger(GpuBuilder &b, const GpuLanes &most, const GpuLanes &x) {
  return b.select(b.greaterF32(x, most), x, most);
}

static GpuLanes sum(GpuBuilder &b, const GpuLanes &a, const GpuLanes &c) {
  return b.addF32(a, c);
}

static GpuLanes unchanged(GpuBuilder &, const GpuLanes &x) { return x; }

void quantir::emitSoftmax(SoftmaxOp softmax, GpuSoftmaxRows &rows) {
  if (getQuantizedElement(softmax.getType()))
    return emitSoftmaxOfCodes(softmax, rows);
  RowGroup &group = rows.group;
  GpuBuilder v(rows.kernel, 4), one(rows.kernel, 1);
  GpuLanes most = group.fold(
      one.f32(-std::numeric_limits<float>::infinity()),
      [&](const GpuLanes &all, Value column) {
        GpuLanes x = rows.input(column);
        group.keep(column, x);
        return group.within(larger(v, all, x), column, all);
      },
      larger);
  GpuLanes mostOfQuad = repeatLane(rows.kernel, most);
  auto below = [&](Value column) {
    return v.subF32(rows.inputAgain(column), mostOfQuad);
  };
  auto exponential = [&](Value column) {
    return floatmath::exp(v, below(column), /*nonPositive=*/true);
  };
  if (softmax.getUnnormalized())
    return rows.finish(exponential);
  if (softmax.getLog()) {
    // The row is needed again; only those that sum compute the exponentials.
    auto fromKept = [&](GpuBuilder &b, const GpuLanes &x) {
      bool isQuad = isa<VectorType>(x.bits.getType());
      GpuLanes apart = b.subF32(x, isQuad ? mostOfQuad : most);
      return floatmath::exp(b, apart, /*nonPositive=*/true);
    };
    GpuLanes all = group.foldInOrder(
        0.0f, [&](Value column) { return rows.input(column); }, fromKept, sum);
    GpuLanes log = repeatLane(rows.kernel, floatmath::log(one, all));
    return rows.finish(
        [&](Value column) { return v.subF32(below(column), log); });
  }
  if (group.keeps())
    group.each([&](Value column) { group.keep(column, exponential(column)); });
  GpuLanes all = group.foldInOrder(0.0f, exponential, unchanged, sum);
  GpuLanes scale = repeatLane(rows.kernel, one.divF32(one.f32(1.0f), all));
  rows.finish([&](Value column) {
    return v.mulF32(group.kept(column, exponential), scale);
  });
}

LogicalResult quantir::lowerSoftmaxGpu(GpuLowering &lowering, KernelOp op,
                                       SoftmaxOp softmax) {
  RowKernel kernel(lowering, op, softmax);
  GpuSoftmaxRows rows{kernel.kernel, kernel.group,
                      [&](Value column) { return kernel.input(column); },
                      [&](RowGroup::Quad result) { kernel.finish(result); }};
  emitSoftmax(softmax, rows);
  return kernel.dispatch();
}
