#include "quantir/Quantize/WeightCodes.h"

#include "mlir/IR/Builders.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace quantir;

namespace {
struct WeightCodesTest : testing::Test {
  FloatElements floats(ArrayRef<int64_t> shape, ArrayRef<float> values) {
    auto type = RankedTensorType::get(shape, Float32Type::get(&context));
    return *FloatElements::from(DenseElementsAttr::get(type, values));
  }
  MLIRContext context;
};
} // namespace

// [K, N] weights: channels alternate.
TEST_F(WeightCodesTest, ScalesEachChannelByItsLargestWeight) {
  FloatElements weights = floats({2, 3}, {127, -1, 0, -63.5, 0.5, 0});
  ChannelLayout layout({2, 3}, 1);
  WeightCodes codes = quantizeWeights(weights, layout, 1, {});
  EXPECT_EQ(codes.scales, (std::vector<float>{1, 1.0 / 127, 1}));
  EXPECT_EQ(codes.codes, (std::vector<int8_t>{127, -127, 0, -64, 64, 0}));
}

TEST_F(WeightCodesTest, ErrorIsAtMostHalfAStep) {
  std::vector<float> values;
  for (int i = 0; i < 4 * 101; ++i)
    values.push_back(std::sin(float(i)) * float(1 + i / 101));
  FloatElements weights = floats({4, 101}, values);
  ChannelLayout layout({4, 101}, 0);
  WeightCodes codes = quantizeWeights(weights, layout, 1, {});
  for (size_t i = 0; i < values.size(); ++i) {
    double scale = codes.scales[i / 101];
    EXPECT_LE(std::abs(codes.codes[i] * scale - values[i]),
              scale * (0.5 + 1e-5));
  }
}

// Trap 10 of published methods: weights fitted to too few samples are worse
// than rounded ones. No samples come in here: codes are those of rounding,
// whatever was calibrated.
TEST_F(WeightCodesTest, Trap10CodesDoNotDependOnSamples) {
  std::vector<float> values;
  for (int i = 0; i < 64; ++i)
    values.push_back(std::cos(float(i * i)));
  FloatElements weights = floats({4, 16}, values);
  ChannelLayout layout({4, 16}, 0);
  WeightCodes some = quantizeWeights(weights, layout, 1e-3f, {});
  WeightCodes others = quantizeWeights(weights, layout, 1e3f, {});
  EXPECT_EQ(some.codes, others.codes);
  EXPECT_EQ(some.scales, others.scales);
}

TEST_F(WeightCodesTest, SplatsHaveEveryElement) {
  auto type = RankedTensorType::get({2, 2}, Float32Type::get(&context));
  auto splat = *FloatElements::from(DenseElementsAttr::get(type, 2.0f));
  WeightCodes codes = quantizeWeights(splat, ChannelLayout({2, 2}, 0), 1, {});
  EXPECT_EQ(codes.codes, std::vector<int8_t>(4, 127));
}

// A dead channel with a bias: its scale grows until the bias is 2^30 steps.
TEST_F(WeightCodesTest, BiasWidensItsChannelOnly) {
  FloatElements weights = floats({2, 1}, {1e-30f, 1});
  float bias[] = {5, 5};
  WeightCodes codes =
      quantizeWeights(weights, ChannelLayout({2, 1}, 0), 0.1f, bias);
  EXPECT_EQ(codes.codes, (std::vector<int8_t>{0, 127}));
  EXPECT_EQ(codes.scales[1], float(1.0 / 127));
  double scales[] = {double(0.1f) * codes.scales[0],
                     double(0.1f) * codes.scales[1]};
  auto steps = quantizeBias(bias, scales);
  ASSERT_TRUE(steps);
  EXPECT_LE((*steps)[0], 1 << 30);
  EXPECT_GE((*steps)[0], (1 << 30) - 256);
}

TEST_F(WeightCodesTest, BiasBeyondHalfTheRangeIsRefused) {
  EXPECT_FALSE(quantizeBias({3.0f}, {0x1p-30}));
  EXPECT_FALSE(quantizeBias({NAN}, {1.0}));
  EXPECT_EQ(quantizeBias({-1.0f}, {0x1p-30}), std::vector<int32_t>{-(1 << 30)});
}

// Every input at the end of its range that is farther from the zero point.
TEST_F(WeightCodesTest, BoundIsReached) {
  FloatElements weights = floats({1, 3}, {1, -0.5, 0.25});
  ChannelLayout layout({1, 3}, 0);
  WeightCodes codes = quantizeWeights(weights, layout, 1, {});
  ASSERT_EQ(codes.codes, (std::vector<int8_t>{127, -64, 32}));
  EXPECT_EQ(accumulatorBounds(codes, layout, 0)[0], 255 * (127 + 64 + 32));
  EXPECT_EQ(accumulatorBounds(codes, layout, 200)[0], 200 * (127 + 64 + 32));
}
