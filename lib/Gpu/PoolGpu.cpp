#include "GpuKernels.h"
#include "LaneParts.h"

#include "Quantir/AverageMath.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "quantir/Lower/WindowAxis.h"

using namespace mlir;
using namespace quantir;

namespace {
/// Pooling over windows of an [N, H, W, C] image, quads of channels.
class PoolCodeGpu {
public:
  using Range = std::pair<Value, Value>;
  using Combine =
      function_ref<GpuLanes(const GpuLanes &all, const GpuLanes &tap)>;
  using Finish = function_ref<GpuLanes(const GpuLanes &all, Value taps)>;

  template <typename Op>
  PoolCodeGpu(GpuLowering &lowering, KernelOp kernelOp, Op op)
      : kernel(lowering, kernelOp.getLoc(), op->getName().stripDialect(),
               {lowering.target.elementThreads, 1, 1}),
        v(kernel, 4), op(op), evaluator(kernel, kernelOp, shapeOf(op)),
        image(kernel, kernelOp, shapeOf(op.getInput())),
        height(WindowAxis::of(op, 0)), width(WindowAxis::of(op, 1)) {}

  /// \param initial  gives what the first tap is combined with.
  /// \param finish   makes the result of the combined taps and their number.
  LogicalResult emit(function_ref<GpuLanes()> initial, Combine combine,
                     Finish finish);

  /// The entry `taps` of a table, in every lane; the bits of it.
  GpuLanes perTaps(Value taps, ArrayRef<int32_t> table);
  int64_t tapCount() const { return height.kernel * width.kernel; }

  GpuKernel kernel;
  GpuBuilder v;

private:
  GpuLanes fold(const QuadPosition &position, Range down, Range across,
                const GpuLanes &initial, Combine combine);

  Operation *op;
  QuadEvaluator evaluator, image;
  WindowAxis height, width;
  LogicalResult status = success();
};
} // namespace

/// All taps of one window, in window order.
GpuLanes PoolCodeGpu::fold(const QuadPosition &position, Range down,
                           Range across, const GpuLanes &initial,
                           Combine combine) {
  Value x = kernel.rem(position.row, width.out);
  Value line = kernel.div(position.row, width.out);
  Value y = kernel.rem(line, height.out);
  // Pixels from before the pads on; the pads are taken away last.
  Value top = kernel.add(kernel.mul(kernel.div(line, height.out), height.in),
                         kernel.mul(y, height.stride));
  Value left = kernel.mul(x, width.stride);
  auto tapAt = [&](Value pixel, const GpuLanes &all) {
    FailureOr<GpuLanes> tap =
        image.compute(op->getOperand(0), {pixel, position.column});
    if (succeeded(tap))
      return combine(all, *tap);
    status = failure();
    return all;
  };
  auto alongRow = [&](Value row, ValueRange all) {
    return kernel.loop(
        across.first, across.second, 1, all, [&](Value tap, ValueRange all) {
          Value pixel = kernel.add(kernel.add(kernel.mul(row, width.in), left),
                                   kernel.mul(tap, width.dilation));
          pixel = kernel.add(pixel, -height.pad * width.in - width.pad);
          return partsOf(tapAt(pixel, lanesOf(all)));
        });
  };
  return lanesOf(kernel.loop(
      down.first, down.second, 1, partsOf(initial),
      [&](Value tap, ValueRange all) {
        return alongRow(kernel.add(top, kernel.mul(tap, height.dilation)), all);
      }));
}

