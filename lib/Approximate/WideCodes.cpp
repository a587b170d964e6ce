#include "WideCodes.h"

#include "quantir/Quantize/Constants.h"
#include "quantir/Quantize/WeightCodes.h"

using namespace mlir;
using namespace quantir;

/// e^-24 is nothing beside 1 in 16 bits.
static constexpr double negligible = 24;

//===-- Extents -----------------------------------------------------------===//

/// Of the finite elements.
static Extent extentOfConstant(const FloatElements &data) {
  Extent extent{0, 0};
  for (size_t i = 0; i < data.size(); ++i)
    if (std::isfinite(data[i]))
      extent = {std::min<double>(extent.low, data[i]),
                std::max<double>(extent.high, data[i])};
  return extent;
}

static std::optional<Extent> extentOfCodes(quant::QuantizedType type) {
  if (type.getStorageTypeIntegralWidth() == 32)
    return std::nullopt;
  double scale = *llvm::max_element(getScales(type));
  auto zero = double(getZeroPoints(type)[0]);
  return Extent{(double(type.getStorageTypeMin()) - zero) * scale,
                (double(type.getStorageTypeMax()) - zero) * scale};
}

/// What interval arithmetic says, for the ops that passes add.
std::optional<Extent> WideCodes::extentByMeaning(Value value) {
  if (std::optional<FloatElements> data = constantFloats(value))
    return extentOfConstant(*data);
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (auto dequantize = dyn_cast<DequantizeOp>(op)) {
    if (std::optional<Extent> seen = extentOf(dequantize.getInput()))
      return seen;
    return extentOfCodes(getQuantizedElement(dequantize.getInput().getType()));
  }
  if (isa<ReshapeOp, TransposeOp, SliceOp, GatherOp, ExpandOp>(op))
    return extent(op->getOperand(0));
  if (!isa<AddOp, SubOp, MulOp>(op))
    return std::nullopt;
  std::optional<Extent> a = extent(op->getOperand(0));
  std::optional<Extent> b = extent(op->getOperand(1));
  if (!a || !b)
    return std::nullopt;
  if (isa<AddOp>(op))
    return Extent{a->low + b->low, a->high + b->high};
  if (isa<SubOp>(op))
    return Extent{a->low - b->high, a->high - b->low};
  auto [low, high] = std::minmax(
      {a->low * b->low, a->low * b->high, a->high * b->low, a->high * b->high});
  return Extent{low, high};
}

/// Masks push scores far down, and only a softmax reads them: what lies below
/// every score that is not masked by more than 24 is nothing to it, and must
/// not cost the scores their precision.
std::optional<Extent> WideCodes::extentBeforeSoftmax(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !isa<AddOp, SelectOp>(op) ||
      !llvm::all_of(value.getUsers(),
                    [](Operation *user) { return isa<SoftmaxOp>(user); }))
    return std::nullopt;
  std::optional<Extent> whole = extentOf(value);
  std::optional<Extent> scores;
  for (Value operand : op->getOperands().take_back(2))
    if (std::optional<Extent> each = extent(operand);
        each && (!scores || each->low > scores->low) &&
        !operand.getDefiningOp<ConstantOp>())
      scores = each;
  if (!whole || !scores)
    return std::nullopt;
  double high = std::max(whole->high, scores->low);
  return Extent{std::max(whole->low, std::min(scores->low, high) - negligible),
                high};
}

std::optional<Extent> WideCodes::extent(Value value) {
  if (std::optional<Extent> scores = extentBeforeSoftmax(value))
    return scores;
  if (std::optional<Extent> seen = extentOf(value))
    return seen;
  return extentByMeaning(value);
}

//===-- Types -------------------------------------------------------------===//

quant::QuantizedType WideCodes::wideTypeOf(Value value) {
  std::optional<Extent> known = extent(value);
  return known ? wideCodes(builder.getContext(), *known)
               : quant::QuantizedType();
}

quant::QuantizedType WideCodes::resultType(Value value) {
  quant::QuantizedType common;
  for (Operation *user : value.getUsers()) {
    auto quantize = dyn_cast<QuantizeOp>(user);
    quant::QuantizedType type =
        quantize ? getQuantizedElement(quantize.getType()) : nullptr;
    if (!type || !isActivationCode(type) || (common && common != type))
      return wideTypeOf(value);
    common = type;
  }
  return common ? common : wideTypeOf(value);
}

//===-- Conversions -------------------------------------------------------===//

Value WideCodes::rescaled(Value codes, quant::QuantizedType type) {
  if (getQuantizedElement(codes.getType()) == type)
    return codes;
  Value &made = converted[{codes, type}];
  if (!made)
    made = RequantizeOp::create(builder, codes.getLoc(),
                                tensorOf(codes).clone(type), codes,
                                IntegerAttr(), IntegerAttr(), /*q31=*/true);
  return made;
}

/// A constant as codes; what is not finite saturates.
static Value constantCodes(OpBuilder &builder, Value value,
                           const FloatElements &data,
                           quant::QuantizedType type) {
  auto tensor = tensorOf(value).clone(type);
  auto make = [&](auto zeroCode) {
    std::vector<decltype(zeroCode)> codes;
    for (size_t i = 0; i < data.size(); ++i)
      codes.push_back(decltype(zeroCode)(codeOf(data[i], type)));
    return codesConstant(builder, value.getLoc(), tensor, rawBytes(codes));
  };
  switch (type.getStorageTypeIntegralWidth()) {
  case 8:
    return make(int8_t());
  case 16:
    return make(int16_t());
  default:
    return make(int32_t());
  }
}

Value WideCodes::factor(Value value) {
  std::optional<FloatElements> data = constantFloats(value);
  if (!data)
    return narrow(value);
  Extent extent = extentOfConstant(*data);
  double most = std::max(std::fabs(extent.low), std::fabs(extent.high));
  if (most == 0)
    return narrow(value);
  return as(value, getSymmetricType(builder.getContext(), 32, {most / 0x1p30},
                                    std::nullopt));
}

Value WideCodes::as(Value value, quant::QuantizedType type) {
  if (Value codes = known(value))
    return rescaled(codes, type);
  Value &made = converted[{value, type}];
  if (made)
    return made;
  if (std::optional<FloatElements> data = constantFloats(value))
    made = constantCodes(builder, value, *data, type);
  else
    made = QuantizeOp::create(builder, value.getLoc(),
                              tensorOf(value).clone(type), value);
  return made;
}

Value WideCodes::wide(Value value) {
  if (Value codes = known(value);
      codes && isWideCode(tensorOf(codes).getElementType()))
    return codes;
  quant::QuantizedType type = wideTypeOf(value);
  return type ? as(value, type) : Value();
}

Value WideCodes::narrow(Value value) {
  if (Value codes = known(value))
    if (Type element = tensorOf(codes).getElementType();
        isWideCode(element) || isActivationCode(element))
      return codes;
  return wide(value);
}

Value WideCodes::real(Value value) {
  Value codes = known(value);
  if (!codes)
    return value;
  // Where it is a dequantize already.
  if (auto dequantize = value.getDefiningOp<DequantizeOp>();
      dequantize && dequantize.getInput() == codes)
    return value;
  Value &made = reals[value];
  if (!made)
    made =
        DequantizeOp::create(builder, value.getLoc(), value.getType(), codes);
  return made;
}
