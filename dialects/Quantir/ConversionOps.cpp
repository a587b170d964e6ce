#include "Quantir/QuantirOps.h"

using namespace mlir;
using namespace quantir;

static quant::QuantizedType codesOf(Value value) {
  return getQuantizedElement(value.getType());
}

static LogicalResult verifyAxisSize(Operation *op, Value value) {
  quant::QuantizedType type = codesOf(value);
  std::optional<int64_t> axis = type ? getQuantizedAxis(type) : std::nullopt;
  if (!axis)
    return success();
  auto shape = cast<RankedTensorType>(value.getType()).getShape();
  if (*axis < int64_t(shape.size()) &&
      shape[*axis] == int64_t(getScales(type).size()))
    return success();
  return op->emitOpError("has ") << getScales(type).size() << " scales on axis "
                                 << *axis << " of " << value.getType();
}

LogicalResult QuantizeOp::verify() {
  quant::QuantizedType codes = codesOf(getResult());
  auto usable = [](double scale) {
    return scale >= std::numeric_limits<float>::min() &&
           scale <= std::numeric_limits<float>::max();
  };
  if ((codes.getStorageTypeIntegralWidth() != 8 && !isWideCode(codes)) ||
      !llvm::all_of(getScales(codes), usable)) // (Q1)
    return emitOpError("cannot quantize to ") << codes;
  if (getByReciprocal() && !canTakeReciprocal(codes)) // (Q2)
    return emitOpError("cannot take the reciprocal of the scale of ") << codes;
  return verifyAxisSize(*this, getResult());
}
QuantizationRole QuantizeOp::getQuantizationRole() {
  return QuantizationRole::converts;
}

LogicalResult DequantizeOp::verify() {
  quant::QuantizedType codes = codesOf(getInput());
  if (codes.getStorageTypeIntegralWidth() == 32 &&
      !isAccumulatorCode(codes)) // (D1)
    return emitOpError("reads 32-bit codes with a zero point: ") << codes;
  return verifyAxisSize(*this, getInput());
}
QuantizationRole DequantizeOp::getQuantizationRole() {
  return QuantizationRole::converts;
}

LogicalResult RequantizeOp::verify() {
  quant::QuantizedType from = codesOf(getInput()), to = codesOf(getResult());
  bool wide = getQ31();
  bool readable = isAccumulatorCode(from) || isActivationCode(from) ||
                  (wide && (isWideCode(from) || isSymmetricCode(from)));
  if (!readable || !(isActivationCode(to) || (wide && isWideCode(to)))) // (R1)
    return emitOpError("cannot requantize ") << from << " to " << to;
  auto [low, high] = getClamp();
  if (low > high || low < to.getStorageTypeMin() ||
      high > to.getStorageTypeMax()) // (R2)
    return emitOpError("clamps to [")
           << low << ", " << high << "], outside " << to;
  return verifyAxisSize(*this, getInput());
}
QuantizationRole RequantizeOp::getQuantizationRole() {
  return QuantizationRole::converts;
}

std::pair<int32_t, int32_t> RequantizeOp::getClamp() {
  quant::QuantizedType to = codesOf(getResult());
  // Attributes hold 32 signless bits.
  auto bound = [](std::optional<uint32_t> given, int64_t storage) {
    return given ? int32_t(*given) : int32_t(storage);
  };
  return {bound(getLow(), to.getStorageTypeMin()),
          bound(getHigh(), to.getStorageTypeMax())};
}

SmallVector<float> RequantizeOp::getMultipliers() {
  double out = getScales(codesOf(getResult()))[0];
  return llvm::map_to_vector(getScales(codesOf(getInput())),
                             [&](double in) { return float(in / out); });
}

FixedPoint RequantizeOp::getFixedPoint() {
  double out = getScales(codesOf(getResult()))[0];
  return fixedPoint(llvm::map_to_vector(getScales(codesOf(getInput())),
                                        [&](double in) { return in / out; }));
}

quant::QuantizedType ByteOp::typeOf(quant::QuantizedType type, bool high) {
  double scale = getScales(type)[0];
  return quant::UniformQuantizedType::get(
      0, IntegerType::get(type.getContext(), 8), type.getExpressedType(),
      high ? 256 * scale : scale, high ? 128 : 0, 0, 255);
}

LogicalResult ByteOp::verify() {
  quant::QuantizedType from = codesOf(getInput()), to = codesOf(getResult());
  if (!isWideCode(from)) // (B1)
    return emitOpError("takes bytes of ") << from;
  if (quant::QuantizedType byte = typeOf(from, getHigh()); to != byte)
    return emitOpError("gives ")
           << to << "; bytes of " << from << " are " << byte;
  return success();
}
QuantizationRole ByteOp::getQuantizationRole() {
  return QuantizationRole::converts;
}

LogicalResult LookupOp::verify() {
  auto table = cast<RankedTensorType>(getTable().getType());
  if (table.getShape() != ArrayRef<int64_t>{256} ||
      codesOf(getTable()) != codesOf(getResult()) ||
      !isActivationCode(codesOf(getInput())) ||
      !isActivationCode(codesOf(getResult()))) // (L1)
    return emitOpError("needs 8-bit codes and a table of 256 codes of the "
                       "result's type, not ")
           << table;
  return success();
}
QuantizationRole LookupOp::getQuantizationRole() {
  return QuantizationRole::converts;
}

LogicalResult InterpolateOp::verify() {
  quant::QuantizedType from = codesOf(getInput()), to = codesOf(getResult());
  if (!isWideCode(from) || !(isWideCode(to) || isActivationCode(to)) ||
      cast<ShapedType>(getInput().getType()).getShape() !=
          cast<ShapedType>(getType()).getShape()) // (I1)
    return emitOpError("cannot take ")
           << getInput().getType() << " to " << getType();
  auto table = cast<RankedTensorType>(getTable().getType());
  if (table.getShape() != ArrayRef<int64_t>{3, 64} ||
      !table.getElementType().isInteger(32)) // (I2)
    return emitOpError("needs a table of 3x64 i32, not ") << table;
  if (getFractionBits() > 30) // (I3)
    return emitOpError("has ") << getFractionBits() << " fraction bits";
  return success();
}
QuantizationRole InterpolateOp::getQuantizationRole() {
  return QuantizationRole::converts;
}

LogicalResult PiecewiseOp::verify() {
  auto from = cast<RankedTensorType>(getInput().getType());
  Type element = getElementTypeOrSelf(getType());
  if (!(element.isF32() || isActivationCode(element)) ||
      from.getShape() != cast<ShapedType>(getType()).getShape()) // (P1)
    return emitOpError("cannot take ") << from << " to " << getType();
  auto table = cast<RankedTensorType>(getTable().getType());
  if (table.getShape() != ArrayRef<int64_t>{3, kPieces}) // (P2)
    return emitOpError("needs a table of 3x16 f32, not ") << table;
  float low = getLow().convertToFloat(), high = getHigh().convertToFloat();
  float perUnit = getSegmentsPerUnit().convertToFloat();
  if (!std::isfinite(low) || !std::isfinite(high) || !(low < high) ||
      !std::isfinite(perUnit) || !(perUnit > 0)) // (P3)
    return emitOpError("has no segments from ")
           << low << " to " << high << ", " << perUnit << " a unit";
  return success();
}
QuantizationRole PiecewiseOp::getQuantizationRole() {
  return QuantizationRole::converts;
}
