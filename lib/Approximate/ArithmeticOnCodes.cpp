// Sums, products, quotients and roots.
#include "OpsOnCodes.h"
#include "quantir/Quantize/WeightCodes.h"

using namespace mlir;
using namespace quantir;

/// The codes of an accumulator, perhaps of a scale for each channel, or null.
static Value knownAccumulator(OnCodes &on, Value real) {
  Value known = on.codes.known(real);
  return known && isAccumulatorCode(tensorOf(known).getElementType()) ? known
                                                                      : Value();
}

/// What only clamps read saturates where their result does.
static Value behindClamps(Value value) {
  while (value.hasOneUse() && isa<ReluOp, ClipOp>(*value.user_begin()))
    value = value.user_begin()->getResult(0);
  return value;
}

/// Two accumulators, such as those of the products by the bytes of one tensor,
/// are added as they are: one rounding.
static bool addAccumulators(OnCodes &on, AddOp op) {
  Value lhs = knownAccumulator(on, op.getLhs());
  Value rhs = knownAccumulator(on, op.getRhs());
  if (!lhs || !rhs || op.getLhs().getType() != op.getType() ||
      op.getRhs().getType() != op.getType())
    return false;
  quant::QuantizedType type = on.codes.resultType(behindClamps(op.getResult()));
  if (!type)
    return false;
  on.codes.define(op.getResult(),
                  AddOp::create(on.builder, op.getLoc(),
                                op.getType().clone(type), lhs, rhs));
  return true;
}

template <typename Op> static Reason convertBinary(OnCodes &on, Op op) {
  quant::QuantizedType type = on.codes.resultType(op.getResult());
  auto take = [&](Value operand) {
    return isa<MulOp>(op) ? on.codes.factor(operand) : on.codes.narrow(operand);
  };
  Value lhs = take(op.getLhs()), rhs = take(op.getRhs());
  if (!type || !lhs || !rhs)
    return notCalibrated;
  on.codes.define(
      op.getResult(),
      Op::create(on.builder, op.getLoc(), op.getType().clone(type), lhs, rhs));
  return std::nullopt;
}

/// A positive number times an accumulator that nothing else reads is the
/// accumulator with another scale.
static bool rescaleAccumulator(OnCodes &on, MulOp op, Value accumulator,
                               Value number) {
  std::optional<FloatElements> data = constantFloats(number);
  auto dequantize = accumulator.getDefiningOp<DequantizeOp>();
  if (!data || tensorOf(number).getNumElements() != 1 || !dequantize ||
      tensorOf(accumulator) != op.getType() || !accumulator.hasOneUse() ||
      !dequantize.getInput().hasOneUse())
    return false;
  auto product = dequantize.getInput().getDefiningOp<MatmulOp>();
  auto type = dyn_cast<quant::UniformQuantizedType>(
      tensorOf(dequantize.getInput()).getElementType());
  double factor = (*data)[0];
  if (!product || product.getBias() || !type || !(factor > 0) ||
      !std::isfinite(factor))
    return false;
  product.getResult().setType(product.getType().clone(getSymmetricType(
      op.getContext(), 32, {type.getScale() * factor}, std::nullopt)));
  on.codes.define(op.getResult(), product.getResult());
  return true;
}

/// 1 / y that a product alone reads.
static DivOp deferredQuotient(Value value) {
  auto quotient = value.getDefiningOp<DivOp>();
  std::optional<FloatElements> one =
      quotient ? constantFloats(quotient.getLhs()) : std::nullopt;
  bool isOne = one && one->size() > 0 && (*one)[0] == 1.0f &&
               tensorOf(quotient.getLhs()).getNumElements() == 1;
  return isOne && value.hasOneUse() && isa<MulOp>(*value.user_begin())
             ? quotient
             : DivOp();
}

/// The code of 1, the largest exponential of each row, where `sum` adds up
/// the codes of exponentials.
static std::optional<double> codeOfLargestExponential(Value sum) {
  auto reduce = sum.getDefiningOp<ReduceOp>();
  if (!reduce)
    return std::nullopt;
  Operation *made = reduce.getInput().getDefiningOp();
  if (auto quantize = dyn_cast_or_null<QuantizeOp>(made))
    made = quantize.getInput().getDefiningOp();
  auto softmax = dyn_cast_or_null<SoftmaxOp>(made);
  if (!softmax || !softmax.getUnnormalized())
    return std::nullopt;
  double step = getScales(getQuantizedElement(reduce.getInput().getType()))[0];
  return std::floor(1 / step);
}

