#include "quantir/Approximate/FixedPoint.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace quantir::approximate {

static constexpr int32_t kMost = std::numeric_limits<int32_t>::max();
static constexpr int32_t kLeast = std::numeric_limits<int32_t>::min();

FixedPointMultiplier toMultiplier(double real) {
  if (!(real > 0))
    return {0, 0};
  int exponent = 0;
  auto mantissa = std::llround(std::frexp(real, &exponent) * 0x1p31);
  if (mantissa == int64_t(1) << 31) {
    mantissa /= 2;
    ++exponent;
  }
  if (exponent < -31)
    return {0, 0};
  return {int32_t(mantissa), exponent};
}

int32_t multiplyHigh(int32_t a, int32_t b) {
  if (a == kLeast && b == kLeast)
    return kMost;
  int64_t product = int64_t(a) * b;
  int64_t nudge = product >= 0 ? int64_t(1) << 30 : 1 - (int64_t(1) << 30);
  return int32_t((product + nudge) / (int64_t(1) << 31));
}

int32_t divideByPower(int32_t x, int bits) {
  if (bits <= 0)
    return x;
  int64_t mask = (int64_t(1) << bits) - 1, remainder = x & mask;
  int64_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return int32_t((int64_t(x) >> bits) + (remainder > threshold ? 1 : 0));
}

int32_t multiplyByPower(int32_t x, int bits) {
  if (bits <= 0)
    return divideByPower(x, -bits);
  return int32_t(
      std::clamp<int64_t>(int64_t(x) << std::min(bits, 31), kLeast, kMost));
}

int32_t rescaleTwice(int32_t x, FixedPointMultiplier m) {
  int left = std::max(m.exponent, 0), right = std::max(-m.exponent, 0);
  auto shifted = int32_t(uint32_t(x) << left);
  return divideByPower(multiplyHigh(shifted, m.multiplier), right);
}

int32_t rescaleOnce(int32_t x, FixedPointMultiplier m) {
  int shift = 31 - m.exponent;
  int64_t half = int64_t(1) << (shift - 1);
  return int32_t((int64_t(x) * m.multiplier + half) >> shift);
}

/// e^a on [-1/4, 0), Q0.31: Taylor's series of degree 4 about -1/8.
static int32_t expOfQuarter(int32_t a) {
  constexpr int32_t atEighth = 1895147668; // e^(-1/8)
  constexpr int32_t third = 715827883;
  int32_t x = a + (1 << 28);
  int32_t x2 = multiplyHigh(x, x), x3 = multiplyHigh(x2, x);
  int32_t x4 = multiplyHigh(x2, x2);
  int32_t high = multiplyHigh(divideByPower(x4, 2) + x3, third) + x2;
  return atEighth + multiplyHigh(atEighth, x + divideByPower(high, 1));
}

int32_t expOfNegative(int32_t a) {
  if (a == 0)
    return kMost;
  constexpr int32_t quarter = 1 << 24;
  int32_t low = (a & (quarter - 1)) - quarter;
  int32_t result = expOfQuarter(multiplyByPower(low, 5));
  auto remainder = int32_t(int64_t(low) - a);
  // e^-(2^i) for i = -2 .. 4
  constexpr int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308,
                                 39332535,   720401,     242};
  for (int i = 0; i < 7; ++i)
    if (remainder & (1 << (24 + i)))
      result = multiplyHigh(result, factors[i]);
  return result;
}

int32_t reciprocalOfOnePlus(int32_t x) {
  int64_t sum = int64_t(x) + kMost;
  auto half = int32_t((sum + 1) / 2); // (1 + x) / 2 in Q0.31
  constexpr int32_t first = 1515870810, slope = -1010580540; // 48/17, -32/17
  constexpr int32_t one = 1 << 29;                           // Q2.29
  int32_t y = first + multiplyHigh(half, slope);
  for (int step = 0; step < 3; ++step) {
    int32_t error = one - multiplyHigh(half, y);
    y += multiplyByPower(multiplyHigh(y, error), 2);
  }
  return multiplyByPower(y, 1);
}

} // namespace quantir::approximate
