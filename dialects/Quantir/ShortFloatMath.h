#ifndef QUANTIR_SHORTFLOATMATH_H
#define QUANTIR_SHORTFLOATMATH_H

#include <cstdint>

/// Between f32 and the bits of bf16 and f16 in the low halves of i32 lanes,
/// over a builder as ElementwiseMath.h describes it. The upper halves of what
/// is read may hold anything; those of what is made mean nothing.
namespace quantir {

/// To the nearest bf16, ties to even; a NaN stays one.
template <class B>
typename B::Value roundToBf16(B &b, const typename B::Value &x) {
  using Value = typename B::Value;
  Value bits = b.asI32(x);
  Value upper = b.shiftRight(bits, 16);
  Value half = b.addInt(b.andBits(upper, b.i32(1)), b.i32(0x7fff));
  Value rounded = b.shiftRight(b.addInt(bits, half), 16);
  return b.select(b.equalF32(x, x), rounded, b.orBits(upper, b.i32(0x40)));
}

/// The cast: without numbers whose products could be subnormal. The others are
/// multiples of 2^-62, so products and all sums of them are multiples of
/// 2^-124.
template <class B> typename B::Value toBf16(B &b, const typename B::Value &x) {
  auto tiny = b.greaterF32(b.f32(0x1p-55f), b.absF32(x));
  return b.f32ToBf16(b.select(tiny, b.f32(0.0f), x));
}

template <class B>
typename B::Value fromBf16(B &b, const typename B::Value &bits) {
  return b.asF32(b.shiftLeft(bits, 16));
}

/// To the nearest f16, ties to even, subnormals too.
template <class B>
typename B::Value roundToF16(B &b, const typename B::Value &x) {
  using Value = typename B::Value;
  Value bits = b.asI32(x);
  Value magnitude = b.andBits(bits, b.i32(0x7fffffff));
  Value last = b.andBits(b.shiftRight(magnitude, 13), b.i32(1));
  Value sum = b.addInt(magnitude, b.addInt(last, b.i32(0xfff)));
  Value normal = b.subInt(b.shiftRight(sum, 13), b.i32(112 << 10));
  Value infinite = b.i32(0x7c00);
  normal = b.select(b.greaterInt(normal, infinite), infinite, normal);
  // The sum with 1/2 has the last place of subnormal f16.
  Value moved = b.asI32(b.addF32(b.asF32(magnitude), b.f32(0.5f)));
  Value small = b.subInt(moved, b.i32(0x3f000000));
  Value isSmall = b.greaterInt(b.i32(0x38800000), magnitude);
  Value result = b.select(isSmall, small, normal);
  Value payload = b.andBits(b.shiftRight(magnitude, 13), b.i32(0x3ff));
  result = b.select(b.equalF32(x, x), result, b.orBits(payload, b.i32(0x7e00)));
  return b.orBits(result, b.andBits(b.shiftRight(bits, 16), b.i32(~0x7fff)));
}

/// Exact.
template <class B>
typename B::Value widenF16(B &b, const typename B::Value &bits) {
  using Value = typename B::Value;
  Value magnitude = b.shiftLeft(b.andBits(bits, b.i32(0x7fff)), 13);
  Value scaled = b.asI32(b.mulF32(b.asF32(magnitude), b.f32(0x1p112f)));
  Value isFinite = b.greaterInt(b.i32(0x7c00 << 13), magnitude);
  Value result =
      b.select(isFinite, scaled, b.orBits(magnitude, b.i32(0x7f800000)));
  Value sign = b.shiftLeft(b.andBits(bits, b.i32(0x8000)), 16);
  return b.asF32(b.orBits(result, sign));
}

} // namespace quantir

#endif // QUANTIR_SHORTFLOATMATH_H
