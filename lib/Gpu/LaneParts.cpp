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
