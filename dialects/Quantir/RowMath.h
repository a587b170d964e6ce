#ifndef QUANTIR_ROWMATH_H
#define QUANTIR_ROWMATH_H

#include "Quantir/FixedPointMath.h"

/// Softmax and normalisation of rows of codes, without floating point, over a
/// builder as ElementwiseMath.h describes it. Sums over rows are exact, so
/// their order is free.
namespace quantir {

/// The constants of a softmax on codes.
///
/// e^-(u S), u steps below the row's maximum, is 2^-(k + f) with t = u S log2 e
/// in 2^-15: a shift by k, and the cubic 0.999925237 - 0.691020462 f +
/// 0.230069618 f^2 - 0.039011775 f^3 in 32 bits, relative error 7.5e-5 (best in
/// the relative sense; the common factor cancels) and 2e-5 from its roundings.
class SoftmaxCodes {
public:
  explicit SoftmaxCodes(SoftmaxOp op);

  /// The exponential of a code that lies `below` (not negative) steps under the
  /// maximum of its row: for `unnormalized` the result's code less its zero
  /// point, else what `sum` and `finish` take.
  template <class B>
  typename B::Value term(B &b, const typename B::Value &below) const {
    using Value = typename B::Value;
    int most = unnormalized ? 23 - outShift : 31 - dropped;
    auto limit = (int64_t(most) << 15) | 32767;
    // One rounding, then never more than `limit`.
    Value t = rescale(b, below, 16, toLog2, std::nullopt, 0, 0, limit);
    Value k = b.shiftRight(t, 15), f = b.andBits(t, b.i32(32767));
    auto step = [&](int32_t c, const Value &inner) {
      return b.subInt(b.i32(c), roundingShift(b, b.mulInt(inner, f), 15));
    };
    // 65536 times the coefficients.
    Value power = step(65531, step(45287, step(15078, b.i32(2557))));
    int fixed = unnormalized ? 8 + outShift : dropped;
    Value wide = unnormalized
                     ? b.shiftRight(b.mulInt(power, b.i32(outFactor)), 8)
                     : b.shiftLeft(power, 8);
    Value shift = b.addInt(k, b.i32(fixed));
    return roundingShiftBy(b, b.shiftLeft(wide, 1), shift);
  }

  /// What `finish` multiplies by, from the sum of a row's terms (below 2^30).
  template <class B>
  typename B::Value factor(B &b, const typename B::Value &sum) const {
    return b.i64ToI32(b.divInt(b.i64(numerator), b.i32ToI64(sum)));
  }

  /// The result's code.
  template <class B>
  typename B::Value finish(B &b, const typename B::Value &term,
                           const typename B::Value &factor) const {
    typename B::Value code =
        unnormalized ? term : scaledProduct(b, term, factor, finalShift);
    return clampInt(b, b.addInt(code, b.i32(int32_t(zeroPoint))), low, high);
  }

private:
  bool unnormalized;
  FixedPoint toLog2;
  /// Unnormalized: 1 / scale is about outFactor / 2^outShift.
  int32_t outFactor = 0;
  int outShift = 0;
  /// Else: terms are in 2^-(24 - dropped).
  int dropped = 0, finalShift = 0;
  int64_t numerator = 0;
  int64_t zeroPoint, low, high;
};

/// ln of i64 lanes in [1, 2^62), in 2^-24: at most 2^-21 off. A polynomial of
/// degree 7 in the fraction, best in the absolute sense (2.2e-7 off).
template <class B>
typename B::Value logarithm(B &b, const typename B::Value &x) {
  using Value = typename B::Value;
  Value zeros = b.leadingZeros(x);
  Value normal = b.shiftLeftBy(x, b.subInt(zeros, b.i64(1)));
  Value f = b.subInt(b.shiftRight(normal, 32), b.i64(int64_t(1) << 30));
  Value sum = b.i64(11558298);
  for (int64_t c :
       {-59211676, 144605647, -242556129, 352447379, -536303745, 1073721571})
    sum = b.addInt(b.i64(c), b.shiftRight(b.mulInt(sum, f), 30));
  Value fraction = b.shiftRight(b.mulInt(sum, f), 30);
  Value whole = b.subInt(b.i64(63), zeros);
  // ln 2 in 2^-30.
  Value all = b.addInt(b.mulInt(whole, b.i64(744261118)), fraction);
  return roundingShift(b, all, 6);
}

/// The constants of the logarithm of a softmax on codes: x - max x - ln(sum e),
/// with the terms of `SoftmaxCodes`, and one rounding at the end.
class LogSoftmaxCodes {
public:
  explicit LogSoftmaxCodes(SoftmaxOp op);

