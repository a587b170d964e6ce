#ifndef QUANTIR_APPROXIMATE_FIXEDPOINT_H
#define QUANTIR_APPROXIMATE_FIXEDPOINT_H

#include <cstdint>

/// The fixed-point arithmetic of gemmlowp and LiteRT, bit for bit (gemmlowp
/// fixedpoint/fixedpoint.h, tflite/kernels/internal/common.h and
/// quantization_util.cc). Qm.n stands for a 32-bit number with n fraction bits.
namespace quantir::approximate {

/// A positive real number as multiplier * 2^(exponent - 31).
struct FixedPointMultiplier {
  int32_t multiplier; ///< 0, or in [2^30, 2^31)
  int32_t exponent;
  bool operator==(const FixedPointMultiplier &) const = default;
};

/// The nearest such number; what lies below 2^-32 becomes 0.
FixedPointMultiplier toMultiplier(double real);

/// Saturating rounding doubling high multiply: (a * b + 2^30) / 2^31, ties
/// towards +infinity; only the lowest number by itself saturates.
int32_t multiplyHigh(int32_t a, int32_t b);

/// x / 2^bits, ties away from zero.
int32_t divideByPower(int32_t x, int bits);

/// x * 2^bits, saturating; for negative `bits` as `divideByPower`.
int32_t multiplyByPower(int32_t x, int bits);

/// x * m rounded twice: `multiplyHigh`, then `divideByPower` (LiteRT's
/// default).
int32_t rescaleTwice(int32_t x, FixedPointMultiplier m);

/// x * m rounded once, in 64 bits, ties towards +infinity
/// (TFLITE_SINGLE_ROUNDING).
int32_t rescaleOnce(int32_t x, FixedPointMultiplier m);

/// e^a for a <= 0 in Q5.26; Q0.31.
int32_t expOfNegative(int32_t a);

/// 1 / (1 + x) for x in [0, 1), both Q0.31, by three steps of Newton's method.
int32_t reciprocalOfOnePlus(int32_t x);

} // namespace quantir::approximate

#endif // QUANTIR_APPROXIMATE_FIXEDPOINT_H
