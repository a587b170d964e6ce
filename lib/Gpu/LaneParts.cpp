#include "LaneParts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

GpuLanes quantir::laneOf(GpuKernel &kernel, const GpuLanes &lanes, int64_t i) {
  auto one = [&](Value part) -> Value {
    if (!part)
      return {};
    return vector::ExtractOp::create(kernel.builder(), part,
                                     ArrayRef<int64_t>{i});
  };
  return {one(lanes.bits), one(lanes.high)};
}

GpuLanes quantir::repeatLane(GpuKernel &kernel, const GpuLanes &one) {
  auto four = [&](Value part) -> Value {
    if (!part)
      return {};
    return vector::BroadcastOp::create(
        kernel.builder(), VectorType::get({4}, part.getType()), part);
  };
  return {four(one.bits), four(one.high)};
}

FailureOr<GpuLanes> quantir::elementOf(GpuKernel &kernel,
                                       QuadEvaluator &evaluator, Value value,
                                       Value row, Value column) {
  Operation *producer = value.getDefiningOp();
  RankedTensorType type = typeOf(value);
  if (!producer || !isa<ElementwiseInterface>(producer))
    return loadElement(kernel, evaluator.bindingOf(value),
                       type.getElementType(),
                       kernel.mul(row, WordLayout(type).wordsOfRow()), column);
  Value lane = kernel.rem(column, 4);
  Value first = kernel.builder().createOrFold<arith::SubIOp>(column, lane);
  FailureOr<GpuLanes> quad = evaluator.compute(value, {row, first});
  if (failed(quad))
    return failure();
  GpuLanes result = laneOf(kernel, *quad, 0);
  for (int64_t i = 1; i < 4; ++i) {
    GpuLanes isBefore = kernel.less(lane, kernel.index(i));
    result = GpuBuilder(kernel, 1).select(isBefore, result,
                                          laneOf(kernel, *quad, i));
  }
  return result;
}

SmallVector<Value> quantir::transposeBytes(GpuKernel &kernel,
                                           ArrayRef<Value> lines) {
  GpuBuilder v(kernel, 1);
  // Bytes 0 and 2, or 1 and 3, of two words side by side, the first's first.
  auto even = [&](Value a, Value b) {
    GpuLanes mask = v.i32(0x00ff00ff);
    return v.orBits(v.andBits(a, mask), v.shiftLeft(v.andBits(b, mask), 8));
  };
  auto down = [&](Value a, int bits) -> Value {
    Value count = kernel.i32(bits);
    return arith::ShRUIOp::create(kernel.builder(), a, count);
  };
  auto odd = [&](Value a, Value b) { return even(down(a, 8), down(b, 8)); };
  auto lower = [&](Value a, Value b) -> Value {
    return v.orBits(v.andBits(a, v.i32(0xffff)), v.shiftLeft(b, 16));
  };
  auto upper = [&](Value a, Value b) -> Value {
    GpuLanes mask = v.i32(int32_t(0xffff0000));
    return v.orBits(down(a, 16), v.andBits(b, mask));
  };
  GpuLanes evenTop = even(lines[0], lines[1]),
           evenEnd = even(lines[2], lines[3]);
  GpuLanes oddTop = odd(lines[0], lines[1]), oddEnd = odd(lines[2], lines[3]);
  return {lower(evenTop, evenEnd), lower(oddTop, oddEnd),
          upper(evenTop, evenEnd), upper(oddTop, oddEnd)};
}
