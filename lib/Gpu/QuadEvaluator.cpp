#include "QuadEvaluator.h"

#include "GpuKernels.h"
#include "Quantir/ElementwiseMath.h"

using namespace mlir;
using namespace quantir;

QuadEvaluator::QuadEvaluator(GpuKernel &kernel, KernelOp op,
                             ArrayRef<int64_t> result)
    : kernel(kernel), op(op), shape(result) {}

/// Rows that end within a word cannot become one.
static bool hasGaps(Type type) {
  WordLayout layout(type);
  return !layout.isDense();
}

void QuadEvaluator::mergeDimensions() {
  if (llvm::none_of(op.getInputs().getTypes(), hasGaps) &&
      llvm::none_of(op.getResultTypes(), hasGaps))
    shape.mergeDimensions(op);
}

QuadPosition QuadEvaluator::positionOf(Value quad) {
  if (rows() == 1)
    return {kernel.index(0), kernel.mul(quad, 4)};
  return {kernel.div(quad, quadsOfRow()),
          kernel.mul(kernel.rem(quad, quadsOfRow()), 4)};
}

Value QuadEvaluator::bindingOf(Value value, int64_t width) {
  GpuLowering &lowering = kernel.lowering();
  if (DenseElementsAttr constant = constantOf(lowering.constants, op, value))
    return kernel.constant(wordsOf(constant, value.getType()), width);
  return kernel.use(lowering.bufferOf(outerValue(op, value)), width);
}

/// One lane as four.
static GpuLanes repeat(ImplicitLocOpBuilder &b, const GpuLanes &one) {
  auto four = [&](Value lane) -> Value {
    if (!lane)
      return {};
    return vector::BroadcastOp::create(b, VectorType::get({4}, lane.getType()),
                                       lane);
  };
  return {four(one.bits), four(one.high)};
}

GpuLanes QuadEvaluator::load(Value operand, const QuadPosition &position) {
  RankedTensorType type = typeOf(operand);
  Type element = type.getElementType();
  if (DenseElementsAttr constant =
          constantOf(kernel.lowering().constants, op, operand))
    if (constant.isSplat()) {
      GpuBuilder builder(kernel, 4);
      return splatOf(builder, constant, element);
    }
  SmallVector<int64_t> merged = shape.merged(type.getShape());
  int64_t bits = WordLayout(type).bits;
  Value row = shape.rowOffset(kernel, merged, position.row,
                              (merged.back() * bits + 31) / 32);
  if (shape.hasColumns(merged))
    return loadQuad(kernel, bindingOf(operand, quadWidth(columns(), bits)),
                    element, row, position.column, columns());
  return repeat(kernel.builder(), loadElement(kernel, bindingOf(operand),
                                              element, row, kernel.index(0)));
}

GpuLanes QuadEvaluator::loadChannels(DenseElementsAttr values, int64_t axis,
                                     const QuadPosition &position) {
  SmallVector<int64_t> merged =
      shape.mergedChannels(axis, values.getNumElements());
  Type element = values.getElementType();
  // One element a word, so that no row has a gap.
  SmallVector<int32_t> words = wordsOf(values, values.getType());
  Value row = shape.rowOffset(kernel, merged, position.row, merged.back());
  if (shape.hasColumns(merged))
    return loadQuad(kernel, kernel.constant(words, quadWidth(columns(), 32)),
                    element, row, position.column, columns());
  return repeat(kernel.builder(), loadElement(kernel, kernel.constant(words),
                                              element, row, kernel.index(0)));
}

FailureOr<GpuLanes> QuadEvaluator::evaluate(Operation *inner, Lanes &known,
                                            const QuadPosition &position) {
  SmallVector<GpuLanes> operands;
  for (OpOperand &use : inner->getOpOperands()) {
    if (isTable(use)) {
      operands.push_back(GpuLanes());
      continue;
    }
    FailureOr<GpuLanes> lanes = valueOf(use.get(), known, position);
    if (failed(lanes))
      return failure();
    operands.push_back(*lanes);
  }
  GpuBuilder builder(kernel, 4);
  builder.setPlace(this, inner, &position);
  FailureOr<GpuLanes> lanes = evaluateElementwise(
      builder, inner, ArrayRef<GpuBuilder::Value>(operands));
  if (succeeded(lanes))
    known[inner->getResult(0)] = *lanes;
  return lanes;
}

FailureOr<GpuLanes> QuadEvaluator::valueOf(Value value, Lanes &known,
                                           const QuadPosition &position) {
  if (auto found = known.find(value); found != known.end())
    return found->second;
  Operation *producer = value.getDefiningOp();
  if (producer && isa<ElementwiseInterface>(producer))
    return evaluate(producer, known, position);
  GpuLanes lanes = load(value, position);
  known[value] = lanes;
  return lanes;
}

FailureOr<GpuLanes>
QuadEvaluator::compute(Value value, const QuadPosition &position, Lanes known) {
  return valueOf(value, known, position);
}

LogicalResult QuadEvaluator::finish(Lanes known, const QuadPosition &position) {
  Block &body = op.getBody().front();
  for (auto [i, value] : llvm::enumerate(body.getTerminator()->getOperands())) {
    FailureOr<GpuLanes> lanes = valueOf(value, known, position);
    if (failed(lanes))
      return failure();
    Value buffer = kernel.lowering().bufferOf(op.getResult(i));
    RankedTensorType type = typeOf(value);
    int64_t bits = WordLayout(type).bits;
    Value row = kernel.mul(position.row, (columns() * bits + 31) / 32);
    storeQuad(kernel, *lanes,
              kernel.useWritten(buffer, quadWidth(columns(), bits)),
              type.getElementType(), row, position.column, columns());
  }
  return success();
}