LogicalResult PoolCodeGpu::emit(function_ref<GpuLanes()> initial,
                                Combine combine, Finish finish) {
  int64_t quads = evaluator.rows() * evaluator.quadsOfRow();
  Value quad = kernel.globalThread();
  kernel.when(kernel.less(quad, kernel.index(quads)), [&] {
    QuadPosition position = evaluator.positionOf(quad);
    Value line = kernel.div(position.row, width.out);
    Range down = height.tapsOf(kernel, kernel.rem(line, height.out));
    Range across = width.tapsOf(kernel, kernel.rem(position.row, width.out));
    GpuLanes all = fold(position, down, across, initial(), combine);
    ImplicitLocOpBuilder &b = kernel.builder();
    auto count = [&](Range range) {
      return b.createOrFold<arith::SubIOp>(range.second, range.first);
    };
    Value taps = b.createOrFold<arith::MulIOp>(count(down), count(across));
    if (failed(evaluator.finish({{op->getResult(0), finish(all, taps)}},
                                position)))
      status = failure();
  });
  kernel.dispatchFor(quads);
  return status;
}

GpuLanes PoolCodeGpu::perTaps(Value taps, ArrayRef<int32_t> table) {
  APInt known;
  if (matchPattern(taps, m_ConstantInt(&known)))
    return v.i32(table[known.getZExtValue()]);
  return repeatLane(kernel, kernel.load(kernel.constant(table), taps));
}

/// The least that a lane of these elements holds.
static GpuLanes leastOf(GpuBuilder &v, Type element) {
  if (element.isF32())
    return v.f32(-std::numeric_limits<float>::infinity());
  if (element.isInteger(64))
    return v.i64(std::numeric_limits<int64_t>::min());
  unsigned bits = getStorageType(element).getIntOrFloatBitWidth();
  return v.i32(isZeroExtended(element) ? 0
                                       : int32_t(-(int64_t(1) << (bits - 1))));
}

LogicalResult quantir::lowerMaxPoolGpu(GpuLowering &lowering, KernelOp op,
                                       MaxPoolOp pool) {
  Type element = getElementTypeOrSelf(pool.getType());
  if (element.isInteger(1))
    return pool.emitOpError("has no lowering for i1");
  PoolCodeGpu code(lowering, op, pool);
  GpuBuilder &v = code.v;
  return code.emit([&] { return leastOf(v, element); },
                   // A NaN is passed over.
                   [&](const GpuLanes &most, const GpuLanes &x) {
                     return v.select(element.isF32() ? v.greaterF32(x, most)
                                                     : v.greaterInt(x, most),
                                     x, most);
                   },
                   [](const GpuLanes &most, Value) { return most; });
}

static LogicalResult lowerAvgPoolOfCodes(GpuLowering &lowering, KernelOp op,
                                         AvgPoolOp pool) {
  PoolCodeGpu code(lowering, op, pool);
  GpuBuilder &v = code.v;
  AvgPoolCodes codes(pool);
  ArrayRef<int32_t> multipliers = codes.getMultipliers();
  return code.emit(
      [&] { return v.i32(0); },
      [&](const GpuLanes &sum, const GpuLanes &x) {
        return v.addInt(sum, v.subInt(x, v.i32(codes.getZeroPoint())));
      },
      [&](const GpuLanes &sum, Value taps) {
        return codes.finish(v, sum, code.perTaps(taps, multipliers));
      });
}

LogicalResult quantir::lowerAvgPoolGpu(GpuLowering &lowering, KernelOp op,
                                       AvgPoolOp pool) {
  if (getQuantizedElement(pool.getType()))
    return lowerAvgPoolOfCodes(lowering, op, pool);
  PoolCodeGpu code(lowering, op, pool);
  GpuBuilder &v = code.v;
  SmallVector<int32_t> shares; // 1 / taps, as bits
  for (int64_t taps = 0; taps <= code.tapCount(); ++taps) {
    int64_t count = pool.getCountIncludePad() ? code.tapCount() : taps;
    shares.push_back(llvm::bit_cast<int32_t>(float(1.0 / double(count))));
  }
  return code.emit(
      [&] { return v.f32(0.0f); },
      [&](const GpuLanes &sum, const GpuLanes &x) { return v.addF32(sum, x); },
      [&](const GpuLanes &sum, Value taps) {
        return v.mulF32(sum, v.asF32(code.perTaps(taps, shares)));
      });
}
