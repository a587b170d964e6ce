// A result may take the place of an operand that nothing reads afterwards: the
// sum of a residual connection needs no memory of its own.

#include "Kernels.h"

using namespace mlir;
using namespace quantir;

/// A normalization of rows in f32, which reads a row whole before it writes it.
static bool isNorm(Operation *anchor) {
  return isa_and_present<LayerNormOp, RmsNormOp>(anchor) &&
         getElementTypeOrSelf(anchor->getResult(0).getType()).isF32();
}

/// True when a kernel computes each element of its results once, after what its
/// anchor reads at the same place.
static bool writesElementsOnce(KernelOp kernel) {
  Operation *anchor = anchorOf(kernel);
  if (!anchor)
    return !onlyLookup(kernel);
  auto conv = dyn_cast<ConvOp>(anchor);
  if (!isNorm(anchor) && !isa<MatmulOp>(anchor) &&
      (!conv || conv.isDepthwise()))
    return false;
  for (Operation &op : kernel.getBody().front().without_terminator())
    if (&op != anchor && !isa<ElementwiseInterface, ConstantOp>(op))
      return false;
  return isNorm(anchor) ||
         llvm::none_of(anchor->getOperands(), [](Value operand) {
           return operand.getDefiningOp<ElementwiseInterface>();
         });
}

/// True when `argument` is only read at the place that is written.
static bool isReadInPlace(BlockArgument argument, Operation *anchor) {
  auto type = cast<RankedTensorType>(argument.getType());
  return llvm::all_of(argument.getUses(), [&](OpOperand &use) {
    if (use.getOwner() == anchor)
      return isNorm(anchor) && use.getOperandNumber() == 0;
    auto op = dyn_cast<ElementwiseInterface>(use.getOwner());
    return op && !op.isTable(use.getOperandNumber()) &&
           cast<RankedTensorType>(op->getResult(0).getType()).getShape() ==
               type.getShape();
  });
}

/// True when the elementwise part computes `value` from `argument`.
static bool dependsOn(Value value, BlockArgument argument) {
  if (value == argument)
    return true;
  Operation *producer = value.getDefiningOp();
  return producer && isa<ElementwiseInterface>(producer) &&
         llvm::any_of(producer->getOperands(), [&](Value operand) {
           return dependsOn(operand, argument);
         });
}

/// True when `argument` is read before result `number` is written: for that
/// one, or by none of the results that are computed after it.
static bool isReadBefore(BlockArgument argument, Block &body, unsigned number) {
  OperandRange results = body.getTerminator()->getOperands();
  return dependsOn(results[number], argument) ||
         llvm::none_of(results.drop_front(number + 1),
                       [&](Value later) { return dependsOn(later, argument); });
}

/// True when no op behind `last` reads `tensor` or a reshape of it.
static bool diesAt(Value tensor, Operation *last) {
  while (auto reshape = tensor.getDefiningOp<ReshapeOp>())
    tensor = reshape.getInput();
  SmallVector<Value> names{tensor};
  while (!names.empty())
    for (Operation *user : names.pop_back_val().getUsers()) {
      if (isa<ReshapeOp>(user))
        names.push_back(user->getResult(0));
      else if (user->hasTrait<OpTrait::IsTerminator>() ||
               last->isBeforeInBlock(user))
        return false;
    }
  return true;
}

Value quantir::bufferInPlace(Lowering &lowering, KernelOp kernel,
                             unsigned number) {
  if (!writesElementsOnce(kernel))
    return {};
  Block &body = kernel.getBody().front();
  Value result = kernel.getResult(number);
  auto type = cast<RankedTensorType>(result.getType());
  Type storage = getStorageType(type.getElementType());
  SmallVector<Value> buffers;
  for (Value input : kernel.getInputs())
    buffers.push_back(lowering.buffers.lookup(input));
  for (auto [input, argument, buffer] :
       llvm::zip(kernel.getInputs(), body.getArguments(), buffers)) {
    auto own =
        buffer ? buffer.getDefiningOp<memref::AllocOp>() : memref::AllocOp();
    auto from = cast<RankedTensorType>(input.getType());
    if (!own || llvm::count(buffers, buffer) != 1 ||
        lowering.margins.contains(input) ||
        from.getShape() != type.getShape() ||
        own.getType().getElementType() != storage ||
        !hasSlack(buffer, type.getNumElements()))
      continue;
    bool taken = llvm::any_of(kernel.getResults(), [&](Value other) {
      return lowering.buffers.lookup(other) == buffer;
    });
    if (!taken && isReadBefore(argument, body, number) &&
        isReadInPlace(argument, anchorOf(kernel)) && diesAt(input, kernel))
      return buffer;
  }
  return {};
}
