#include "LaneEvaluator.h"

#include "Kernels.h"
#include "Quantir/ElementwiseMath.h"
#include "VectorBuilder.h"

using namespace mlir;
using namespace quantir;

LaneEvaluator::LaneEvaluator(KernelFunction &kernel, KernelOp op,
                             ArrayRef<int64_t> result)
    : kernel(kernel), op(op), shape(result) {}

/// The element offset of the first lane, or of the one element that every lane
/// shares.
Value LaneEvaluator::offsetOf(ArrayRef<int64_t> merged,
                              const LanePosition &position) {
  Value row = shape.rowOffset(kernel, merged, position.row, merged.back());
  return merged.back() == 1 && shape.columns() != 1
             ? row
             : kernel.add(row, position.column);
}

Value LaneEvaluator::bufferOf(Value value) {
  Lowering &lowering = kernel.lowering();
  if (DenseElementsAttr constant = constantOf(lowering.constants, op, value))
    return kernel.constant(constant);
  return kernel.use(lowering.buffers.lookup(outerValue(op, value)));
}

Value LaneEvaluator::loadMerged(Value buffer, Type element,
                                ArrayRef<int64_t> merged,
                                const LanePosition &position, bool slack) {
  Value offset = offsetOf(merged, position);
  if (shape.hasColumns(merged))
    return loadLanes(kernel, buffer, element, offset, position.lanes,
                     position.valid, slack);
  Value one = loadLanes(kernel, buffer, element, offset, 1, 1, slack);
  return splatLane(kernel, one, position.lanes);
}

Value LaneEvaluator::load(Value operand, const LanePosition &position) {
  auto type = cast<RankedTensorType>(operand.getType());
  if (DenseElementsAttr constant =
          constantOf(kernel.lowering().constants, op, operand))
    if (constant.isSplat()) {
      VectorBuilder builder(kernel, position.lanes);
      return splatOf(builder, constant, type.getElementType());
    }
  Value buffer = bufferOf(operand);
  return loadMerged(buffer, type.getElementType(),
                    shape.merged(type.getShape()), position,
                    hasSlack(buffer, type.getNumElements()));
}

Value LaneEvaluator::loadStored(Value operand, const LanePosition &position) {
  auto type = cast<RankedTensorType>(operand.getType());
  Value buffer = bufferOf(operand);
  auto lanes =
      VectorType::get({position.lanes}, getStorageType(type.getElementType()));
  return loadStorage(kernel, buffer, lanes,
                     offsetOf(shape.merged(type.getShape()), position),
                     position.valid, hasSlack(buffer, type.getNumElements()));
}

Value LaneEvaluator::loadChannels(DenseElementsAttr values, int64_t axis,
                                  const LanePosition &position) {
  return loadMerged(kernel.constant(values), values.getElementType(),
                    shape.mergedChannels(axis, values.getNumElements()),
                    position, /*slack=*/true);
}

FailureOr<Value> LaneEvaluator::evaluate(Operation *inner, Lanes &known,
                                         const LanePosition &position) {
  SmallVector<Value> operands;
  for (OpOperand &use : inner->getOpOperands()) {
    Value operand = use.get();
    if (!isTable(use) && !known.contains(operand)) {
      Operation *producer = operand.getDefiningOp();
      if (producer && isa<ElementwiseInterface>(producer)) {
        FailureOr<Value> lanes = evaluate(producer, known, position);
        if (failed(lanes))
          return failure();
      } else {
        Value lanes = load(operand, position);
        known[operand] = lanes;
      }
    }
    operands.push_back(isTable(use) ? Value() : known.lookup(operand));
  }
  VectorBuilder builder(kernel, position.lanes);
  builder.setPlace(this, inner, &position);
  FailureOr<Value> lanes = evaluateElementwise(builder, inner, operands);
  if (succeeded(lanes))
    known[inner->getResult(0)] = *lanes;
  return lanes;
}

FailureOr<Value>
LaneEvaluator::compute(Value value, const LanePosition &position, Lanes known) {
  if (Value lanes = known.lookup(value))
    return lanes;
  Operation *producer = value.getDefiningOp();
  if (!producer || !isa<ElementwiseInterface>(producer))
    return load(value, position);
  return evaluate(producer, known, position);
}

LogicalResult LaneEvaluator::finish(Lanes known, const LanePosition &position) {
  Block &body = op.getBody().front();
  for (auto [i, value] : llvm::enumerate(body.getTerminator()->getOperands())) {
    Operation *producer = value.getDefiningOp();
    if (!known.contains(value)) {
      if (producer && isa<ElementwiseInterface>(producer)) {
        if (failed(evaluate(producer, known, position)))
          return failure();
      } else {
        Value lanes = load(value, position);
        known[value] = lanes;
      }
    }
    Lowering &lowering = kernel.lowering();
    Value buffer = kernel.use(lowering.buffers.lookup(op.getResult(i)));
    Value row = position.row;
    if (auto margin = lowering.margins.find(op.getResult(i));
        margin != lowering.margins.end())
      row = rowWithin(kernel, margin->second, row);
    Value offset =
        kernel.add(kernel.mul(row, shape.columns()), position.column);
    storeLanes(kernel, known.lookup(value), buffer,
               getElementTypeOrSelf(value.getType()), offset, position.valid);
  }
  return success();
}

int64_t LaneEvaluator::instructions() {
  int64_t total = cost();
  bool fma = kernel.lowering().unit.fma;
  for (Operation &inner : op.getBody().front().without_terminator())
    if (isa<PiecewiseOp>(inner))
      total += fma ? 15 : 100;
  return total;
}

int64_t LaneEvaluator::cost() {
  int64_t total = 2;
  for (Operation &inner : op.getBody().front().without_terminator())
    if (isa<ElementwiseInterface>(inner))
      total += isTranscendental(&inner) || isa<LookupOp, InterpolateOp>(inner)
                   ? 30
                   : 5;
  return total;
}
