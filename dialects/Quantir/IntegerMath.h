#ifndef QUANTIR_INTEGERMATH_H
#define QUANTIR_INTEGERMATH_H

#include "Quantir/FloatMath.h"
#include "Quantir/LaneKind.h"

/// Integer lanes of a given element type, over a builder as ElementwiseMath.h
/// describes it.
namespace quantir {

/// `value` in every lane, i64 or i32 as `element` needs.
template <class B>
typename B::Value integer(B &b, int32_t value, mlir::Type element) {
  return getLaneKind(element) == LaneKind::i64 ? b.i64(value) : b.i32(value);
}

/// Zero of a number type.
template <class B> typename B::Value zero(B &b, mlir::Type element) {
  return element.isF32() ? b.f32(0.0f) : integer(b, 0, element);
}

/// One of a number type.
template <class B> typename B::Value one(B &b, mlir::Type element) {
  return element.isF32() ? b.f32(1.0f) : integer(b, 1, element);
}

/// i32 lanes wrapped to 8 bits when `element` has 8; others as they are.
template <class B>
typename B::Value wrapTo(B &b, const typename B::Value &x, mlir::Type element) {
  if (!element.isInteger(8))
    return x;
  if (isZeroExtended(element))
    return b.andBits(x, b.i32(255));
  return b.shiftRight(b.shiftLeft(x, 24), 24);
}

/// lhs / rhs towards zero; x / 0 = 0, and the lowest number / -1 wraps.
template <class B>
typename B::Value divide(B &b, const typename B::Value &lhs,
                         const typename B::Value &rhs, mlir::Type element) {
  using Value = typename B::Value;
  Value nothing = integer(b, 0, element), one = integer(b, 1, element);
  Value byZero = b.equalInt(rhs, nothing);
  Value byMinusOne = b.equalInt(rhs, integer(b, -1, element));
  Value divisor = b.select(b.orBits(byZero, byMinusOne), one, rhs);
  Value quotient = b.divInt(lhs, divisor);
  Value negated = b.subInt(nothing, lhs);
  quotient = b.select(byMinusOne, negated, quotient);
  return b.select(byZero, nothing, quotient);
}

/// f32 to the integers of `element`: towards zero, saturating; NaN gives 0.
template <class B>
typename B::Value truncate(B &b, const typename B::Value &x,
                           mlir::Type element) {
  using Value = typename B::Value;
  unsigned bits = element.getIntOrFloatBitWidth();
  bool isUnsigned = isZeroExtended(element);
  float low = isUnsigned ? 0.0f : -std::ldexp(1.0f, bits - 1);
  // One above the largest integer: a power of two, so exact in f32.
  float end = std::ldexp(1.0f, isUnsigned ? bits : bits - 1);
  Value number = b.select(b.equalF32(x, x), x, b.f32(0.0f));
  Value limited = floatmath::maximum(b, number, b.f32(low));
  limited = floatmath::minimum(b, limited, b.f32(std::nextafter(end, 0.0f)));
  Value negative = b.greaterF32(b.f32(0.0f), limited);
  Value up = b.ceilF32(limited);
  Value whole = b.select(negative, up, b.floorF32(limited));
  if (bits < 32)
    return b.f32ToI32(whole);
  // f32 has gaps below 2^31 and 2^63, so the largest integer is put in.
  Value above = b.greaterF32(number, b.f32(std::nextafter(end, 0.0f)));
  if (bits == 32)
    return b.select(above, b.i32(std::numeric_limits<int32_t>::max()),
                    b.f32ToI32(whole));
  return b.select(above, b.i64(std::numeric_limits<int64_t>::max()),
                  b.f32ToI64(whole));
}

} // namespace quantir

#endif // QUANTIR_INTEGERMATH_H