/// The smallest code above zero that `divisor` is expected to have.
static double leastCode(OnCodes &on, Value real, Value divisor) {
  if (std::optional<double> one = codeOfLargestExponential(divisor))
    return *one;
  std::optional<Extent> extent = on.codes.extent(real);
  double scale = getScales(getQuantizedElement(divisor.getType()))[0];
  return extent ? std::max(1.0, std::floor(extent->low / scale)) : 1.0;
}

static bool isTensorAccumulator(Value value) {
  Type element = tensorOf(value).getElementType();
  return isa<quant::UniformQuantizedType>(element) &&
         isAccumulatorCode(element);
}

/// An accumulator of one scale as it is, else 16-bit codes; null when the
/// extent is unknown.
static Value atLeastWide(OnCodes &on, Value real) {
  Value known = on.codes.known(real);
  return known && isTensorAccumulator(known) ? known : on.codes.wide(real);
}

static Value reciprocal(OnCodes &on, Location location, Value divisor,
                        double scale) {
  auto type = tensorOf(divisor).clone(
      getSymmetricType(on.builder.getContext(), 32, {scale}, std::nullopt));
  return ReciprocalOp::create(on.builder, location, type, divisor);
}

/// The scale of reciprocals of `codes` whose largest takes 30 bits.
static double reciprocalScale(OnCodes &on, Value real, Value codes) {
  double step = getScales(getQuantizedElement(codes.getType()))[0];
  return 1 / (leastCode(on, real, codes) * step * 0x1p30);
}

static Reason convertQuotient(OnCodes &on, Value result, Value dividend,
                              Value divisor) {
  quant::QuantizedType type = on.codes.resultType(result);
  Value below = atLeastWide(on, divisor);
  Value above = on.codes.known(dividend);
  if (!above || !isTensorAccumulator(above))
    above = on.codes.narrow(dividend);
  if (!type || !below || !above)
    return notCalibrated;
  double scale = reciprocalScale(on, divisor, below);
  if (isTensorAccumulator(above)) {
    // The product of two 32-bit codes has no bits left for a multiplier.
    double ratio =
        getScales(type)[0] / getScales(getQuantizedElement(above.getType()))[0];
    scale = std::ldexp(ratio, -int(std::floor(std::log2(ratio / scale))));
  }
  Location location = result.getLoc();
  on.codes.define(
      result, MulOp::create(on.builder, location, tensorOf(result).clone(type),
                            above, reciprocal(on, location, below, scale)));
  return std::nullopt;
}

Reason quantir::convert(OnCodes &on, AddOp op) {
  return addAccumulators(on, op) ? std::nullopt : convertBinary(on, op);
}
Reason quantir::convert(OnCodes &on, SubOp op) { return convertBinary(on, op); }

Reason quantir::convert(OnCodes &on, MulOp op) {
  for (auto [one, other] : {std::pair(op.getLhs(), op.getRhs()),
                            std::pair(op.getRhs(), op.getLhs())}) {
    if (rescaleAccumulator(on, op, one, other))
      return std::nullopt;
    if (auto quotient = deferredQuotient(other))
      return convertQuotient(on, op.getResult(), one, quotient.getRhs());
  }
  return convertBinary(on, op);
}

Reason quantir::convert(OnCodes &on, DivOp op) {
  return convertQuotient(on, op.getResult(), op.getLhs(), op.getRhs());
}

bool quantir::isDeferredQuotient(Operation *op) {
  return isa<DivOp>(op) && deferredQuotient(op->getResult(0));
}

Reason quantir::convert(OnCodes &on, ReciprocalOp op) {
  Value input = atLeastWide(on, op.getInput());
  if (!input)
    return notCalibrated;
  on.codes.define(op.getResult(),
                  reciprocal(on, op.getLoc(), input,
                             reciprocalScale(on, op.getInput(), input)));
  return std::nullopt;
}

Reason quantir::convert(OnCodes &on, SqrtOp op) {
  quant::QuantizedType type = on.codes.resultType(op.getResult());
  Value input = atLeastWide(on, op.getInput());
  if (!type || !input)
    return notCalibrated;
  on.codes.define(
      op.getResult(),
      SqrtOp::create(on.builder, op.getLoc(), op.getType().clone(type), input));
  return std::nullopt;
}
