#include "quantir/Approximate/FixedPoint.h"

#include "gtest/gtest.h"
#include <cmath>

using namespace quantir::approximate;

TEST(Multiplier, HasTheValuesOfLiteRT) {
  auto is = [](double real, int32_t multiplier, int32_t exponent) {
    return toMultiplier(real) == FixedPointMultiplier{multiplier, exponent};
  };
  EXPECT_TRUE(is(0.0123, 1690499128, -6));
  EXPECT_TRUE(is(0.75, 1610612736, 0));
  EXPECT_TRUE(is(0.5, 1073741824, 0));
  EXPECT_TRUE(is(1, 1073741824, 1));
  EXPECT_TRUE(is(3.1e-5, 1090715535, -14));
  EXPECT_TRUE(is(0x1p-40, 0, 0));
}

TEST(MultiplyHigh, RoundsTiesUp) {
  EXPECT_EQ(multiplyHigh(3, 1 << 30), 2);
  EXPECT_EQ(multiplyHigh(-3, 1 << 30), -1);
  EXPECT_EQ(multiplyHigh(INT32_MIN, INT32_MIN), INT32_MAX);
}

TEST(DivideByPower, RoundsTiesAwayFromZero) {
  EXPECT_EQ(divideByPower(3, 1), 2);
  EXPECT_EQ(divideByPower(-3, 1), -2);
  EXPECT_EQ(divideByPower(-5, 1), -3);
}

TEST(Rescale, GoldenTies) {
  FixedPointMultiplier half = toMultiplier(0.5);
  EXPECT_EQ(rescaleTwice(-41, half), -20);
  EXPECT_EQ(rescaleOnce(-41, half), -20);
  EXPECT_EQ(rescaleTwice(41, half), 21);
  EXPECT_EQ(rescaleOnce(41, half), 21);
}

/// The exact product of a multiplier, rounded half up, in 128 bits.
static int64_t exactly(int64_t x, FixedPointMultiplier m) {
  __int128 scaled =
      __int128(x) * m.multiplier * 2 + (__int128(1) << (31 - m.exponent));
  return int64_t(scaled >> (32 - m.exponent));
}

TEST(Rescale, OnceIsExactAndTwiceIsOffByOneAtMost) {
  for (double real : {0.9, 0.25, 0.0123, 3.1e-5, 0x1p-4})
    for (int64_t x = -2000000; x < 2000000; x += 37) {
      FixedPointMultiplier m = toMultiplier(real);
      ASSERT_EQ(rescaleOnce(int32_t(x), m), exactly(x, m)) << x << " " << real;
      ASSERT_LE(std::abs(rescaleTwice(int32_t(x), m) - exactly(x, m)), 1);
    }
}

// LiteRT's add of codes at scales .02 and .05 gives what real numbers give:
// inputs shifted left by 20, both scaled to twice the larger scale.
TEST(Rescale, AddsAsLiteRT) {
  const int32_t a[] = {-128, -5, 0, 77, 127}, b[] = {127, 9, -3, 40, 127};
  const int32_t sum[] = {59, 10, 3, 56, 127};
  FixedPointMultiplier first = toMultiplier(.02 / .1),
                       second = toMultiplier(.05 / .1),
                       out = toMultiplier(.1 / (0x1p20 * .07));
  for (int i = 0; i < 5; ++i) {
    int32_t left = rescaleTwice((a[i] - 3) * (1 << 20), first);
    int32_t right = rescaleTwice((b[i] + 7) * (1 << 20), second);
    int32_t code = rescaleTwice(left + right, out) + 1;
    EXPECT_EQ(std::min(code, 127), sum[i]);
    double real = (.02 * (a[i] - 3) + .05 * (b[i] + 7)) / .07 + 1;
    EXPECT_EQ(std::min(std::lround(real), 127L), sum[i]);
  }
}

TEST(ExpOfNegative, HasTheValuesOfGemmlowp) {
  EXPECT_EQ(expOfNegative(-1), 2147483124);
  EXPECT_EQ(expOfNegative(-(1 << 24)), 1672462419);
  EXPECT_EQ(expOfNegative(-(1 << 26)), 790015308);
  EXPECT_EQ(expOfNegative(-(1 << 28)), 39332546);
  EXPECT_EQ(expOfNegative(-(1 << 30)), 242);
  EXPECT_EQ(expOfNegative(0), INT32_MAX);
}

TEST(ExpOfNegative, IsWithinItsPublishedError) {
  for (int64_t a = 0; a > -(int64_t(1) << 31); a -= 98765) {
    double exact = std::exp(double(a) * 0x1p-26);
    ASSERT_NEAR(expOfNegative(int32_t(a)) * 0x1p-31, exact, 2.6e-7) << a;
  }
}

TEST(ReciprocalOfOnePlus, IsCloseEverywhere) {
  for (int64_t x = 0; x < int64_t(1) << 31; x += 1234567) {
    double exact = 1 / (1 + double(x) * 0x1p-31);
    ASSERT_NEAR(reciprocalOfOnePlus(int32_t(x)) * 0x1p-31, exact, 1e-7) << x;
  }
}
