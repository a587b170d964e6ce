#include "Quantir/QuantirOps.h"

using namespace mlir;
using namespace quantir;

FailureOr<SmallVector<int64_t>>
quantir::broadcastShapes(ArrayRef<int64_t> lhs, ArrayRef<int64_t> rhs) {
  if (lhs.size() < rhs.size())
    std::swap(lhs, rhs);
  SmallVector<int64_t> shape(lhs);
  size_t lead = lhs.size() - rhs.size();
  for (size_t i = 0; i < rhs.size(); ++i) {
    int64_t &dim = shape[lead + i];
    if (dim == 1)
      dim = rhs[i];
    else if (rhs[i] != 1 && rhs[i] != dim)
      return failure();
  }
  return shape;
}

/// The broadcast of all `operands` with element type `element`.
static LogicalResult inferBroadcast(std::optional<Location> location,
                                    ValueRange operands, Type element,
                                    SmallVectorImpl<Type> &types) {
  SmallVector<int64_t> shape;
  for (Value operand : operands) {
    auto type = cast<RankedTensorType>(operand.getType());
    FailureOr<SmallVector<int64_t>> wider =
        broadcastShapes(shape, type.getShape());
    if (failed(wider))
      return emitOptionalError(location, "operands do not broadcast: ", type,
                               " against ",
                               cast<RankedTensorType>(operands[0].getType()));
    shape = *wider;
  }
  types.push_back(RankedTensorType::get(shape, element));
  return success();
}

static Type elementOf(Value value) {
  return getElementTypeOrSelf(value.getType());
}

static bool sameShapes(TypeRange lhs, TypeRange rhs) {
  return llvm::equal(lhs, rhs, [](Type a, Type b) {
    return cast<ShapedType>(a).getShape() == cast<ShapedType>(b).getShape();
  });
}

/// Casts alone make short floats and read them.
static LogicalResult verifyNoShortFloat(Operation *op) {
  for (Value operand : op->getOperands())
    if (isShortFloat(elementOf(operand)))
      return op->emitOpError("does not compute on ")
             << elementOf(operand) << "; cast it to f32";
  return success();
}

static LogicalResult verifyOneElementType(Operation *op) {
  Type result = elementOf(op->getResult(0));
  for (Value operand : op->getOperands())
    if (elementOf(operand) != result)
      return op->emitOpError("mixes ")
             << elementOf(operand) << " with " << result;
  if (isa<quant::QuantizedType>(result))
    return op->emitOpError("does not compute on codes; dequantize first");
  return verifyNoShortFloat(op);
}

/// What adds and compares: all but i1.
static LogicalResult verifyNumbers(Operation *op) {
  if (failed(verifyOneElementType(op)))
    return failure();
  if (elementOf(op->getResult(0)).isInteger(1))
    return op->emitOpError("does not compute on i1");
  return success();
}

static bool isReadableCode(Type element) {
  return isWideCode(element) || isActivationCode(element) ||
         (isAccumulatorCode(element) &&
          isa<quant::UniformQuantizedType>(element));
}

/// Accumulators of convolutions and products by weights.
static bool isReadablePerAxis(Operation *op, Value operand) {
  return isa<AddOp, SubOp>(op) && isAccumulatorCode(elementOf(operand)) &&
         cast<ShapedType>(operand.getType()).getShape() ==
             cast<ShapedType>(op->getResult(0).getType()).getShape();
}

/// What computes on codes as well: each operand has a scale of its own.
static LogicalResult verifyNumbersOrCodes(Operation *op) {
  Type result = elementOf(op->getResult(0));
  if (!isa<quant::QuantizedType>(result))
    return verifyNumbers(op);
  bool known = isWideCode(result) || isActivationCode(result);
  for (Value operand : op->getOperands())
    known &= isReadableCode(elementOf(operand)) || // (N1)
             isReadablePerAxis(op, operand);       // (N2)
  if (known)
    return success();
  return op->emitOpError("does not compute ")
         << result << " from " << op->getOperandTypes();
}

