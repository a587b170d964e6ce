#include "Quantir/AverageMath.h"

#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace quantir;

/// Marks how many taps of a window lie in the image along `axis`.
static llvm::SmallBitVector tapCounts(AvgPoolOp op, int axis) {
  int64_t size =
      cast<RankedTensorType>(op.getInput().getType()).getDimSize(1 + axis);
  llvm::SmallBitVector found(unsigned(op.getKernel()[axis]) + 1);
  for (int64_t o = 0, e = op.getType().getDimSize(1 + axis); o < e; ++o) {
    unsigned count = 0;
    for (int64_t tap = 0; tap < op.getKernel()[axis]; ++tap) {
      int64_t at = o * op.getStrides()[axis] + tap * op.getDilations()[axis] -
                   op.getPads()[axis];
      count += at >= 0 && at < size;
    }
    found.set(count);
  }
  return found;
}

AvgPoolCodes::AvgPoolCodes(AvgPoolOp op)
    : out(getQuantizedElement(op.getType())) {
  quant::QuantizedType in = getQuantizedElement(op.getInput().getType());
  zeroIn = int32_t(getZeroPoints(in)[0]);
  int64_t taps = op.getKernel()[0] * op.getKernel()[1];
  mostSum = double(taps) * std::ldexp(1, bitsWithoutZeroPoint(in));
  double ratio = getScales(in)[0] / getScales(out)[0];
  SmallVector<double> factors(taps + 1, 0);
  if (op.getCountIncludePad()) {
    factors.assign(taps + 1, ratio / double(taps));
  } else {
    llvm::SmallBitVector across = tapCounts(op, 1);
    for (unsigned down : tapCounts(op, 0).set_bits())
      for (unsigned beside : across.set_bits())
        if (down * beside != 0)
          factors[down * beside] = ratio / double(down * beside);
  }
  FixedPoint fixed = fixedPoint(factors);
  multipliers = fixed.multipliers;
  shift = fixed.shift;
}

double AvgPoolCodes::stepsOff() const {
  return 0.5 + mostSum * std::ldexp(0.5, -shift);
}

int32_t ResizeCodes::weight(float real) const {
  return int32_t(std::nearbyint(std::ldexp(real, wide ? kWideBits : kBits)));
}

double ResizeCodes::stepsOff(ArrayRef<float> down,
                             ArrayRef<float> across) const {
  auto worst = [&](ArrayRef<float> weights) {
    double most = 0;
    for (float real : weights)
      most = std::max(
          most, std::fabs(std::ldexp(weight(real), wide ? -kWideBits : -kBits) -
                          double(real)));
    return most;
  };
  double rows = wide ? std::ldexp(0.5, -kRowBits) : 0;
  return 0.5 + rows + (worst(down) + worst(across)) * (wide ? 65535 : 255);
}
