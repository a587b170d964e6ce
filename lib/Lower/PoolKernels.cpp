#include "Kernels.h"
#include "Quantir/AverageMath.h"
#include "VectorBuilder.h"
#include "quantir/Lower/WindowAxis.h"

using namespace mlir;
using namespace quantir;

namespace {
/// Pooling over windows of an [N, H, W, C] image, vectors of channels.
class PoolCode {
public:
  template <typename Op>
  PoolCode(Lowering &lowering, KernelOp kernelOp, Op op, StringRef kind,
           int64_t lanes)
      : kernel(lowering, kernelOp.getLoc(), kind), op(op),
        image(cast<RankedTensorType>(op.getInput().getType())),
        out(cast<RankedTensorType>(op.getType())),
        evaluator(kernel, kernelOp, out.getShape()),
        operand(kernel, kernelOp, image.getShape()), lanes(lanes),
        axes{WindowAxis::of(op, 0), WindowAxis::of(op, 1)} {}

  /// \param initial  what the first tap is combined with.
  /// \param finish   makes the result of the combined taps and their number,
  ///                 which is given as a value at the borders of the image.
  LogicalResult
  emit(Value initial, function_ref<Value(Value, Value)> combine,
       function_ref<Value(Value, Value tapsDown, Value tapsAcross)> finish);

  KernelFunction kernel;
  /// Lanes hold elements as they lie in memory, not widened.
  bool stored = false;
  int64_t tapCount() const { return axes[0].kernel * axes[1].kernel; }

private:
  using Range = std::pair<Value, Value>;

  Value fold(Value image, Range down, Range across, Value y, Value x,
             Value column, int64_t valid, Value initial,
             function_ref<Value(Value, Value)> combine);

  Operation *op;
  RankedTensorType image, out;
  LaneEvaluator evaluator, operand;
  int64_t lanes;
  WindowAxis axes[2];
  LogicalResult status = success();
};
} // namespace

/// All taps of one window, in window order.
Value PoolCode::fold(Value imageNumber, Range down, Range across, Value y,
                     Value x, Value column, int64_t valid, Value initial,
                     function_ref<Value(Value, Value)> combine) {
  auto [height, width] = axes;
  // Rows of the image from before its pads on; the pads are taken away last.
  Value line = kernel.add(kernel.mul(imageNumber, height.in),
                          kernel.mul(y, height.stride));
  Value place = kernel.mul(x, width.stride);
  auto across1 = [&](Value line, Value all) {
    return kernel.loop(
        across.first, across.second, 1, all, [&](Value tap, ValueRange all) {
          Value pixel =
              kernel.add(kernel.add(kernel.mul(line, width.in), place),
                         kernel.mul(tap, width.dilation));
          pixel = kernel.add(pixel, -height.pad * width.in - width.pad);
          Value input = op->getOperand(0);
          LanePosition position{pixel, column, lanes, valid};
          FailureOr<Value> lanesOfTap =
              stored ? FailureOr<Value>(operand.loadStored(input, position))
                     : operand.compute(input, position);
          if (failed(lanesOfTap)) {
            status = failure();
            return SmallVector<Value>{all[0]};
          }
          return SmallVector<Value>{combine(all[0], *lanesOfTap)};
        })[0];
  };
  return kernel.loop(
      down.first, down.second, 1, initial, [&](Value tap, ValueRange all) {
        Value next = kernel.add(line, kernel.mul(tap, height.dilation));
        return SmallVector<Value>{across1(next, all[0])};
      })[0];
}

