#include "RowKernel.h"

using namespace mlir;
using namespace quantir;

Type quantir::laneOfOperand(Operation *anchor) {
  Type element = getElementTypeOrSelf(anchor->getOperand(0).getType());
  return element.isF32() ? element : IntegerType::get(anchor->getContext(), 32);
}

RowKernel::RowKernel(GpuLowering &lowering, KernelOp op, Operation *anchor)
    : kernel(lowering, op.getLoc(), anchor->getName().stripDialect(),
             {RowGroup::kThreads, 1, 1}),
      group(kernel, WordLayout(anchor->getResult(0).getType()).rows,
            shapeOf(anchor->getResult(0)).back(), laneOfOperand(anchor)),
      v(kernel, 4), one(kernel, 1), anchor(anchor),
      evaluator(kernel, op, shapeOf(anchor->getResult(0))) {}

GpuLanes RowKernel::input(Value column) {
  FailureOr<GpuLanes> lanes =
      evaluator.compute(anchor->getOperand(0), {group.row(), column});
  if (succeeded(lanes))
    return *lanes;
  status = failure();
  return laneOfOperand(anchor).isF32() ? v.f32(0.0f) : v.i32(0);
}

GpuLanes RowKernel::inputAgain(Value column) {
  return group.kept(column, [&](Value column) { return input(column); });
}

void RowKernel::readInput() {
  if (group.keeps())
    group.each([&](Value column) { group.keep(column, input(column)); });
}

GpuLanes RowKernel::load(Value operand, Value column) {
  return evaluator.load(operand, {group.row(), column});
}

void RowKernel::finish(RowGroup::Quad result) {
  group.finish([&](Value column) {
    if (failed(evaluator.finish({{anchor->getResult(0), result(column)}},
                                {group.row(), column})))
      status = failure();
  });
}

LogicalResult RowKernel::dispatch() {
  group.dispatch();
  return status;
}
