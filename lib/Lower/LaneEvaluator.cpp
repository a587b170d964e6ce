#include "LaneEvaluator.h"

#include "Kernels.h"
#include "Quantir/ElementwiseMath.h"
#include "VectorBuilder.h"

using namespace mlir;
using namespace quantir;

static bool isTable(OpOperand &operand) {
  auto op = dyn_cast<ElementwiseInterface>(operand.getOwner());
  return op && op.isTable(operand.getOperandNumber());
}

LaneEvaluator::LaneEvaluator(KernelFunction &kernel, KernelOp op,
                             ArrayRef<int64_t> result)
    : kernel(kernel), op(op), shape(result) {
  if (shape.empty())
    shape.push_back(1);
  groups.assign(shape.size(), 1);
}

/// `operand`'s sizes, aligned at the right with the dimensions of the result
/// and merged as they are.
SmallVector<int64_t>
LaneEvaluator::mergedShape(ArrayRef<int64_t> operand) const {
  int64_t rank = 0;
  for (int64_t group : groups)
    rank += group;
  SmallVector<int64_t> aligned(rank - operand.size(), 1);
  llvm::append_range(aligned, operand);
  SmallVector<int64_t> merged;
  auto dim = aligned.begin();
  for (int64_t group : groups) {
    merged.push_back(1);
    for (int64_t i = 0; i < group; ++i)
      merged.back() *= *dim++;
  }
  return merged;
}

void LaneEvaluator::mergeDimensions() {
  SmallVector<SmallVector<int64_t>> operands;
  for (Operation &inner : op.getBody().front().without_terminator()) {
    for (OpOperand &operand : inner.getOpOperands())
      if (!isTable(operand))
        operands.push_back(mergedShape(shapeOf(operand.get())));
    for (Type type :
         llvm::concat<Type>(llvm::to_vector(inner.getOperandTypes()),
                            llvm::to_vector(inner.getResultTypes())))
      if (auto codes = getQuantizedElement(type))
        if (std::optional<int64_t> axis = getQuantizedAxis(codes)) {
          SmallVector<int64_t> channels(shape.size(), 1);
          channels[*axis] = shape[*axis];
          operands.push_back(channels);
        }
  }
  // Two dimensions merge when every operand has both in full or neither.
  for (int64_t dim = shape.size() - 1; dim > 0; --dim) {
    bool merge = llvm::all_of(operands, [&](ArrayRef<int64_t> operand) {
      bool full =
          operand[dim] == shape[dim] && operand[dim - 1] == shape[dim - 1];
      return full || (operand[dim] == 1 && operand[dim - 1] == 1);
    });
    if (!merge)
      continue;
    for (SmallVector<int64_t> &operand : operands) {
      operand[dim - 1] *= operand[dim];
      operand.erase(operand.begin() + dim);
    }
    shape[dim - 1] *= shape[dim];
    groups[dim - 1] += groups[dim];
    shape.erase(shape.begin() + dim);
    groups.erase(groups.begin() + dim);
  }
}

int64_t LaneEvaluator::rows() const {
  int64_t count = 1;
  for (int64_t size : ArrayRef(shape).drop_back())
    count *= size;
  return count;
}

/// The element offset of the first lane, or of the one element that every lane
/// shares.
Value LaneEvaluator::offsetOf(ArrayRef<int64_t> merged,
                              const LanePosition &position) {
  auto leading = merged.drop_back(), whole = ArrayRef(shape).drop_back();
  Value offset = kernel.index(0);
  if (leading == whole) {
    offset = kernel.mul(position.row, merged.back());
  } else {
    // Row number -> indices, from the last dimension on.
    int64_t stride = merged.back(), passed = 1;
    for (int64_t dim = whole.size() - 1; dim >= 0; --dim) {
      if (leading[dim] != 1) {
        Value quotient = kernel.div(position.row, passed);
        bool first = llvm::all_of(whole.take_front(dim),
                                  [](int64_t s) { return s == 1; });
        Value index = first ? quotient : kernel.rem(quotient, whole[dim]);
        offset = kernel.add(offset, kernel.mul(index, stride));
      }
      stride *= leading[dim];
      passed *= whole[dim];
    }
  }
  return merged.back() == 1 && shape.back() != 1
             ? offset
             : kernel.add(offset, position.column);
}