LogicalResult PoolCode::emit(Value initial,
                             function_ref<Value(Value, Value)> combine,
                             function_ref<Value(Value, Value, Value)> finish) {
  auto [height, width] = axes;
  int64_t channels = out.getShape().back();
  int64_t whole = channels / lanes * lanes;
  int64_t lines = out.getDimSize(0) * height.out;
  double nanoseconds = double(out.getNumElements()) / lanes *
                       (tapCount() + evaluator.cost()) / 2;
  int64_t tiles = tilesFor(nanoseconds, lines);
  auto [low, high] = kernel.share(lines, tiles);
  auto emitVector = [&](Value line, Range down, Range across, Value x,
                        Value column, int64_t valid) {
    Value n = kernel.div(line, height.out), y = kernel.rem(line, height.out);
    Value all = fold(n, down, across, y, x, column, valid, initial, combine);
    auto count = [&](Range range) {
      return kernel.builder().createOrFold<arith::SubIOp>(range.second,
                                                          range.first);
    };
    Value result = finish(all, count(down), count(across));
    Value row = kernel.add(kernel.mul(line, width.out), x);
    if (failed(evaluator.finish({{op->getResult(0), result}},
                                {row, column, lanes, valid})))
      status = failure();
  };
  auto emitPixel = [&](Value line, Range down, Range across, Value x) {
    kernel.loop(kernel.index(0), kernel.index(whole), lanes, [&](Value column) {
      emitVector(line, down, across, x, column, lanes);
    });
    if (whole < channels)
      emitVector(line, down, across, x, kernel.index(whole), channels - whole);
  };
  kernel.loop(low, high, 1, [&](Value line) {
    Range down = height.tapsOf(kernel, kernel.rem(line, height.out));
    auto [begin, end] = width.inner();
    auto border = [&](int64_t from, int64_t to) {
      kernel.loop(kernel.index(from), kernel.index(to), 1, [&](Value x) {
        emitPixel(line, down, width.tapsOf(kernel, x), x);
      });
    };
    border(0, begin);
    Range all = {kernel.index(0), kernel.index(width.kernel)};
    kernel.loop(kernel.index(begin), kernel.index(end), 1,
                [&](Value x) { emitPixel(line, down, all, x); });
    border(end, width.out);
  });
  kernel.launch(tiles);
  return status;
}

static int64_t lanesOf(const Lowering &lowering, Operation *pool) {
  auto type = cast<RankedTensorType>(pool->getResult(0).getType());
  return lowering.lanesFor(type.getShape().back());
}

/// Codes of 8 bits are compared as they lie: four times as many at once.
static LogicalResult lowerMaxPoolOfBytes(Lowering &lowering, KernelOp op,
                                         MaxPoolOp pool) {
  PoolCode code(lowering, op, pool, "max_pool", 4 * lowering.unit.lanes);
  code.stored = true;
  ImplicitLocOpBuilder &b = code.kernel.builder();
  auto type =
      VectorType::get({4 * int64_t(lowering.unit.lanes)}, b.getI8Type());
  bool isSigned = getQuantizedElement(pool.getType()).isSigned();
  Value lowest = arith::ConstantOp::create(
      b, type,
      DenseElementsAttr::get(type, b.getI8IntegerAttr(isSigned ? -128 : 0)));
  auto larger = [&](Value most, Value x) -> Value {
    if (isSigned)
      return arith::MaxSIOp::create(b, most, x);
    return arith::MaxUIOp::create(b, most, x);
  };
  return code.emit(lowest, larger,
                   [](Value most, Value, Value) { return most; });
}

LogicalResult quantir::lowerMaxPool(Lowering &lowering, KernelOp op,
                                    MaxPoolOp pool) {
  Type element = getElementTypeOrSelf(pool.getType());
  if (element.isInteger(1))
    return pool.emitOpError("has no lowering for i1");
  bool alone =
      llvm::hasSingleElement(op.getBody().front().without_terminator());
  if (quant::QuantizedType codes = getQuantizedElement(pool.getType());
      codes && codes.getStorageTypeIntegralWidth() == 8 && alone)
    return lowerMaxPoolOfBytes(lowering, op, pool);
  int64_t lanes = lanesOf(lowering, pool);
  PoolCode code(lowering, op, pool, "max_pool", lanes);
  VectorBuilder v(code.kernel, lanes);
  bool real = element.isF32(), wide = element.isInteger(64);
  Value lowest = real   ? v.f32(-std::numeric_limits<float>::infinity())
                 : wide ? v.i64(std::numeric_limits<int64_t>::min())
                        : v.i32(std::numeric_limits<int32_t>::min());
  // A NaN is passed over.
  auto larger = [&](Value most, Value x) {
    return v.select(real ? v.greaterF32(x, most) : v.greaterInt(x, most), x,
                    most);
  };
  return code.emit(lowest, larger,
                   [](Value most, Value, Value) { return most; });
}

