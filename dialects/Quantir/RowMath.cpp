#include "Quantir/RowMath.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantir;

/// Bits behind the point of a softmax's terms: the sum of a row has 30.
static int fractionOf(SoftmaxOp op) {
  auto input = cast<RankedTensorType>(op.getInput().getType());
  int64_t columns = std::max<int64_t>(1, input.getShape().back());
  return std::min(24, 30 - int(llvm::Log2_64_Ceil(columns)));
}

SoftmaxCodes::SoftmaxCodes(SoftmaxOp op) : unnormalized(op.getUnnormalized()) {
  quant::QuantizedType in = getQuantizedElement(op.getInput().getType());
  quant::QuantizedType out = getQuantizedElement(op.getType());
  zeroPoint = getZeroPoints(out)[0];
  low = out.getStorageTypeMin();
  high = out.getStorageTypeMax();
  constexpr double log2e = 1.4426950408889634;
  toLog2 = fixedPoint({getScales(in)[0] * log2e * 32768});
  double steps = 1.0 / getScales(out)[0];
  if (unnormalized) {
    // Coarser than a step at 1 is no exponential; finer than 15 bits is not
    // needed.
    FixedPoint factor = fixedPoint({steps}, 15, /*mostShift=*/15);
    outFactor = factor.multipliers[0];
    outShift = factor.shift;
    return;
  }
  int fraction = fractionOf(op);
  dropped = 24 - fraction;
  int exponent = 0;
  std::frexp(steps, &exponent); // steps < 2^exponent
  finalShift = std::clamp(30 + fraction - exponent, 1, 62);
  numerator = int64_t(std::nearbyint(std::ldexp(steps, finalShift)));
}

LogSoftmaxCodes::LogSoftmaxCodes(SoftmaxOp op)
    : terms(op), out(getQuantizedElement(op.getType())),
      fraction(fractionOf(op)) {
  double stepIn = getScales(getQuantizedElement(op.getInput().getType()))[0];
  double stepOut = getScales(out)[0];
  FixedPoint ofLog = fixedPoint({0x1p-24 / stepOut});
  FixedPoint ofCode = fixedPoint({stepIn / stepOut}, 31, ofLog.shift);
  factor = ofCode.multipliers[0];
  shift = ofCode.shift;
  logFactor = ofLog.multipliers[0];
  logShift = ofLog.shift - shift;
  logOfOne = int64_t(std::nearbyint(std::ldexp(fraction * std::log(2.0), 24)));
}

double LogSoftmaxCodes::stepsOff(int64_t span) const {
  double steps = std::ldexp(logFactor, -shift - logShift); // of 2^-24
  return 0.5 + std::ldexp(0.5 * double(span) + 0.5, -shift) +
         steps * (std::ldexp(1, 24 - 21) + 0.5) +
         std::ldexp(0.5 * std::log(65536.0), 24 - shift - logShift);
}

NormCodes::NormCodes(quant::QuantizedType in, quant::QuantizedType out,
                     ArrayRef<float> scale, ArrayRef<float> bias, float epsilon,
                     bool subtractsMean, NormForm form)
    : form(form), centred(subtractsMean), low(out.getStorageTypeMin()),
      high(out.getStorageTypeMax()) {
  auto size = double(scale.size());
  double stepIn = getScales(in)[0], stepOut = getScales(out)[0];
  zeroIn = int32_t(getZeroPoints(in)[0]);
  double added = epsilon * size * size / (stepIn * stepIn);
  floor = int64_t(std::nearbyint(std::min(added, 0x1p60)));
  auto zeroOut = double(getZeroPoints(out)[0]);
  // No normalised value exceeds sqrt(D).
  double most = 0;
  for (size_t i = 0; i < scale.size(); ++i) {
    double offset = bias.empty() ? 0 : std::fabs(bias[i]) / stepOut;
    most = std::max(most, std::fabs(scale[i]) / stepOut * std::sqrt(size) +
                              offset + std::fabs(zeroOut) + 1);
  }
  while (fractionBits > 0 && std::ldexp(most, fractionBits) > 0x1p30)
    --fractionBits;
  double limit = most > 0x1p30 ? 0x1p30 / most : 1;
  // What a unit of a normalised value is worth.
  double unit = form == NormForm::house ? std::ldexp(1, -kPointBits)
                                        : std::ldexp(std::sqrt(size), -30);
  SmallVector<double> factors;
  for (float value : scale)
    factors.push_back(std::ldexp(value / stepOut * limit * unit, fractionBits));
  FixedPoint fixed = fixedPoint(factors);
  multipliers = fixed.multipliers;
  shift = fixed.shift;
  for (size_t i = 0; i < scale.size(); ++i) {
    double offset = (bias.empty() ? 0 : bias[i] / stepOut * limit) + zeroOut;
    offsets.push_back(
        int32_t(std::nearbyint(std::ldexp(offset, fractionBits))));
  }
}
