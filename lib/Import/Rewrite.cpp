#include "Rewrite.h"

#include "mlir/IR/PatternMatch.h"
#include "quantir/Interpret/Interpreter.h"

using namespace mlir;
using namespace quantir;

DenseElementsAttr quantir::constantOf(Value value) {
  DenseElementsAttr elements;
  if (value)
    matchPattern(value, m_Constant(&elements));
  return elements;
}

/// Erases an op that a pattern driver may already know.
static void erase(OpBuilder &builder, Operation *op) {
  if (auto *listener =
          dyn_cast_if_present<RewriterBase::Listener>(builder.getListener()))
    listener->notifyOperationErased(op);
  op->erase();
}

static int64_t bytesOf(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  int64_t bits =
      getStorageType(tensor.getElementType()).getIntOrFloatBitWidth();
  return tensor.getNumElements() * (bits / 8);
}

/// True when the folded result takes at most 16 MiB, or no more than the
/// elements that the file itself holds for it: doubling a constant again and
/// again must not fill the memory.
static bool isWorthFolding(Operation *op) {
  llvm::SmallDenseSet<Value> seen;
  int64_t most = int64_t(16) << 20, given = 0;
  for (Value operand : op->getOperands()) {
    DenseElementsAttr elements = constantOf(operand);
    if (!elements)
      return false;
    if (!elements.isSplat() && seen.insert(operand).second)
      given += bytesOf(operand.getType());
  }
  return bytesOf(op->getResult(0).getType()) <= std::max(most, given);
}

Value quantir::foldOp(OpBuilder &builder, Operation *op) {
  if (op->getNumOperands() == 0 || !isWorthFolding(op))
    return op->getResult(0);
  FailureOr<DenseElementsAttr> value = foldToConstant(op);
  if (failed(value))
    return op->getResult(0);
  Value constant = ConstantOp::create(builder, op->getLoc(),
                                      op->getResult(0).getType(), *value);
  erase(builder, op);
  return constant;
}

Value quantir::buildReshape(OpBuilder &builder, Location location, Value value,
                            ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getShape() == shape)
    return value;
  return foldOp(builder,
                ReshapeOp::create(builder, location, type.clone(shape), value));
}

bool quantir::movesOnlyOnes(ArrayRef<int64_t> shape,
                            ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> moving;
  llvm::copy_if(permutation, std::back_inserter(moving),
                [&](int64_t dim) { return shape[dim] != 1; });
  return llvm::is_sorted(moving);
}

Value quantir::buildTranspose(OpBuilder &builder, Location location,
                              Value value, ArrayRef<int64_t> permutation) {
  if (llvm::is_sorted(permutation))
    return value;
  auto shape = cast<RankedTensorType>(value.getType()).getShape();
  if (movesOnlyOnes(shape, permutation))
    return buildReshape(
        builder, location, value,
        llvm::map_to_vector(permutation, [&](int64_t d) { return shape[d]; }));
  return build<TransposeOp>(
      builder, location, value,
      builder.getNamedAttr("permutation",
                           builder.getDenseI64ArrayAttr(permutation)));
}