static LogicalResult lowerAvgPoolOfCodes(Lowering &lowering, KernelOp op,
                                         AvgPoolOp pool) {
  int64_t lanes = lanesOf(lowering, pool);
  PoolCode code(lowering, op, pool, "avg_pool", lanes);
  ImplicitLocOpBuilder &b = code.kernel.builder();
  VectorBuilder v(code.kernel, lanes);
  AvgPoolCodes codes(pool);
  ArrayRef<int32_t> multipliers = codes.getMultipliers();
  auto multiplier = [&](Value down, Value across) -> Value {
    if (llvm::all_equal(multipliers))
      return v.i32(multipliers[0]);
    APInt tapsDown, tapsAcross;
    if (matchPattern(down, m_ConstantInt(&tapsDown)) &&
        matchPattern(across, m_ConstantInt(&tapsAcross)))
      return v.i32(
          multipliers[tapsDown.getSExtValue() * tapsAcross.getSExtValue()]);
    auto type =
        RankedTensorType::get({int64_t(multipliers.size())}, b.getI32Type());
    Value table =
        code.kernel.constant(DenseElementsAttr::get(type, multipliers));
    Value count = arith::MulIOp::create(b, down, across);
    Value one = memref::LoadOp::create(b, table, count);
    return vector::BroadcastOp::create(
        b, VectorType::get({lanes}, b.getI32Type()), one);
  };
  Value zeroPoint = v.i32(codes.getZeroPoint());
  return code.emit(
      v.i32(0),
      [&](Value sum, Value x) { return v.addInt(sum, v.subInt(x, zeroPoint)); },
      [&](Value sum, Value down, Value across) {
        return codes.finish(v, sum, multiplier(down, across));
      });
}

LogicalResult quantir::lowerAvgPool(Lowering &lowering, KernelOp op,
                                    AvgPoolOp pool) {
  if (getQuantizedElement(pool.getType()))
    return lowerAvgPoolOfCodes(lowering, op, pool);
  int64_t lanes = lanesOf(lowering, pool);
  PoolCode code(lowering, op, pool, "avg_pool", lanes);
  ImplicitLocOpBuilder &b = code.kernel.builder();
  VectorBuilder v(code.kernel, lanes);
  auto share = [&](Value down, Value across) -> Value {
    APInt tapsDown, tapsAcross;
    if (pool.getCountIncludePad())
      return v.f32(float(1.0 / double(code.tapCount())));
    if (matchPattern(down, m_ConstantInt(&tapsDown)) &&
        matchPattern(across, m_ConstantInt(&tapsAcross)))
      return v.f32(float(
          1.0 / double(tapsDown.getSExtValue() * tapsAcross.getSExtValue())));
    Value count = arith::MulIOp::create(b, down, across);
    Value narrow = arith::IndexCastOp::create(b, b.getI32Type(), count);
    Value real = arith::SIToFPOp::create(b, b.getF32Type(), narrow);
    Value one = arith::ConstantOp::create(b, b.getF32FloatAttr(1.0f));
    Value quotient = arith::DivFOp::create(b, one, real);
    return vector::BroadcastOp::create(
        b, VectorType::get({lanes}, b.getF32Type()), quotient);
  };
  return code.emit(
      v.f32(0.0f), [&](Value sum, Value x) { return v.addF32(sum, x); },
      [&](Value sum, Value down, Value across) {
        return v.mulF32(sum, share(down, across));
      });
}