/// What selects one of its operands: codes of one type as well.
static LogicalResult verifySelection(Operation *op) {
  Type result = elementOf(op->getResult(0));
  bool codes = isWideCode(result) || isActivationCode(result);
  if (codes && llvm::all_of(op->getOperands(), [&](Value operand) {
        return elementOf(operand) == result;
      }))
    return success();
  return verifyNumbers(op);
}

/// What works on bits: all but f32.
static LogicalResult verifyBits(Operation *op) {
  if (failed(verifyOneElementType(op)))
    return failure();
  if (elementOf(op->getResult(0)).isF32())
    return op->emitOpError("does not compute on f32");
  return success();
}

#define QUANTIR_UNARY(OP, ROLE)                                                \
  LogicalResult OP::inferReturnTypes(MLIRContext *, std::optional<Location>,   \
                                     Adaptor adaptor,                          \
                                     SmallVectorImpl<Type> &types) {           \
    types.push_back(adaptor.getInput().getType());                             \
    return success();                                                          \
  }                                                                            \
  bool OP::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {             \
    return sameShapes(lhs, rhs);                                               \
  }                                                                            \
  QuantizationRole OP::getQuantizationRole() { return QuantizationRole::ROLE; }

#define QUANTIR_BINARY(OP, VERIFY)                                             \
  LogicalResult OP::inferReturnTypes(                                          \
      MLIRContext *, std::optional<Location> location, Adaptor adaptor,        \
      SmallVectorImpl<Type> &types) {                                          \
    return inferBroadcast(location, adaptor.getOperands(),                     \
                          elementOf(adaptor.getLhs()), types);                 \
  }                                                                            \
  bool OP::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {             \
    return sameShapes(lhs, rhs);                                               \
  }                                                                            \
  LogicalResult OP::verify() { return VERIFY(*this); }                         \
  QuantizationRole OP::getQuantizationRole() {                                 \
    return QuantizationRole::float_only;                                       \
  }

QUANTIR_BINARY(AddOp, verifyNumbersOrCodes)
QUANTIR_BINARY(SubOp, verifyNumbersOrCodes)
QUANTIR_BINARY(MulOp, verifyNumbersOrCodes)
QUANTIR_BINARY(DivOp, verifyNumbers)
QUANTIR_BINARY(MaxOp, verifySelection)
QUANTIR_BINARY(MinOp, verifySelection)
QUANTIR_BINARY(AndOp, verifyBits)
QUANTIR_BINARY(OrOp, verifyBits)

QUANTIR_UNARY(NegOp, float_only)
QUANTIR_UNARY(AbsOp, float_only)
QUANTIR_UNARY(FloorOp, float_only)
QUANTIR_UNARY(CeilOp, float_only)
QUANTIR_UNARY(RoundOp, float_only)
QUANTIR_UNARY(SqrtOp, float_only)
QUANTIR_UNARY(ReciprocalOp, float_only)
QUANTIR_UNARY(ExpOp, float_only)
QUANTIR_UNARY(LogOp, float_only)
QUANTIR_UNARY(ErfOp, float_only)
QUANTIR_UNARY(TanhOp, float_only)
QUANTIR_UNARY(SigmoidOp, float_only)
QUANTIR_UNARY(SiluOp, float_only)
QUANTIR_UNARY(SoftplusOp, float_only)
QUANTIR_UNARY(ReluOp, float_only)
QUANTIR_UNARY(HardSwishOp, float_only)
QUANTIR_UNARY(NotOp, float_only)
QUANTIR_UNARY(GeluOp, float_only)
QUANTIR_UNARY(ClipOp, float_only)
QUANTIR_UNARY(LeakyReluOp, float_only)
QUANTIR_UNARY(HardSigmoidOp, float_only)
QUANTIR_UNARY(CastOp, converts)

