#ifndef QUANTIR_FLOATMATH_H
#define QUANTIR_FLOATMATH_H

#include <array>
#include <cmath>
#include <limits>

/// Functions of f32 lanes, written once over a builder `B` (the concept is in
/// ElementwiseMath.h) out of operations that IEEE 754 rounds correctly, so
/// that every builder on every processor gives the same bits.
///
/// NaN in gives NaN out, of any sign and payload. The coefficients are minimax
/// fits of the stated intervals, rounded to f32. The error bounds are measured
/// against the C library's double functions by FloatMathTest.
namespace quantir::floatmath {

/// a > b ? a : b, which is b when either is NaN.
template <class B>
typename B::Value maximum(B &b, const typename B::Value &lhs,
                          const typename B::Value &rhs) {
  return b.select(b.greaterF32(lhs, rhs), lhs, rhs);
}

/// a < b ? a : b, which is b when either is NaN.
template <class B>
typename B::Value minimum(B &b, const typename B::Value &lhs,
                          const typename B::Value &rhs) {
  return b.select(b.greaterF32(rhs, lhs), lhs, rhs);
}

/// x limited to [-bound, bound]; NaN stays.
template <class B>
typename B::Value clampMagnitude(B &b, const typename B::Value &x,
                                 float bound) {
  typename B::Value above = maximum(b, b.f32(-bound), x);
  return minimum(b, b.f32(bound), above);
}

/// sum of coefficients[i] * x^i, by Horner's rule with fused multiply-add.
template <class B, size_t size>
typename B::Value polynomial(B &b, const typename B::Value &x,
                             const std::array<float, size> &coefficients) {
  typename B::Value sum = b.f32(coefficients[size - 1]);
  for (size_t i = size - 1; i-- > 0;)
    sum = b.fmaF32(sum, x, b.f32(coefficients[i]));
  return sum;
}

/// 2 e^r on |r| <= ln(2) / 2, relative error 3.1e-9 before rounding.
inline constexpr std::array<float, 7> doubleExpCoefficients = {
    2.0f,         2.0f,         0.9999999f,   0.3333304f,
    0.083336785f, 0.016737511f, 0.0027629035f};

/// e^x within 1.1 ulp; exactly 1 at 0; results below 1.8e-38 (x < -86.9)
/// become 0, so none is denormal; +inf above 88.72283.
///
/// x = n ln 2 + r; 2^(n-1) is made in the exponent field, where n <= 128 still
/// fits, and doubles the polynomial's value of 2 e^r. With `nonPositive` x is
/// known not to exceed 0, which saves an operation.
template <class B>
typename B::Value exp(B &b, const typename B::Value &x,
                      bool nonPositive = false) {
  using Value = typename B::Value;
  constexpr float lowest = -86.9f;
  // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
  constexpr float magic = 12582912.0f + 126.0f;
  Value limited = maximum(b, x, b.f32(lowest));
  if (!nonPositive)
    limited = minimum(b, limited, b.f32(89.0f));
  Value shifted = b.fmaF32(limited, b.f32(1.44269504f), b.f32(magic));
  Value n = b.subF32(shifted, b.f32(magic));
  // ln 2 in two parts, the first short enough for exact products.
  Value r = b.fmaF32(n, b.f32(-0.693359375f), x);
  r = b.fmaF32(n, b.f32(2.12194440e-4f), r);
  Value twice = polynomial(b, r, doubleExpCoefficients);
  Value half = b.asF32(b.shiftLeft(b.asI32(shifted), 23));
  Value result = b.mulF32(twice, half);
  return b.select(b.greaterF32(b.f32(lowest), x), b.f32(0.0f), result);
}

/// (ln(1 + f) - f + f^2 / 2) / f^3 on [sqrt(1/2) - 1, sqrt(2) - 1].
inline constexpr std::array<float, 8> logCoefficients = {
    0.3333333f,  -0.2500082f,  0.20001227f, -0.16623357f,
    0.14201757f, -0.13160183f, 0.12761578f, -0.076344974f};

/// ln((1 + f) 2^k) for f in [sqrt(1/2) - 1, sqrt(2) - 1] and an integral k.
template <class B>
typename B::Value logOfParts(B &b, const typename B::Value &f,
                             const typename B::Value &k) {
  using Value = typename B::Value;
  Value p = polynomial(b, f, logCoefficients);
  Value square = b.mulF32(f, f);
  Value tail = b.mulF32(b.mulF32(square, f), p);
  tail = b.fmaF32(k, b.f32(-2.12194440e-4f), tail);
  tail = b.fmaF32(square, b.f32(-0.5f), tail);
  return b.fmaF32(k, b.f32(0.693359375f), b.addF32(f, tail));
}

/// ln x within 2 ulp, denormals included; -inf at 0, NaN below.
template <class B> typename B::Value log(B &b, const typename B::Value &x) {
  using Value = typename B::Value;
  constexpr float infinity = std::numeric_limits<float>::infinity();
  Value tiny = b.greaterF32(b.f32(std::numeric_limits<float>::min()), x);
  Value normal = b.select(tiny, b.mulF32(x, b.f32(8388608.0f)), x);
  Value bits = b.asI32(normal);
  // The exponent of x / sqrt(1/2), so that the mantissa lies around 1.
  Value exponent = b.shiftRight(b.subInt(bits, b.i32(0x3f3504f3)), 23);
  Value mantissa = b.asF32(b.subInt(bits, b.shiftLeft(exponent, 23)));
  Value shift = b.select(tiny, b.f32(-23.0f), b.f32(0.0f));
  Value k = b.addF32(b.i32ToF32(exponent), shift);
  Value result = logOfParts(b, b.subF32(mantissa, b.f32(1.0f)), k);
  // Infinity and NaN return themselves.
  result = b.select(b.greaterF32(b.f32(infinity), x), result, x);
  Value zero = b.equalF32(x, b.f32(0.0f));
  Value nan = b.f32(std::numeric_limits<float>::quiet_NaN());
  Value outside = b.select(zero, b.f32(-infinity), nan);
  return b.select(b.greaterF32(x, b.f32(0.0f)), result, outside);
}

/// x P(x^2) / Q(x^2) limited to [-1, 1], beyond `bound` its value there. The
/// bounds below are chosen where that value is exactly 1, which GELU relies on.
template <class B, size_t p, size_t q>
typename B::Value oddRational(B &b, const typename B::Value &x, float bound,
                              const std::array<float, p> &numerator,
                              const std::array<float, q> &denominator) {
  using Value = typename B::Value;
  Value limited = clampMagnitude(b, x, bound);
  Value square = b.mulF32(limited, limited);
  Value above = b.mulF32(limited, polynomial(b, square, numerator));
  Value below = polynomial(b, square, denominator);
  return clampMagnitude(b, b.divF32(above, below), 1.0f);
}

/// tanh x within 3e-7 and 5 ulp; exactly +-1 beyond 8.67.
template <class B> typename B::Value tanh(B &b, const typename B::Value &x) {
  constexpr std::array<float, 5> numerator = {1.0f, 0.13394025f, 0.0035110584f,
                                              2.0865467e-05f, 1.3714775e-08f};
  constexpr std::array<float, 5> denominator = {1.0f, 0.46727344f, 0.025935749f,
                                                0.00033110048f, 7.922832e-07f};
  return oddRational(b, x, 8.67f, numerator, denominator);
}

/// erf x within 3e-7 and 5 ulp; exactly +-1 beyond 3.95.
template <class B> typename B::Value erf(B &b, const typename B::Value &x) {
  constexpr std::array<float, 6> numerator = {1.1283791f,     0.18789975f,
                                              0.05247996f,    0.0036740135f,
                                              0.00028567575f, 2.108253e-06f};
  constexpr std::array<float, 6> denominator = {1.0f,          0.4998547f,
                                                0.113129795f,  0.01478506f,
                                                0.0011455193f, 3.8731687e-05f};
  return oddRational(b, x, 3.95f, numerator, denominator);
}

/// 1 + e^-x, at least 1.
template <class B>
typename B::Value onePlusExpOfMinus(B &b, const typename B::Value &x) {
  return b.addF32(b.f32(1.0f), exp(b, b.negF32(x)));
}

/// 1 / (1 + e^-x).
template <class B> typename B::Value sigmoid(B &b, const typename B::Value &x) {
  return b.divF32(b.f32(1.0f), onePlusExpOfMinus(b, x));
}

/// x / (1 + e^-x); NaN at -inf, as the formula says.
template <class B> typename B::Value silu(B &b, const typename B::Value &x) {
  return b.divF32(x, onePlusExpOfMinus(b, x));
}

/// ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|), where ln(1 + u) keeps the digits
/// of a small u.
template <class B>
typename B::Value softplus(B &b, const typename B::Value &x) {
  using Value = typename B::Value;
  Value one = b.f32(1.0f), zero = b.f32(0.0f);
  Value u = exp(b, b.negF32(b.absF32(x)), /*nonPositive=*/true);
  Value large = b.greaterF32(u, b.f32(0.41421354f));
  Value halved = b.mulF32(b.subF32(u, one), b.f32(0.5f));
  Value f = b.select(large, halved, u);
  Value k = b.select(large, one, zero);
  Value positive = b.select(b.greaterF32(x, zero), x, zero);
  return b.addF32(positive, logOfParts(b, f, k));
}

/// x / 2 * (1 + erf(x / sqrt 2)), the last product and sum fused.
template <class B> typename B::Value geluErf(B &b, const typename B::Value &x) {
  typename B::Value half = b.mulF32(x, b.f32(0.5f));
  typename B::Value e = erf(b, b.mulF32(x, b.f32(0.70710678f)));
  return b.fmaF32(half, e, half);
}

/// x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))), likewise.
template <class B>
typename B::Value geluTanh(B &b, const typename B::Value &x) {
  using Value = typename B::Value;
  Value half = b.mulF32(x, b.f32(0.5f));
  Value square = b.mulF32(x, x);
  Value slope = b.fmaF32(square, b.f32(0.0356774081f), b.f32(0.797884561f));
  Value t = tanh(b, b.mulF32(x, slope));
  return b.fmaF32(half, t, half);
}

} // namespace quantir::floatmath

#endif // QUANTIR_FLOATMATH_H