Value LaneEvaluator::bufferOf(Value value) {
  Lowering &lowering = kernel.lowering();
  if (DenseElementsAttr constant = constantOf(lowering, op, value))
    return kernel.constant(constant);
  return kernel.use(lowering.buffers.lookup(outerValue(op, value)));
}

static Value splatLanes(KernelFunction &kernel, Value lanes, int64_t count) {
  ImplicitLocOpBuilder &b = kernel.builder();
  Type element = cast<VectorType>(lanes.getType()).getElementType();
  Value one = vector::ExtractOp::create(b, lanes, ArrayRef<int64_t>{0});
  return vector::BroadcastOp::create(b, VectorType::get({count}, element), one);
}

/// The splat constant `value` as lanes, or null.
static Value constantLanes(KernelFunction &kernel, DenseElementsAttr value,
                           Type element, int64_t lanes) {
  if (!value.isSplat())
    return {};
  VectorBuilder v(kernel, lanes);
  if (element.isF32())
    return v.f32(value.getSplatValue<float>());
  APInt bits = isShortFloat(element)
                   ? value.getSplatValue<APFloat>().bitcastToAPInt()
                   : value.getSplatValue<APInt>();
  if (element.isInteger(64))
    return v.i64(bits.getSExtValue());
  if (element.isInteger(1)) {
    Value number = v.i32(bits.isZero() ? 0 : 1);
    return v.equalInt(number, v.i32(1));
  }
  return v.i32(isZeroExtended(element) ? bits.getZExtValue()
                                       : bits.getSExtValue());
}

Value LaneEvaluator::load(Value operand, const LanePosition &position) {
  auto type = cast<RankedTensorType>(operand.getType());
  if (DenseElementsAttr constant = constantOf(kernel.lowering(), op, operand))
    if (Value lanes = constantLanes(kernel, constant, type.getElementType(),
                                    position.lanes))
      return lanes;
  Value buffer = bufferOf(operand);
  SmallVector<int64_t> merged = mergedShape(type.getShape());
  Value offset = offsetOf(merged, position);
  bool slack = hasSlack(buffer, type.getNumElements());
  if (merged.back() == shape.back())
    return loadLanes(kernel, buffer, type.getElementType(), offset,
                     position.lanes, position.valid, slack);
  Value one =
      loadLanes(kernel, buffer, type.getElementType(), offset, 1, 1, slack);
  return splatLanes(kernel, one, position.lanes);
}

Value LaneEvaluator::loadStored(Value operand, const LanePosition &position) {
  auto type = cast<RankedTensorType>(operand.getType());
  Value buffer = bufferOf(operand);
  auto lanes =
      VectorType::get({position.lanes}, getStorageType(type.getElementType()));
  return loadStorage(kernel, buffer, lanes,
                     offsetOf(mergedShape(type.getShape()), position),
                     position.valid, hasSlack(buffer, type.getNumElements()));
}

Value LaneEvaluator::loadChannels(DenseElementsAttr values, int64_t axis,
                                  const LanePosition &position) {
  int64_t rank = 0;
  for (int64_t group : groups)
    rank += group;
  SmallVector<int64_t> channels(rank, 1);
  channels[axis] = values.getNumElements();
  ShapedType type = values.getType();
  Value buffer = kernel.constant(values);
  SmallVector<int64_t> merged = mergedShape(channels);
  Value offset = offsetOf(merged, position);
  if (merged.back() == shape.back())
    return loadLanes(kernel, buffer, type.getElementType(), offset,
                     position.lanes, position.valid, true);
  Value one =
      loadLanes(kernel, buffer, type.getElementType(), offset, 1, 1, true);
  return splatLanes(kernel, one, position.lanes);
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
    Value offset = kernel.add(kernel.mul(row, shape.back()), position.column);
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