LogicalResult NegOp::verify() { return verifyNumbers(*this); }
LogicalResult AbsOp::verify() { return verifyNumbers(*this); }
LogicalResult ReluOp::verify() { return verifyNumbers(*this); }
LogicalResult NotOp::verify() { return verifyBits(*this); }

LogicalResult CastOp::verify() {
  Type from = elementOf(getInput()), to = elementOf(getResult());
  auto isCode = [](Type element) { // (C1)
    if (!isActivationCode(element) && !isWideCode(element))
      return false;
    double scale = getScales(cast<quant::QuantizedType>(element))[0];
    return scale < 0x1p31 && double(float(scale)) == scale;
  };
  if ((isa<IntegerType>(from) && isCode(to)) ||
      (isCode(from) && isa<IntegerType>(to)))
    return success();
  for (Type element : {from, to})
    if (isa<quant::QuantizedType>(element))
      return emitOpError("does not cast ")
             << element << "; quantize or dequantize";
  if ((isShortFloat(from) && !to.isF32()) ||
      (isShortFloat(to) && !from.isF32())) // (C2)
    return emitOpError("casts ")
           << from << " to " << to << "; cast to f32 first";
  return success();
}

/// 16 or 32 bits, one scale, zero point 0.
static bool isWideTensorCode(Type type) {
  return isWideCode(type) ||
         (isAccumulatorCode(type) && isa<quant::UniformQuantizedType>(type));
}

LogicalResult SqrtOp::verify() {
  Type from = elementOf(getInput()), to = elementOf(getResult());
  if (from.isF32() && to.isF32())
    return success();
  if (isWideTensorCode(from) && (isWideCode(to) || isActivationCode(to)))
    return success();
  return emitOpError("does not compute ") << to << " from " << from;
}

LogicalResult ReciprocalOp::verify() {
  Type from = elementOf(getInput()), to = elementOf(getResult());
  if (!isa<quant::QuantizedType>(from) && !isa<quant::QuantizedType>(to))
    return verifyNoShortFloat(*this);
  auto isTensor = [](Type type) {
    return isWideCode(type) ||
           (isAccumulatorCode(type) && isa<quant::UniformQuantizedType>(type));
  };
  if (!isTensor(from) || !isAccumulatorCode(to) || !isTensor(to))
    return emitOpError("does not compute ") << to << " from " << from;
  return success();
}

LogicalResult ClipOp::verify() {
  float low = getLow().convertToFloat(), high = getHigh().convertToFloat();
  if (!(low <= high)) // (C1), also refuses NaN
    return emitOpError("has low ") << low << " above high " << high;
  return success();
}

LogicalResult CompareOp::inferReturnTypes(MLIRContext *context,
                                          std::optional<Location> location,
                                          Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  return inferBroadcast(location, adaptor.getOperands(),
                        IntegerType::get(context, 1), types);
}

bool CompareOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {
  return sameShapes(lhs, rhs);
}

LogicalResult CompareOp::verify() {
  if (elementOf(getLhs()) != elementOf(getRhs()))
    return emitOpError("compares ")
           << elementOf(getLhs()) << " with " << elementOf(getRhs());
  return verifyNoShortFloat(*this);
}

QuantizationRole CompareOp::getQuantizationRole() {
  return QuantizationRole::float_only;
}

LogicalResult SelectOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  return inferBroadcast(location, adaptor.getOperands(),
                        elementOf(adaptor.getLhs()), types);
}

bool SelectOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {
  return sameShapes(lhs, rhs);
}

LogicalResult SelectOp::verify() {
  Type result = elementOf(getResult());
  if (elementOf(getLhs()) != result || elementOf(getRhs()) != result)
    return emitOpError("chooses between ")
           << elementOf(getLhs()) << " and " << elementOf(getRhs())
           << " for a result of " << result;
  return verifyNoShortFloat(*this);
}

QuantizationRole SelectOp::getQuantizationRole() {
  return QuantizationRole::float_only;
}
