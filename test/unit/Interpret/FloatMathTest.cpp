// The functions of FloatMath.h against the C library's in double, on every
// 1009th float, and on special values.
#include "Quantir/FloatMath.h"
#include "quantir/Interpret/LaneBuilder.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace quantir;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float largest = std::numeric_limits<float>::max();

struct Case {
  const char *name;
  Lanes (*computed)(LaneBuilder &, const Lanes &);
  double (*exact)(double);
  /// The allowed error is the sum of both.
  double lastPlaces, absolute;
};

Lanes expOf(LaneBuilder &b, const Lanes &x) { return floatmath::exp(b, x); }
Lanes expOfMinus(LaneBuilder &b, const Lanes &x) {
  return floatmath::exp(b, b.negF32(b.absF32(x)), /*nonPositive=*/true);
}

double exactExpOfMinus(double x) { return std::exp(-std::fabs(x)); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double silu(double x) { return x / (1 + std::exp(-x)); }
double softplus(double x) {
  return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x)));
}
double geluErf(double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); }
double geluTanh(double x) {
  double inner = std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);
  return x / 2 * (1 + std::tanh(inner));
}

/// The distance of the f32 numbers at `x`.
double lastPlace(double x) {
  float size = std::fabs(float(x));
  return double(std::nextafter(size, infinity)) - size;
}

testing::AssertionResult isClose(const Case &test, float x, float y) {
  double exact = test.exact(x);
  bool close = std::isnan(exact) ? std::isnan(y)
               : std::isinf(float(exact))
                   ? y == float(exact)
                   : std::fabs(y - exact) <=
                         test.absolute + test.lastPlaces * lastPlace(exact);
  if (close)
    return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << test.name << "(" << x << ") = " << y << ", not " << exact;
}

class FloatFunction : public testing::TestWithParam<Case> {};

TEST_P(FloatFunction, IsCloseToTheExactValue) {
  constexpr uint64_t step = 1009, all = uint64_t(1) << 32;
  LaneBuilder builder;
  for (uint64_t bits = 0; bits < all; bits += Lanes::size * step) {
    Lanes x = builder.f32(0.0f);
    for (int64_t i = 0; i < Lanes::size; ++i)
      x.f32[i] = llvm::bit_cast<float>(uint32_t(bits + i * step));
    Lanes y = GetParam().computed(builder, x);
    for (int64_t i = 0; i < Lanes::size; ++i)
      ASSERT_TRUE(isClose(GetParam(), x.f32[i], y.f32[i]));
  }
}

constexpr double flushed = 1.9e-38; // what exp may turn into 0

INSTANTIATE_TEST_SUITE_P(
    Grid, FloatFunction,
    testing::Values(Case{"Exp", expOf, std::exp, 1.1, flushed},
                    Case{"ExpOfMinus", expOfMinus, exactExpOfMinus, 1.1,
                         flushed},
                    Case{"Log", floatmath::log, std::log, 1, 0},
                    Case{"Tanh", floatmath::tanh, std::tanh, 5, 0},
                    Case{"Erf", floatmath::erf, std::erf, 5, 0},
                    // e^-x overflows where the result is below 3e-39.
                    Case{"Sigmoid", floatmath::sigmoid, sigmoid, 3, flushed},
                    Case{"Silu", floatmath::silu, silu, 3, 1e-36},
                    Case{"Softplus", floatmath::softplus, softplus, 3, flushed},
                    Case{"GeluErf", floatmath::geluErf, geluErf, 3, 1e-6},
                    Case{"GeluTanh", floatmath::geluTanh, geluTanh, 3, 1e-6}),
    [](const auto &info) { return info.param.name; });

float at(Lanes (*function)(LaneBuilder &, const Lanes &), float x) {
  LaneBuilder builder;
  return function(builder, builder.f32(x)).f32[0];
}

TEST(FloatMath, ExpIsExactAtZeroAndFlushesDenormals) {
  EXPECT_EQ(at(expOf, 0.0f), 1.0f);
  EXPECT_EQ(at(expOf, -0.0f), 1.0f);
  EXPECT_EQ(at(expOf, -87.0f), 0.0f);
  EXPECT_GT(at(expOf, -86.9f), std::numeric_limits<float>::min());
  EXPECT_LT(at(expOf, 88.72283f), infinity);
  EXPECT_EQ(at(expOf, 88.72284f), infinity);
  EXPECT_EQ(at(expOf, largest), infinity);
  EXPECT_EQ(at(expOf, -infinity), 0.0f);
}

TEST(FloatMath, SaturatesToExactlyOne) {
  for (float x : {9.0f, 100.0f, largest, infinity}) {
    EXPECT_EQ(at(floatmath::tanh, x), 1.0f);
    EXPECT_EQ(at(floatmath::tanh, -x), -1.0f);
    EXPECT_EQ(at(floatmath::erf, x), 1.0f);
    EXPECT_EQ(at(floatmath::erf, -x), -1.0f);
  }
}

TEST(FloatMath, GeluOfLargeNumbersIsExact) {
  for (float x : {30.0f, 1e30f, largest}) {
    EXPECT_EQ(at(floatmath::geluErf, x), x);
    EXPECT_EQ(at(floatmath::geluErf, -x), 0.0f);
    EXPECT_EQ(at(floatmath::geluTanh, x), x);
    EXPECT_EQ(at(floatmath::geluTanh, -x), 0.0f);
  }
}

TEST(FloatMath, LogOfTheEdgesOfItsDomain) {
  EXPECT_EQ(at(floatmath::log, 1.0f), 0.0f);
  EXPECT_EQ(at(floatmath::log, 0.0f), -infinity);
  EXPECT_EQ(at(floatmath::log, -0.0f), -infinity);
  EXPECT_EQ(at(floatmath::log, infinity), infinity);
  EXPECT_TRUE(std::isnan(at(floatmath::log, -1.0f)));
}

} // namespace
