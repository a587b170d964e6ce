#ifndef QUANTIR_FIXEDPOINTMATH_H
#define QUANTIR_FIXEDPOINTMATH_H

#include "Quantir/CodeMath.h"
#include "Quantir/FixedPoint.h"

/// Arithmetic on codes without floating point, over a builder as
/// ElementwiseMath.h describes it. Codes are i32 lanes; every result is rounded
/// once, halves up, and saturates.
namespace quantir {

/// (x + 2^(shift - 1)) >> shift: halves go up.
template <class B>
typename B::Value roundingShift(B &b, const typename B::Value &x, int shift) {
  if (shift == 0)
    return x;
  auto half = int64_t(1) << (shift - 1);
  return b.shiftRight(b.addInt(x, b.isI64(x) ? b.i64(half) : b.i32(half)),
                      shift);
}

/// x / 2 >> shift, rounded, halves up: ((x >> shift) + 1) >> 1, by lanes.
template <class B>
typename B::Value roundingShiftBy(B &b, const typename B::Value &x,
                                  const typename B::Value &shift) {
  typename B::Value one = b.isI64(x) ? b.i64(1) : b.i32(1);
  return b.shiftRight(b.addInt(b.shiftRightBy(x, shift), one), 1);
}

/// min(max(x, low), high), of i32 or i64 lanes.
template <class B>
typename B::Value clampInt(B &b, const typename B::Value &x, int64_t low,
                           int64_t high) {
  auto splat = [&](int64_t bound) {
    return b.isI64(x) ? b.i64(bound) : b.i32(int32_t(bound));
  };
  typename B::Value least = splat(low), most = splat(high);
  typename B::Value raised = b.select(b.greaterInt(least, x), least, x);
  return b.select(b.greaterInt(raised, most), most, raised);
}

/// saturate(x + zero point) to [low, high] as i32 lanes, of i32 or i64 lanes.
template <class B>
typename B::Value toCode(B &b, const typename B::Value &x, int64_t zeroPoint,
                         int64_t low, int64_t high) {
  typename B::Value narrow = clampInt(b, x, low - zeroPoint, high - zeroPoint);
  return b.addInt(b.isI64(narrow) ? b.i64ToI32(narrow) : narrow,
                  b.i32(int32_t(zeroPoint)));
}
template <class B>
typename B::Value toCode(B &b, const typename B::Value &x,
                         mlir::quant::QuantizedType type) {
  return toCode(b, x, getZeroPoints(type)[0], type.getStorageTypeMin(),
                type.getStorageTypeMax());
}

/// The product of i32 lanes as i64 lanes.
template <class B>
typename B::Value wideProduct(B &b, const typename B::Value &x,
                              const typename B::Value &y) {
  return b.mulInt(b.i32ToI64(x), b.i32ToI64(y));
}

/// (x * y + 2^(shift - 1)) >> shift of i32 lanes, for results that fit them.
/// From shift 33 on the lower half of the product does not matter.
template <class B>
typename B::Value scaledProduct(B &b, const typename B::Value &x,
                                const typename B::Value &y, int shift) {
  if (shift > 32)
    return roundingShift(b, b.mulHigh(x, y), shift - 32);
  return b.i64ToI32(roundingShift(b, wideProduct(b, x, y), shift));
}

/// saturate(((x * multiplier + 2^(shift-1)) >> shift) + zero point) to [low,
/// high], for |x| < 2^bits; `shift` and the multipliers are `factor`'s, of each
/// lane's channel on `axis`.
template <class B>
typename B::Value rescale(B &b, const typename B::Value &x, int bits,
                          const FixedPoint &factor, std::optional<int64_t> axis,
                          int64_t zeroPoint, int64_t low, int64_t high) {
  bool isWhole = llvm::all_of(factor.multipliers, [&](int32_t m) {
    return int64_t(m) == int64_t(1) << factor.shift;
  });
  if (isWhole) // nothing to round
    return toCode(b, x, zeroPoint, low, high);
  typename B::Value multiplier = b.perChannelI32(factor.multipliers, axis);
  double most = 0;
  for (int32_t m : factor.multipliers)
    most = std::max(most, std::fabs(double(m)));
  // Where the bounds of `x` allow, the clamp is one of 32 bits, and bits that
  // `x` has to spare let the product be one of upper halves.
  if (std::ldexp(most, bits - factor.shift) < 2e9) {
    int spare = std::max(0, 33 - factor.shift);
    if (bits + spare > 31)
      spare = 0;
    typename B::Value scaled = scaledProduct(
        b, spare ? b.shiftLeft(x, spare) : x, multiplier, factor.shift + spare);
    return toCode(b, scaled, zeroPoint, low, high);
  }
  typename B::Value wide =
      roundingShift(b, wideProduct(b, x, multiplier), factor.shift);
  return toCode(b, wide, zeroPoint, low, high);
}

/// An upper bound of log2(|code - zero point|) over the storage.
inline int bitsWithoutZeroPoint(mlir::quant::QuantizedType type) {
  unsigned width = type.getStorageTypeIntegralWidth();
  // A zero point at one end of 8 bits leaves 8 bits of magnitude.
  return width == 8 ? 8 : int(width) - 1;
}

/// `requantize` in fixed point.
template <class B>
typename B::Value requantizeFixed(B &b, const typename B::Value &code,
                                  RequantizeOp op) {
  mlir::quant::QuantizedType in = getQuantizedElement(op.getInput().getType());
  mlir::quant::QuantizedType out = getQuantizedElement(op.getType());
  auto [low, high] = op.getClamp();
  return rescale(b, withoutZeroPoint(b, code, in), bitsWithoutZeroPoint(in),
                 op.getFixedPoint(), getQuantizedAxis(in),
                 getZeroPoints(out)[0], low, high);
}

namespace detail {
inline double scaleOfTensor(mlir::Type type) {
  return getScales(getQuantizedElement(type))[0];
}
/// From 2^17 steps of the result for one of the operand on, every code but
/// zero saturates 16 bits whatever is added to it.
inline double limitedFactor(double factor) {
  return std::clamp(factor, -131072.0, 131072.0);
}
} // namespace detail

/// The multipliers in `factor` of the channels of `lhs`, and the others.
inline std::pair<llvm::ArrayRef<int32_t>, llvm::ArrayRef<int32_t>>
multipliersOf(const FixedPoint &factor, mlir::quant::QuantizedType lhs) {
  llvm::ArrayRef<int32_t> all = factor.multipliers;
  size_t first = getScales(lhs).size();
  return {all.take_front(first), all.drop_front(first)};
}

/// An upper bound of |(qa - za) * Ma| + |(qb - zb) * Mb|.
inline double largestSum(const FixedPoint &factor,
                         mlir::quant::QuantizedType lhs,
                         mlir::quant::QuantizedType rhs) {
  auto [left, right] = multipliersOf(factor, lhs);
  auto largest = [](llvm::ArrayRef<int32_t> multipliers,
                    mlir::quant::QuantizedType type) {
    double most = 0;
    for (int32_t m : multipliers)
      most = std::max(most, std::fabs(double(m)));
    return std::ldexp(most, bitsWithoutZeroPoint(type));
  };
  return largest(left, lhs) + largest(right, rhs);
}

/// The factors of `addCodes`: those of the first operand's channels, then those
/// of the second's, over one power of two.
///
/// No sum leaves 64 bits: codes of 31 bits times multipliers of 31 make 2^62,
/// and half a unit of the largest shift 2^61. That leaves a second operand
/// 2^61: all that it needs but for two operands of 32 bits and like scales,
/// which get multipliers of 30 bits.
inline FixedPoint sumFactors(mlir::quant::QuantizedType lhs,
                             mlir::quant::QuantizedType rhs,
                             mlir::quant::QuantizedType out, int sign) {
  double step = getScales(out)[0];
  llvm::SmallVector<double> factors;
  for (double scale : getScales(lhs))
    factors.push_back(detail::limitedFactor(scale / step));
  for (double scale : getScales(rhs))
    factors.push_back(detail::limitedFactor(sign * scale / step));
  FixedPoint fine = fixedPoint(factors);
  return largestSum(fine, lhs, rhs) < 0x1.8p62 ? fine : fixedPoint(factors, 30);
}

/// lhs + sign * rhs: ((qa - za) * Ma + (qb - zb) * Mb + 2^(s-1)) >> s.
template <class B>
typename B::Value addCodes(B &b, mlir::Operation *op,
                           const typename B::Value &lhs,
                           const typename B::Value &rhs, int sign) {
  mlir::quant::QuantizedType types[] = {
      getQuantizedElement(op->getOperand(0).getType()),
      getQuantizedElement(op->getOperand(1).getType())};
  mlir::quant::QuantizedType out =
      getQuantizedElement(op->getResult(0).getType());
  FixedPoint factor = sumFactors(types[0], types[1], out, sign);
  auto [left, right] = multipliersOf(factor, types[0]);
  auto term = [&](const typename B::Value &code,
                  mlir::quant::QuantizedType type,
                  llvm::ArrayRef<int32_t> multipliers) {
    return wideProduct(b, withoutZeroPoint(b, code, type),
                       b.perChannelI32(multipliers, getQuantizedAxis(type)));
  };
  typename B::Value sum = roundingShift(
      b, b.addInt(term(lhs, types[0], left), term(rhs, types[1], right)),
      factor.shift);
  double most =
      std::ldexp(largestSum(factor, types[0], types[1]), -factor.shift);
  return toCode(b, most < 2e9 ? b.i64ToI32(sum) : sum, out);
}

/// The factor of `multiplyCodes`: as fine as a product of 63 bits allows.
inline FixedPoint productFactor(mlir::quant::QuantizedType lhs,
                                mlir::quant::QuantizedType rhs,
                                mlir::quant::QuantizedType out) {
  int bits = 62 - bitsWithoutZeroPoint(lhs) - bitsWithoutZeroPoint(rhs);
  return fixedPoint({getScales(lhs)[0] * getScales(rhs)[0] / getScales(out)[0]},
                    std::clamp(bits, 1, 31));
}

/// ((qa - za) * (qb - zb) * M + 2^(s-1)) >> s, in 64 bits where the product of
/// the codes may need more than 32.
template <class B>
typename B::Value multiplyCodes(B &b, mlir::Operation *op,
                                const typename B::Value &lhs,
                                const typename B::Value &rhs) {
  auto typeOf = [](mlir::Value value) {
    return getQuantizedElement(value.getType());
  };
  mlir::quant::QuantizedType left = typeOf(op->getOperand(0));
  mlir::quant::QuantizedType right = typeOf(op->getOperand(1));
  mlir::quant::QuantizedType out = typeOf(op->getResult(0));
  FixedPoint factor = productFactor(left, right, out);
  typename B::Value x = withoutZeroPoint(b, lhs, left);
  typename B::Value y = withoutZeroPoint(b, rhs, right);
  // Two lowest codes make the bound itself, hence a bit more.
  int bits = bitsWithoutZeroPoint(left) + bitsWithoutZeroPoint(right) + 1;
  if (bits <= 31)
    return rescale(b, b.mulInt(x, y), bits, factor, std::nullopt,
                   getZeroPoints(out)[0], out.getStorageTypeMin(),
                   out.getStorageTypeMax());
  typename B::Value product = wideProduct(b, x, y);
  if (factor.multipliers[0] != 1)
    product = b.mulInt(product, b.i64(factor.multipliers[0]));
  return toCode(b, roundingShift(b, product, factor.shift), out);
}

/// 1 / x: floor(K / code) for positive codes, else the largest code; K is 1 /
/// (scale_in * scale_out), rounded and at most 2^62.
template <class B>
typename B::Value reciprocalCodes(B &b, mlir::Operation *op,
                                  const typename B::Value &code) {
  using detail::scaleOfTensor;
  double steps = 1.0 / (scaleOfTensor(op->getOperand(0).getType()) *
                        scaleOfTensor(op->getResult(0).getType()));
  auto numerator = int64_t(std::nearbyint(std::min(steps, 0x1p62)));
  mlir::quant::QuantizedType out =
      getQuantizedElement(op->getResult(0).getType());
  typename B::Value positive = b.greaterInt(code, b.i32(0));
  typename B::Value divisor = b.select(positive, code, b.i32(1));
  typename B::Value quotient = b.divInt(b.i64(numerator), b.i32ToI64(divisor));
  quotient = b.i64ToI32(clampInt(b, quotient, 0, out.getStorageTypeMax()));
  return b.select(positive, quotient, b.i32(int32_t(out.getStorageTypeMax())));
}

/// 1 / sqrt(v) of i64 lanes in [0, 2^62): the mantissa r in [2^29, 2^30] and an
/// even shift, 1 / sqrt(v 2^shift) being about r / 2^60, where v 2^shift is in
/// [2^60, 2^62). `normal` is v 2^shift / 2^30. Newton's method, relative error
/// below 2^-28. Anything for v = 0.
template <class Value> struct ReciprocalRoot {
  Value mantissa, shift, normal;
};
template <class B>
ReciprocalRoot<typename B::Value> reciprocalRoot(B &b,
                                                 const typename B::Value &v) {
  using Value = typename B::Value;
  Value shift = b.andBits(b.subInt(b.leadingZeros(v), b.i64(2)), b.i64(-2));
  Value m = b.shiftRight(b.shiftLeftBy(v, shift), 30);
  constexpr double one = 1 << 30;
  Value r =
      b.subInt(b.i64(int64_t(1.09 * one)),
               b.shiftRight(b.mulInt(m, b.i64(int64_t(0.155 * one))), 30));
  for (int i = 0; i < 4; ++i) {
    Value square = b.shiftRight(b.mulInt(r, r), 30);
    Value product = b.shiftRight(b.mulInt(m, square), 30);
    Value rest = b.subInt(b.i64(int64_t(3) << 30), product);
    r = b.shiftRight(b.mulInt(r, rest), 31);
  }
  return {r, shift, m};
}

/// sqrt(x): that of q * M / 2^s with an even s.
template <class B>
typename B::Value rootOfCodes(B &b, mlir::Operation *op,
                              const typename B::Value &code) {
  using Value = typename B::Value;
  mlir::quant::QuantizedType out =
      getQuantizedElement(op->getResult(0).getType());
  double step = getScales(out)[0];
  double ratio =
      detail::scaleOfTensor(op->getOperand(0).getType()) / step / step;
  FixedPoint factor = fixedPoint({ratio}, 30);
  if (factor.shift % 2)
    factor = fixedPoint({ratio}, 30, factor.shift - 1);
  Value positive = b.greaterInt(code, b.i32(0));
  Value v = wideProduct(b, b.select(positive, code, b.i32(1)),
                        b.i32(std::max(1, factor.multipliers[0])));
  auto root = reciprocalRoot(b, v);
  // sqrt(v 2^shift) in [2^30, 2^31).
  Value whole = b.shiftRight(b.mulInt(root.normal, root.mantissa), 30);
  Value down = b.addInt(b.shiftRight(root.shift, 1), b.i64(factor.shift / 2));
  Value result = roundingShiftBy(b, b.shiftLeft(whole, 1), down);
  int64_t zero = getZeroPoints(out)[0];
  result = clampInt(b, result, 0, out.getStorageTypeMax() - zero);
  result = b.select(positive, b.i64ToI32(result), b.i32(0));
  return b.addInt(result, b.i32(int32_t(zero)));
}

/// saturate(integer / scale).
template <class B>
typename B::Value integerToCodes(B &b, const typename B::Value &x,
                                 mlir::quant::QuantizedType out) {
  double step = getScales(out)[0];
  if (step == 1)
    return toCode(b, x, out);
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  typename B::Value limited = clampInt(b, x, -most, most);
  return rescale(b, b.isI64(x) ? b.i64ToI32(limited) : limited, 31,
                 fixedPoint({1 / step}), std::nullopt, getZeroPoints(out)[0],
                 out.getStorageTypeMin(), out.getStorageTypeMax());
}

/// The number that a code stands for as i64 lanes, towards zero. Exact: the
/// scale is an f32 below 2^31, which 31 bits hold.
template <class B>
typename B::Value codesToInteger(B &b, const typename B::Value &code,
                                 mlir::quant::QuantizedType in) {
  using Value = typename B::Value;
  FixedPoint scale = fixedPoint({getScales(in)[0]});
  Value real = wideProduct(b, withoutZeroPoint(b, code, in),
                           b.i32(scale.multipliers[0]));
  Value zero = b.i64(0), below = b.greaterInt(zero, real);
  Value size = b.select(below, b.subInt(zero, real), real);
  size = b.shiftRight(size, scale.shift);
  return b.select(below, b.subInt(zero, size), size);
}

/// Segments of the tables of `quantir.interpolate`, and codes in one.
constexpr int kSegments = 64, kSegmentBits = 10;

/// The piecewise quadratic of `quantir.interpolate`; the table is operand 1.
template <class B>
typename B::Value interpolate(B &b, const typename B::Value &code,
                              InterpolateOp op) {
  using Value = typename B::Value;
  Value place = b.addInt(code, b.i32(32768));
  Value segment = b.shiftRight(place, kSegmentBits);
  Value within = b.subInt(b.andBits(place, b.i32((1 << kSegmentBits) - 1)),
                          b.i32(1 << (kSegmentBits - 1)));
  auto coefficient = [&](int power) {
    return b.lookupI32(1, power * kSegments, kSegments, segment);
  };
  Value slope =
      b.addInt(coefficient(1), b.shiftRight(b.mulInt(coefficient(2), within),
                                            kSegmentBits - 1));
  Value sum = b.addInt(coefficient(0), b.mulInt(slope, within));
  mlir::quant::QuantizedType out = getQuantizedElement(op.getType());
  return clampInt(b, roundingShift(b, sum, int(op.getFractionBits())),
                  out.getStorageTypeMin(), out.getStorageTypeMax());
}

} // namespace quantir

#endif // QUANTIR_FIXEDPOINTMATH_H