  /// As in `SoftmaxCodes`.
  template <class B>
  typename B::Value term(B &b, const typename B::Value &below) const {
    return terms.term(b, below);
  }

  /// What `finish` adds, i64, from the sum of a row's terms (i32).
  template <class B>
  typename B::Value offset(B &b, const typename B::Value &sum) const {
    typename B::Value log =
        b.subInt(logarithm(b, b.i32ToI64(sum)), b.i64(logOfOne));
    return roundingShift(b, b.mulInt(log, b.i64(logFactor)), logShift);
  }

  /// The result's code of one that lies `below` steps under the maximum.
  template <class B>
  typename B::Value finish(B &b, const typename B::Value &below,
                           const typename B::Value &offset) const {
    typename B::Value sum =
        b.addInt(wideProduct(b, below, b.i32(factor)), offset);
    return toCode(b, roundingShift(b, b.subInt(b.i64(0), sum), shift), out);
  }

  /// Of `finish` and `offset`: how far off they are at most for what they are
  /// given, in steps of the result.
  double stepsOff(int64_t span) const;
  /// The code of a term of 1.
  int32_t one() const { return int32_t(1) << fraction; }

private:
  SoftmaxCodes terms;
  mlir::quant::QuantizedType out;
  int fraction, shift, logShift;
  int32_t factor, logFactor;
  /// ln(one()) in 2^-24.
  int64_t logOfOne;
};

/// The constants of a normalisation of rows of D codes.
///
/// (q - mean) / deviation is y / sqrt(V) with y = D q - sum(q) and V = D
/// sum(q^2)
/// - sum(q)^2 + E, all exact; without the mean y = D q and V = D sum(q^2) + E.
/// The reciprocal root has 29 bits, the normalised value 22 bits behind the
/// point, and what a channel adds 8 where its range allows.
class NormCodes {
public:
  /// `scale` and `bias` of each column; no bias when it is empty.
  NormCodes(mlir::quant::QuantizedType in, mlir::quant::QuantizedType out,
            llvm::ArrayRef<float> scale, llvm::ArrayRef<float> bias,
            float epsilon, bool subtractsMean, NormForm form = NormForm::house);

  int64_t columns() const { return int64_t(multipliers.size()); }
  llvm::ArrayRef<int32_t> getMultipliers() const { return multipliers; }
  llvm::ArrayRef<int32_t> getOffsets() const { return offsets; }
  /// What is taken from a code before it is squared or summed.
  int32_t getZeroPoint() const { return zeroIn; }

  /// The reciprocal root of a row: a mantissa and a shift.
  template <class Value> struct Root {
    Value mantissa, shift;
  };

  /// From the row's sum (i32) and sum of squares (i64).
  template <class B>
  Root<typename B::Value> root(B &b, const typename B::Value &sum,
                               const typename B::Value &squares) const {
    using Value = typename B::Value;
    if (form != NormForm::house)
      return roundedRoot(b, b.i32ToI64(sum), squares);
    Value v = b.addInt(b.mulInt(squares, b.i64(columns())), b.i64(floor));
    if (centred) {
      Value wide = b.i32ToI64(sum);
      v = b.subInt(v, b.mulInt(wide, wide));
    }
    ReciprocalRoot<Value> found = reciprocalRoot(b, v);
    return {b.i64ToI32(found.mantissa),
            b.subInt(b.i64(60 - kPointBits), b.shiftRight(found.shift, 1))};
  }

