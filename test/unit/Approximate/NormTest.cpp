#include "quantir/Approximate/Norm.h"

#include "Rows.h"

#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace quantir::approximate;
using namespace quantir::test;

TEST(IntegerRoot, IsExactInSixSteps) {
  auto check = [](uint64_t n) {
    int steps = 0;
    auto root = (unsigned __int128)integerRoot(n, &steps);
    ASSERT_LE(root * root, n);
    ASSERT_GT((root + 1) * (root + 1), n);
    if (n < uint64_t(1) << 32)
      ASSERT_LE(steps, 6) << n;
  };
  for (uint64_t n = 0; n < 100000; ++n)
    check(n);
  for (uint64_t n = 100000; n < uint64_t(1) << 32; n += 99991)
    check(n);
  for (uint64_t root = 1; root < uint64_t(1) << 32; root += 98765431) {
    check(root * root);
    check(root * root - 1);
  }
  check(~uint64_t(0));
}

/// The largest error against layer norm of the same codes in double, relative
/// to the deviation of the results, which is 1.
static double worstError(NormForm form, Conduct conduct,
                         const std::vector<std::vector<int32_t>> &rows) {
  double worst = 0;
  for (const std::vector<int32_t> &row : rows) {
    double mean = 0, variance = 0;
    for (double code : row)
      mean += code / double(row.size());
    for (double code : row)
      variance += (code - mean) * (code - mean) / double(row.size());
    ScaledCodes result = llvm::cantFail(normalize(form, row, conduct));
    for (size_t i = 0; i < row.size(); ++i)
      worst = std::max(worst, std::abs(double(result.codes[i]) * result.scale -
                                       (row[i] - mean) / std::sqrt(variance)));
  }
  return worst;
}

TEST(Norm, RoundedMeanHasThePublishedErrors) {
  for (auto conduct : {Conduct::Sound, Conduct::AsPublished}) {
    EXPECT_NEAR(
        worstError(NormForm::IBert, conduct, normRows(50, 768, 127, false)),
        2.0e-2, 1.2e-2);
    EXPECT_NEAR(
        worstError(NormForm::IBert, conduct, normRows(50, 768, 2047, false)),
        1.3e-3, 8e-4);
  }
}

TEST(Norm, ExactFormIsExact) {
  EXPECT_LT(worstError(NormForm::Exact, Conduct::Sound,
                       normRows(50, 768, 127, false)),
            1e-6);
  EXPECT_LT(
      worstError(NormForm::Exact, Conduct::Sound, normRows(50, 768, 127, true)),
      1e-6);
  EXPECT_LT(worstError(NormForm::Exact, Conduct::Sound,
                       normRows(50, 4096, 32767, true)),
            1e-6);
}

TEST(Norm, EqualCodesGiveZeros) {
  for (NormForm form : {NormForm::Exact, NormForm::IBert})
    for (int64_t code :
         llvm::cantFail(normalize(form, {7, 7, 7}, Conduct::Sound)).codes)
      EXPECT_EQ(code, 0);
}

TEST(PowerOfTwoFactors, LieBetweenOneScaleAndOneEach) {
  std::mt19937 random(3);
  std::normal_distribution<double> normal(0, 1);
  constexpr int channels = 64, rows = 256;
  std::vector<double> range(channels);
  for (double &r : range)
    r = std::exp(normal(random));
  std::vector<float> values;
  double largest = 0;
  for (int i = 0; i < rows * channels; ++i) {
    values.push_back(float(normal(random) * range[i % channels]));
    largest = std::max<double>(largest, std::abs(values.back()));
  }
  double scale = largest / 127;
  std::vector<int> factors =
      powerOfTwoFactors(values, channels, scale, -127, 127);
  auto noise = [&](auto scaleOf) {
    double sum = 0;
    for (int i = 0; i < rows * channels; ++i) {
      CodeSet codes{scaleOf(i % channels), 0, -127, 127};
      double error = values[i] - codes.real(codes.code(values[i]));
      sum += error * error;
    }
    return sum;
  };
  double one = noise([&](int) { return scale; });
  double powers =
      noise([&](int c) { return std::ldexp(scale, factors[c] - 3); });
  // Channels whose range is an eighth or less of the largest gain 18 dB.
  EXPECT_GT(10 * std::log10(one / powers), 5);
}

TEST(PowerOfTwoNorm, IsNearLayerNorm) {
  PowerOfTwoNorm norm{0.01, {}, {}, {}, 4.0 / 127};
  std::mt19937 random(9);
  std::normal_distribution<double> normal(0, 30);
  std::vector<int32_t> codes;
  std::vector<double> real;
  for (int i = 0; i < 192; ++i) {
    norm.factors.push_back(i % 4);
    norm.weight.push_back(i % 5 ? 0.7 : -1.2);
    norm.bias.push_back(0.1 * (i % 3));
    codes.push_back(int32_t(std::lround(normal(random))));
    real.push_back(0.01 * codes.back() * (1 << (i % 4)));
  }
  double mean = 0, variance = 0;
  for (double x : real)
    mean += x / 192;
  for (double x : real)
    variance += (x - mean) * (x - mean) / 192;
  std::vector<int64_t> result = norm(codes);
  for (int i = 0; i < 192; ++i) {
    double wanted =
        (real[i] - mean) / std::sqrt(variance) * norm.weight[i] + norm.bias[i];
    // Mantissas of 8 bits: 1/128 of the value, and the rounding.
    EXPECT_NEAR(double(result[i]) * norm.outScale, wanted,
                std::abs(wanted) / 128 + 0.05);
  }
}
