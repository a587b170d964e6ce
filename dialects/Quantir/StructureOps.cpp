#include "Quantir/QuantirOps.h"

using namespace mlir;
using namespace quantir;

LogicalResult ConstantOp::verify() {
  auto value = cast<ShapedType>(getValue().getType());
  auto result = cast<RankedTensorType>(getType());
  Type element = result.getElementType();
  Type expected =
      isa<quant::QuantizedType>(element) ? getStorageType(element) : element;
  if (value.getShape() != result.getShape() ||
      value.getElementType() != expected) // (C1)
    return emitOpError("holds ") << value << " for " << result;
  return success();
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

void ConstantOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getResult(), "c");
}

QuantizationRole ObserveOp::getQuantizationRole() {
  return QuantizationRole::float_only;
}

LogicalResult KernelOp::verify() {
  Block &body = getBody().front();
  if (body.getArgumentTypes() != getInputs().getTypes()) // (K1)
    return emitOpError("has a body whose arguments are not the operands");
  if (body.getTerminator()->getOperandTypes() != getResultTypes())
    return emitOpError("yields other types than its results");
  return success();
}

LogicalResult DispatchOp::verify() {
  if (getGroups().size() != 3 ||
      llvm::any_of(getGroups(), [](int64_t n) { return n < 1; })) // (D1)
    return emitOpError("needs three numbers of groups, each at least 1");
  if (getWritten().size() != getArguments().size())
    return emitOpError("has ") << getArguments().size() << " arguments but "
                               << getWritten().size() << " entries of written";
  return success();
}
