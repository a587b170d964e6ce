#ifndef QUANTIR_AVERAGEMATH_H
#define QUANTIR_AVERAGEMATH_H

#include "Quantir/FixedPointMath.h"

/// Means of codes without floating point, of windows and of neighbours, over a
/// builder as ElementwiseMath.h describes it.
namespace quantir {

/// The constants of an average pooling of codes: (sum * M + 2^(s-1)) >> s with
/// one M for each number of taps that a window has in the image.
class AvgPoolCodes {
public:
  explicit AvgPoolCodes(AvgPoolOp op);

  /// From no taps to all of the kernel's; 0 for numbers that no window has.
  llvm::ArrayRef<int32_t> getMultipliers() const { return multipliers; }
  /// What is taken from a code before it is summed.
  int32_t getZeroPoint() const { return zeroIn; }
  /// How far a result is at most from the mean of its window's codes, in steps
  /// of the result.
  double stepsOff() const;

  /// The result's code, from the sum and its multiplier.
  template <class B>
  typename B::Value finish(B &b, const typename B::Value &sum,
                           const typename B::Value &multiplier) const {
    return toCode(b, roundingShift(b, wideProduct(b, sum, multiplier), shift),
                  out);
  }

private:
  mlir::quant::QuantizedType out;
  llvm::SmallVector<int32_t> multipliers;
  int shift = 0;
  int32_t zeroIn;
  /// The most that a sum is.
  double mostSum;
};

/// The constants of a linear resize of codes. Weights have 11 bits for codes of
/// 8, where all fits 32 bits and is rounded once; 22 for codes of 16, where the
/// rows keep 14 bits behind the point.
class ResizeCodes {
public:
  explicit ResizeCodes(mlir::quant::QuantizedType type)
      : wide(type.getStorageTypeIntegralWidth() > 8) {}

  int32_t weight(float real) const;
  /// How far a result is at most from the four codes weighed with `weights`, in
  /// steps.
  double stepsOff(llvm::ArrayRef<float> down,
                  llvm::ArrayRef<float> across) const;

  /// The code between `a` and `c`, the neighbours in the upper row, and `d` and
  /// `e`, those in the lower one.
  template <class B>
  typename B::Value
  blend(B &b, const typename B::Value &a, const typename B::Value &c,
        const typename B::Value &d, const typename B::Value &e,
        const typename B::Value &across, const typename B::Value &down) const {
    using Value = typename B::Value;
    Value top = between(b, a, c, across), bottom = between(b, d, e, across);
    if (!wide)
      return roundingShift(b, between(b, top, bottom, down), 2 * kBits);
    top = b.i64ToI32(roundingShift(b, top, kWideBits - kRowBits));
    bottom = b.i64ToI32(roundingShift(b, bottom, kWideBits - kRowBits));
    return b.i64ToI32(
        roundingShift(b, between(b, top, bottom, down), kWideBits + kRowBits));
  }

private:
  static constexpr int kBits = 11, kWideBits = 22, kRowBits = 14;

  /// a + weight * (c - a), with the weight's bits behind the point.
  template <class B>
  typename B::Value between(B &b, const typename B::Value &a,
                            const typename B::Value &c,
                            const typename B::Value &weight) const {
    typename B::Value apart = b.subInt(c, a);
    if (!wide)
      return b.addInt(b.shiftLeft(a, kBits), b.mulInt(weight, apart));
    return b.addInt(b.shiftLeft(b.i32ToI64(a), kWideBits),
                    wideProduct(b, weight, apart));
  }

  bool wide;
};

} // namespace quantir

#endif // QUANTIR_AVERAGEMATH_H