  /// The result's code, from a code less `getZeroPoint()`, the row's sum and
  /// root, and the column's multiplier and offset.
  template <class B>
  typename B::Value finish(B &b, const typename B::Value &code,
                           const typename B::Value &sum,
                           const Root<typename B::Value> &root,
                           const typename B::Value &multiplier,
                           const typename B::Value &offset) const {
    using Value = typename B::Value;
    if (form != NormForm::house) {
      Value y = b.i32ToI64(b.subInt(code, b.i64ToI32(root.shift)));
      Value z = b.i64ToI32(b.shiftRight(b.mulInt(y, root.mantissa), 1));
      return ofColumn(b, z, multiplier, offset);
    }
    Value y = b.mulInt(code, b.i32(int32_t(columns())));
    if (centred)
      y = b.subInt(y, sum);
    Value z = b.i64ToI32(roundingShiftBy(b, wideProduct(b, y, root.mantissa),
                                         b.subInt(root.shift, b.i64(1))));
    return ofColumn(b, z, multiplier, offset);
  }

private:
  template <class B>
  typename B::Value ofColumn(B &b, const typename B::Value &z,
                             const typename B::Value &multiplier,
                             const typename B::Value &offset) const {
    using Value = typename B::Value;
    Value scaled = scaledProduct(b, z, multiplier, shift);
    Value result = roundingShift(b, b.addInt(scaled, offset), fractionBits);
    return clampInt(b, result, low, high);
  }

  /// The published forms (I-BERT, 2021; I-ViT, 2023): floor(2^31 / root) as
  /// mantissa, the mean as shift, i64 both. The root is that of sum (q -
  /// mean)^2 rounded down, the mean is rounded, halves to even.
  template <class B>
  Root<typename B::Value> roundedRoot(B &b, const typename B::Value &sum,
                                      const typename B::Value &squares) const {
    using Value = typename B::Value;
    int64_t count = columns();
    Value twice = b.addInt(b.shiftLeft(sum, 1), b.i64(count));
    // Floor by a division of what is not negative: |sum| < 2^32.
    Value up = b.addInt(twice, b.i64(count << 33));
    Value above = b.divInt(up, b.i64(2 * count));
    Value mean = b.subInt(above, b.i64(int64_t(1) << 32));
    Value isHalf = b.equalInt(b.mulInt(above, b.i64(2 * count)), up);
    Value isOdd = b.equalInt(b.andBits(mean, b.i64(1)), b.i64(1));
    mean = b.select(b.andBits(isHalf, isOdd), b.subInt(mean, b.i64(1)), mean);
    Value v = b.addInt(b.subInt(squares, b.shiftLeft(b.mulInt(mean, sum), 1)),
                       b.mulInt(b.mulInt(mean, mean), b.i64(count)));
    // Newton's method from 2^ceil(bits / 2) falls to the root in 7 steps.
    Value bits = b.subInt(b.i64(65), b.leadingZeros(v));
    Value root = b.shiftLeftBy(b.i64(1), b.shiftRight(bits, 1));
    for (int step = 0; step < 8; ++step) {
      Value next = b.shiftRight(b.addInt(root, b.divInt(v, root)), 1);
      root = b.select(b.greaterInt(root, next), next, root);
      // 0 has the root 1 here, which changes no result: its row is all zeros.
      root = b.select(b.equalInt(root, b.i64(0)), b.i64(1), root);
    }
    int64_t one = int64_t(1) << 31;
    return {b.divInt(b.i64(form == NormForm::ivit ? one - 1 : one), root),
            mean};
  }

  NormForm form;
  static constexpr int kPointBits = 22;
  bool centred;
  llvm::SmallVector<int32_t> multipliers, offsets;
  int shift = 0, fractionBits = 8;
  int64_t floor;
  int32_t zeroIn;
  int64_t low, high;
};

} // namespace quantir

#endif // QUANTIR_ROWMATH_H
