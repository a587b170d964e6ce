// Choices, clamps, casts and movement.
#include "FloatOps.h"
#include "OpsOnCodes.h"
#include "quantir/Quantize/Constants.h"

using namespace mlir;
using namespace quantir;

/// `first` operands are no numbers.
template <typename Op>
static Reason convertSelection(OnCodes &on, Op op, unsigned first) {
  quant::QuantizedType type = on.codes.resultType(op.getResult());
  if (!type)
    return notCalibrated;
  SmallVector<Value> operands(op->getOperands());
  for (Value &operand : MutableArrayRef(operands).drop_front(first))
    operand = on.codes.as(operand, type);
  Operation *made = on.builder.clone(*op);
  made->setOperands(operands);
  made->getResult(0).setType(op.getType().clone(type));
  on.codes.define(op.getResult(), made->getResult(0));
  return std::nullopt;
}

Reason quantir::convert(OnCodes &on, MaxOp op) {
  return convertSelection(on, op, 0);
}
Reason quantir::convert(OnCodes &on, MinOp op) {
  return convertSelection(on, op, 0);
}
Reason quantir::convert(OnCodes &on, SelectOp op) {
  return convertSelection(on, op, 1);
}

Reason quantir::convert(OnCodes &on, CompareOp op) {
  std::optional<Extent> lhs = on.codes.extent(op.getLhs());
  std::optional<Extent> rhs = on.codes.extent(op.getRhs());
  if (!lhs || !rhs)
    return notCalibrated;
  quant::QuantizedType type =
      wideCodes(op.getContext(),
                {std::min(lhs->low, rhs->low), std::max(lhs->high, rhs->high)});
  auto made = CompareOp::create(
      on.builder, op.getLoc(), op.getType(), op.getPredicate(),
      on.codes.as(op.getLhs(), type), on.codes.as(op.getRhs(), type));
  op.getResult().replaceAllUsesWith(made.getResult());
  return std::nullopt;
}

Reason quantir::convert(OnCodes &on, CastOp op) {
  if (isFloat(op.getInput())) {
    Value input = on.codes.narrow(op.getInput());
    if (!input)
      return notCalibrated;
    auto made = CastOp::create(on.builder, op.getLoc(), op.getType(), input);
    op.getResult().replaceAllUsesWith(made.getResult());
    return std::nullopt;
  }
  quant::QuantizedType type = on.codes.resultType(op.getResult());
  if (!type)
    return notCalibrated;
  // Integers of 16 bits are their own codes.
  std::optional<Extent> extent = on.codes.extent(op.getResult());
  if (isWideCode(type) && std::max(-extent->low, extent->high) <= 32767)
    type = getSymmetricType(op.getContext(), 16, {1.0}, std::nullopt);
  auto made = CastOp::create(on.builder, op.getLoc(), op.getType().clone(type),
                             op.getInput());
  on.codes.define(op.getResult(), made.getResult());
  return std::nullopt;
}

/// max(min(x, high), low)
static Reason convertClamp(OnCodes &on, Operation *op, float low, float high) {
  quant::QuantizedType type = on.codes.resultType(op->getResult(0));
  Value input = on.codes.known(op->getOperand(0));
  if (!input)
    input = on.codes.narrow(op->getOperand(0));
  if (!type || !input)
    return notCalibrated;
  auto bound = [&](float value, int64_t storage) {
    auto code = int32_t(codeOf(value, type));
    return code == storage ? IntegerAttr() : on.builder.getI32IntegerAttr(code);
  };
  IntegerAttr least = bound(low, type.getStorageTypeMin());
  IntegerAttr most = bound(high, type.getStorageTypeMax());
  bool changes = least || most || getQuantizedElement(input.getType()) != type;
  on.codes.define(
      op->getResult(0),
      changes ? RequantizeOp::create(on.builder, op->getLoc(),
                                     tensorOf(op->getResult(0)).clone(type),
                                     input, least, most, /*q31=*/true)
              : input);
  return std::nullopt;
}

Reason quantir::convert(OnCodes &on, ReluOp op) {
  return convertClamp(on, op, 0, std::numeric_limits<float>::infinity());
}
Reason quantir::convert(OnCodes &on, ClipOp op) {
  return convertClamp(on, op, op.getLow().convertToFloat(),
                      op.getHigh().convertToFloat());
}

/// The integer below x + offset + 1/2, where `offsetOf` says the offset for a
/// step of the codes of x: a power of two, so that the sum is exact, and its
/// rounding, halves up, is the floor.
static Reason convertRounding(OnCodes &on, Operation *op,
                              function_ref<double(double)> offsetOf,
                              double stepsOff) {
  std::optional<Extent> extent = on.codes.extent(op->getOperand(0));
  if (!extent)
    return notCalibrated;
  double most = std::max({-extent->low, extent->high, 0x1p-6});
  if (most > 16383)
    return "16 bits do not hold its integers";
  double step = std::exp2(std::ceil(std::log2(most * 2 / 32768)));
  auto typeOf = [&](unsigned bits, double scale) {
    return getSymmetricType(op->getContext(), bits, {scale}, std::nullopt);
  };
  std::vector<int32_t> offset = {int32_t(offsetOf(step) / (step / 2))};
  Value added = codesConstant(on.builder, op->getLoc(),
                              RankedTensorType::get({}, typeOf(32, step / 2)),
                              rawBytes(offset));
  Value result = op->getResult(0);
  remarkCertificate(op, stepsOff, "over all codes");
  on.codes.define(
      result,
      AddOp::create(on.builder, op->getLoc(),
                    tensorOf(result).clone(typeOf(16, 1.0)),
                    on.codes.as(op->getOperand(0), typeOf(16, step)), added));
  return std::nullopt;
}

Reason quantir::convert(OnCodes &on, FloorOp op) {
  return convertRounding(on, op, [](double) { return -0.5; }, 0);
}
Reason quantir::convert(OnCodes &on, CeilOp op) {
  return convertRounding(on, op, [](double step) { return 0.5 - step; }, 0);
}
/// A half goes up, not to the even integer.
Reason quantir::convert(OnCodes &on, RoundOp op) {
  return convertRounding(on, op, [](double) { return 0.0; }, 1);
}

Reason quantir::convertMovement(OnCodes &on, Operation *op) {
  Value result = op->getResult(0);
  SmallVector<OpOperand *> moved =
      cast<QuantizationInterface>(op).getActivationOperands();
  quant::QuantizedType type;
  // Zero is a code of every type.
  auto pad = dyn_cast<PadOp>(op);
  bool padsWithNumber = pad && pad.getMode() == PadMode::constant &&
                        pad.getValue().convertToFloat() != 0;
  if (moved.size() == 1 && !padsWithNumber) {
    Value only = on.codes.narrow(moved[0]->get());
    type = only ? getQuantizedElement(only.getType()) : nullptr;
  } else {
    type = on.codes.wideTypeOf(result);
  }
  if (!type)
    return notCalibrated;
  SmallVector<Value> operands(op->getOperands());
  for (OpOperand *operand : moved)
    operands[operand->getOperandNumber()] = on.codes.as(operand->get(), type);
  Operation *made = on.builder.clone(*op);
  made->setOperands(operands);
  made->getResult(0).setType(tensorOf(result).clone(type));
  on.codes.define(result, made->getResult(0));
  return std::nullopt;
}
