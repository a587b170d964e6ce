#ifndef QUANTIR_CODEMATH_H
#define QUANTIR_CODEMATH_H

#include "Quantir/FloatMath.h"
#include "Quantir/LaneKind.h"
#include "Quantir/QuantirOps.h"

/// Between real numbers and codes, over a builder as ElementwiseMath.h
/// describes it. Codes are i32 lanes.
namespace quantir {

/// Zero points of each lane's channel, as i32 lanes.
template <class B>
typename B::Value zeroPointOf(B &b, mlir::quant::QuantizedType type) {
  llvm::SmallVector<int64_t> zeroPoints = getZeroPoints(type);
  if (llvm::all_equal(zeroPoints))
    return b.i32(int32_t(zeroPoints[0]));
  // Codes with zero points of their own have 8 bits, so f32 holds them.
  llvm::SmallVector<float> exact(zeroPoints.begin(), zeroPoints.end());
  return b.f32ToI32(b.perChannel(exact, getQuantizedAxis(type)));
}

/// code - zero point, exact.
template <class B>
typename B::Value withoutZeroPoint(B &b, const typename B::Value &code,
                                   mlir::quant::QuantizedType type) {
  if (llvm::all_of(getZeroPoints(type), [](int64_t z) { return z == 0; }))
    return code;
  return b.subInt(code, zeroPointOf(b, type));
}

/// saturate(round_ties_even(x) + zero point) to the codes [low, high]; below
/// `low` for NaN. Clamping first, to whole numbers, gives the same code and
/// keeps the conversion to integers in range.
template <class B>
typename B::Value roundToCode(B &b, const typename B::Value &x,
                              mlir::quant::QuantizedType type, int64_t low,
                              int64_t high) {
  using Value = typename B::Value;
  llvm::SmallVector<int64_t> zeroPoints = getZeroPoints(type);
  std::optional<int64_t> axis = getQuantizedAxis(type);
  if (llvm::all_equal(zeroPoints))
    return b.roundToCode(x, int32_t(zeroPoints[0]), int32_t(low),
                         int32_t(high));
  auto bound = [&](int64_t code) {
    return b.perChannel(
        llvm::map_to_vector(zeroPoints,
                            [&](int64_t z) { return float(code - z); }),
        axis);
  };
  Value limited = floatmath::maximum(b, x, bound(low));
  limited = floatmath::minimum(b, limited, bound(high));
  return b.addInt(b.roundToI32(limited), zeroPointOf(b, type));
}

/// True when quotients by `scale` of all that has a code, and what comes up in
/// computing them, stay far from the ends of f32.
inline bool dividesWell(float scale) { return scale > 1e-20f && scale < 1e20f; }

/// Scales of each lane's channel.
template <class B>
typename B::Value scaleOf(B &b, mlir::quant::QuantizedType type) {
  llvm::SmallVector<double> scales = getScales(type);
  llvm::SmallVector<float> rounded(scales.begin(), scales.end());
  return b.perChannel(rounded, getQuantizedAxis(type));
}

/// saturate(round_ties_even(x / scale) + zero point); NaN gives the zero point.
///
/// With one scale for all, x is limited first, to a quarter of a step beyond
/// the codes: that decides no code, and the division is of numbers of moderate
/// size.
template <class B>
typename B::Value quantize(B &b, const typename B::Value &x,
                           mlir::quant::QuantizedType type) {
  using Value = typename B::Value;
  int64_t low = type.getStorageTypeMin(), high = type.getStorageTypeMax();
  auto scale = float(getScales(type)[0]);
  if (getQuantizedAxis(type) || type.getStorageTypeIntegralWidth() > 16 ||
      !dividesWell(scale)) {
    Value scaled = b.divF32(x, scaleOf(b, type));
    Value isNumber = b.equalF32(scaled, scaled);
    return roundToCode(b, b.select(isNumber, scaled, b.f32(0.0f)), type, low,
                       high);
  }
  int64_t zeroPoint = getZeroPoints(type)[0];
  auto beyond = [&](double code) {
    return b.f32(float((code - double(zeroPoint)) * double(scale)));
  };
  Value number = b.select(b.equalF32(x, x), x, b.f32(0.0f));
  Value limited = floatmath::maximum(b, number, beyond(double(low) - 0.25));
  limited = floatmath::minimum(b, limited, beyond(double(high) + 0.25));
  Value whole = b.roundToI32(b.divideF32(limited, scale));
  return zeroPoint ? b.addInt(whole, b.i32(int32_t(zeroPoint))) : whole;
}

/// round_ties_even(clamp(fma(x, 1 / scale, zero point))); NaN gives the lowest
/// code.
template <class B>
typename B::Value quantizeByReciprocal(B &b, const typename B::Value &x,
                                       mlir::quant::QuantizedType type) {
  auto scale = float(getScales(type)[0]);
  typename B::Value place =
      b.fmaF32(x, b.f32(1.0f / scale), b.f32(float(getZeroPoints(type)[0])));
  return b.roundToCode(place, 0, int32_t(type.getStorageTypeMin()),
                       int32_t(type.getStorageTypeMax()));
}

/// float(code - zero point) * scale.
template <class B>
typename B::Value dequantize(B &b, const typename B::Value &code,
                             mlir::quant::QuantizedType type) {
  typename B::Value real = b.i32ToF32(withoutZeroPoint(b, code, type));
  return b.mulF32(real, scaleOf(b, type));
}

/// clamp(round_ties_even(float(code - zp_in) * M) + zp_out, low, high).
template <class B>
typename B::Value requantize(B &b, const typename B::Value &code,
                             RequantizeOp op) {
  mlir::quant::QuantizedType in = getQuantizedElement(op.getInput().getType());
  mlir::quant::QuantizedType out = getQuantizedElement(op.getType());
  typename B::Value real = b.i32ToF32(withoutZeroPoint(b, code, in));
  typename B::Value multiplier =
      b.perChannel(op.getMultipliers(), getQuantizedAxis(in));
  auto [low, high] = op.getClamp();
  return roundToCode(b, b.mulF32(real, multiplier), out, low, high);
}

/// table[code - lowest code of the storage type]; the table is operand 1.
template <class B>
typename B::Value lookup(B &b, const typename B::Value &code,
                         mlir::quant::QuantizedType type) {
  if (!type.isSigned())
    return b.lookup(1, code);
  return b.lookup(1, b.addInt(code, b.i32(128)));
}

/// The piecewise quadratic of `quantir.piecewise`; the table is operand 1.
template <class B>
typename B::Value piecewise(B &b, const typename B::Value &x, PiecewiseOp op) {
  using Value = typename B::Value;
  Value low = b.f32(op.getLow().convertToFloat());
  Value high = b.f32(op.getHigh().convertToFloat());
  Value perUnit = b.f32(op.getSegmentsPerUnit().convertToFloat());
  Value t = floatmath::minimum(b, floatmath::maximum(b, x, low), high);
  Value place = floatmath::minimum(b, b.mulF32(b.subF32(t, low), perUnit),
                                   b.f32(float(kPieces - 1)));
  Value piece = b.f32ToI32(place);
  auto coefficient = [&](int power) {
    return b.asF32(b.lookupI32(1, power * kPieces, kPieces, piece));
  };
  Value slope = b.fmaF32(coefficient(2), t, coefficient(1));
  Value steps = b.fmaF32(slope, t, coefficient(0));
  if (mlir::getElementTypeOrSelf(op.getType()).isF32())
    return steps;
  mlir::quant::QuantizedType out = getQuantizedElement(op.getType());
  return clampInt(b, b.roundToI32(steps), out.getStorageTypeMin(),
                  out.getStorageTypeMax());
}

} // namespace quantir

#endif // QUANTIR_CODEMATH_H
