#include "quantir/Interpret/Interpreter.h"

#include "Evaluators.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantir;

using Results = FailureOr<SmallVector<Tensor>>;

static LogicalResult compute(Operation *op, Operands operands, Tensor &result) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<ElementwiseInterface>(
          [&](auto op) { return evaluateLanes(op, operands, result); })
      .Case<ConvOp, MatmulOp, ReduceOp, MaxPoolOp, AvgPoolOp, SoftmaxOp,
            LayerNormOp, RmsNormOp, TransposeOp, SliceOp, ConcatOp, PadOp,
            GatherOp, ExpandOp, ResizeOp>(
          [&](auto op) { return evaluate(op, operands, result); })
      .Default([](Operation *op) {
        return op->emitOpError("is no computation that can be interpreted");
      });
}

/// The one result of an op that computes.
static Results evaluateComputation(Operation *op, Operands operands) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (!byteSize(type))
    return op->emitOpError("has a result too large to compute: ") << type;
  Tensor result(type);
  if (failed(compute(op, operands, result)))
    return failure();
  return SmallVector<Tensor>{result};
}

/// The operands of the terminator of `block` when its arguments are `inputs`.
static Results runBlock(Block &block, Operands inputs, Observer observe) {
  DenseMap<Value, Tensor> values;
  DenseMap<Value, int64_t> usesLeft;
  auto define = [&](Value value, const Tensor &tensor) {
    if (value.use_empty())
      return;
    values[value] = tensor;
    usesLeft[value] = std::distance(value.use_begin(), value.use_end());
  };
  auto read = [&](ValueRange operands) {
    SmallVector<Tensor> tensors;
    for (Value operand : operands) {
      tensors.push_back(values.lookup(operand));
      if (--usesLeft[operand] == 0)
        values.erase(operand);
    }
    return tensors;
  };
  for (auto [argument, tensor] : llvm::zip_equal(block.getArguments(), inputs))
    define(argument, tensor);
  for (Operation &op : block.without_terminator()) {
    Results results = evaluate(&op, read(op.getOperands()), observe);
    if (failed(results))
      return failure();
    for (auto [value, tensor] : llvm::zip_equal(op.getResults(), *results))
      define(value, tensor);
  }
  return read(block.getTerminator()->getOperands());
}

Results quantir::evaluate(Operation *op, Operands operands, Observer observe) {
  if (auto constant = dyn_cast<ConstantOp>(op)) {
    FailureOr<Tensor> value = Tensor::fromAttribute(
        constant.getValue(), cast<RankedTensorType>(constant.getType()));
    if (failed(value))
      return op->emitOpError("holds elements that cannot be read");
    return SmallVector<Tensor>{*value};
  }
  if (auto reshape = dyn_cast<ReshapeOp>(op))
    return SmallVector<Tensor>{
        operands[0].withType(cast<RankedTensorType>(reshape.getType()))};
  if (auto kernel = dyn_cast<KernelOp>(op))
    return runBlock(kernel.getBody().front(), operands, observe);
  if (auto observed = dyn_cast<ObserveOp>(op)) {
    if (observe)
      observe(int64_t(observed.getIndex()), operands[0]);
    return SmallVector<Tensor>{};
  }
  if (op->getNumResults() != 1 || !isQuantirTensor(op->getResult(0).getType()))
    return op->emitOpError("is no computation that can be interpreted");
  return evaluateComputation(op, operands);
}

Results quantir::run(func::FuncOp function, Operands inputs, Observer observe) {
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitOpError("is not one block of operations");
  auto types = llvm::map_to_vector(
      inputs, [](const Tensor &input) -> Type { return input.getType(); });
  if (TypeRange(types) != TypeRange(function.getArgumentTypes()))
    return function.emitOpError("is given inputs of other types: ") << types;
  return runBlock(function.getBody().front(), inputs, observe);
}

FailureOr<DenseElementsAttr> quantir::foldToConstant(Operation *op) {
  constexpr int64_t always = 16 << 20;
  if (op->getNumResults() != 1 || op->getNumRegions() != 0 ||
      op->getNumOperands() == 0 || !isPure(op))
    return failure();
  SmallVector<Tensor> operands;
  int64_t operandBytes = 0;
  for (Value operand : op->getOperands()) {
    auto constant = operand.getDefiningOp<ConstantOp>();
    if (!constant)
      return failure();
    Results value = evaluate(constant, {});
    if (failed(value))
      return failure();
    operandBytes += *byteSize(value->front().getType());
    operands.push_back(value->front());
  }
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  std::optional<int64_t> bytes = type ? byteSize(type) : std::nullopt;
  if (!bytes || *bytes > std::max(always, operandBytes))
    return failure();
  Results result = evaluate(op, operands);
  if (failed(result))
    return failure();
  return result->front().toAttribute();
}
