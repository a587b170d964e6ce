// A result may take the place of an operand that nothing reads afterwards: the
// sum of a residual connection needs no memory of its own.

#include "Kernels.h"

using namespace mlir;
using namespace quantir;

/// True when a kernel computes each element of its results once, from operands
/// at the same place, the anchor's own apart.
static bool writesElementsOnce(KernelOp kernel) {
  Operation *anchor = anchorOf(kernel);
  if (!anchor)
    return !onlyLookup(kernel);
  auto conv = dyn_cast<ConvOp>(anchor);
  if (!isa<MatmulOp>(anchor) && (!conv || conv.isDepthwise()))
    return false;
  for (Operation &op : kernel.getBody().front().without_terminator())
    if (&op != anchor && !isa<ElementwiseInterface, ConstantOp>(op))
      return false;
  return llvm::none_of(anchor->getOperands(), [](Value operand) {
    return operand.getDefiningOp<ElementwiseInterface>();
  });
}

/// True when elementwise ops alone read `argument`, at their own place.
static bool isReadInPlace(BlockArgument argument, Operation *anchor) {
  auto type = cast<RankedTensorType>(argument.getType());
  return llvm::all_of(argument.getUses(), [&](OpOperand &use) {
    auto op = dyn_cast<ElementwiseInterface>(use.getOwner());
    return op && use.getOwner() != anchor &&
           !op.isTable(use.getOperandNumber()) &&
           cast<RankedTensorType>(op->getResult(0).getType()).getShape() ==
               type.getShape();
  });
}

/// True when `value` is computed from `argument`, which is thus read before any
/// element of `value` is written.
static bool dependsOn(Value value, BlockArgument argument) {
  if (value == argument)
    return true;
  Operation *producer = value.getDefiningOp();
  return producer && isa<ElementwiseInterface>(producer) &&
         llvm::any_of(producer->getOperands(), [&](Value operand) {
           return dependsOn(operand, argument);
         });
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
  Value yielded = body.getTerminator()->getOperand(number);
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
    if (!taken && dependsOn(yielded, argument) &&
        isReadInPlace(argument, anchorOf(kernel)) && diesAt(input, kernel))
      return buffer;
  }
  return {};
}
