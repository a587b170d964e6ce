#include "quantir/Calibrate/Estimators.h"

#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

using namespace llvm;
using namespace quantir;

static constexpr CodeRange u8{0, 255, true};
static constexpr CodeRange i8{-127, 127, false};

static std::vector<float> draw(const std::function<float(std::mt19937 &)> &next,
                               size_t count = 200000) {
  std::mt19937 random(7);
  std::vector<float> values(count);
  for (float &value : values)
    value = next(random);
  return values;
}

static Histogram histogramOf(ArrayRef<float> values) {
  Histogram histogram;
  histogram.add(values);
  return histogram;
}

/// The error that quantization really makes, value by value.
static double exactError(ArrayRef<float> values,
                         const ScaleAndZeroPoint &quantization,
                         const CodeRange &codes) {
  double sum = 0;
  for (float value : values) {
    double code =
        std::nearbyint(value / static_cast<double>(quantization.scale) +
                       quantization.zeroPoint);
    code = std::clamp<double>(code, codes.min, codes.max);
    double error = value - (code - quantization.zeroPoint) *
                               static_cast<double>(quantization.scale);
    sum += error * error;
  }
  return sum / static_cast<double>(values.size());
}

static double decibelsBetween(double error, double other) {
  return 10 * std::log10(error / other);
}

namespace {
struct Case {
  const char *name;
  std::function<float(std::mt19937 &)> next;
  CodeRange codes;
};
class MseOf : public testing::TestWithParam<Case> {};
} // namespace

static float gauss(std::mt19937 &random) {
  return std::normal_distribution<float>()(random);
}
static float laplace(std::mt19937 &random) {
  float magnitude = std::exponential_distribution<float>()(random);
  return random() % 2 ? magnitude : -magnitude;
}
static float student(std::mt19937 &random) {
  return std::student_t_distribution<float>(3.0f)(random);
}
static float withOutliers(std::mt19937 &random) {
  return random() % 10000 ? gauss(random) : 60.0f;
}
static float afterGelu(std::mt19937 &random) {
  float x = gauss(random);
  return 0.5f * x * (1 + std::erf(x * std::sqrt(0.5f)));
}
static float afterRelu(std::mt19937 &random) {
  return std::max(gauss(random), 0.0f);
}
static float softmaxLike(std::mt19937 &random) {
  return std::exp(-std::fabs(4 * gauss(random)) - 1);
}
static float farFromZero(std::mt19937 &random) { return 5 + gauss(random) / 9; }
static float constant(std::mt19937 &) { return -3.5f; }
static float levels(std::mt19937 &random) {
  return static_cast<float>(random() % 5) * 0.75f;
}

TEST_P(MseOf, PredictsTheErrorItMakes) {
  const Case &test = GetParam();
  std::vector<float> values = draw(test.next);
  Histogram histogram = histogramOf(values);
  double width = histogram.binWidth();
  for (double shrink : {1.0, 0.5, 0.1}) {
    ScaleAndZeroPoint range = scaleForRange(
        histogram.min() * shrink, histogram.max() * shrink, test.codes);
    // Within a bin the model knows nothing: a bin width is its resolution.
    EXPECT_NEAR(std::sqrt(meanSquaredError(histogram, range, test.codes)),
                std::sqrt(exactError(values, range, test.codes)), width / 2);
  }
}

TEST_P(MseOf, IsNeverWorseThanMinMaxAndNearBruteForce) {
  const Case &test = GetParam();
  std::vector<float> values = draw(test.next);
  Histogram histogram = histogramOf(values);
  ScaleAndZeroPoint chosen = estimateScale(histogram, {}, test.codes);
  ScaleAndZeroPoint minmax =
      estimateScale(histogram, {Estimator::Kind::MinMax}, test.codes);
  double error = exactError(values, chosen, test.codes);
  EXPECT_LE(decibelsBetween(error + 1e-12,
                            exactError(values, minmax, test.codes) + 1e-12),
            0.05);

  double best = meanSquaredError(histogram, minmax, test.codes);
  for (int low = 1; low <= 48; ++low)
    for (int high = 1; high <= 48; ++high)
      best = std::min(
          best, meanSquaredError(histogram,
                                 scaleForRange(histogram.min() * low / 48.0,
                                               histogram.max() * high / 48.0,
                                               test.codes),
                                 test.codes));
  EXPECT_LE(meanSquaredError(histogram, chosen, test.codes),
            best * 1.01 + 1e-15);
}

INSTANTIATE_TEST_SUITE_P(
    Distributions, MseOf,
    testing::Values(
        Case{"GaussSymmetric", gauss, i8}, Case{"GaussUnsigned", gauss, u8},
        Case{"Gauss4Bit", gauss, CodeRange::symmetricBits(4)},
        Case{"LaplaceSymmetric", laplace, i8},
        Case{"LaplaceUnsigned4Bit", laplace, CodeRange::unsignedBits(4)},
        Case{"Student", student, i8}, Case{"StudentUnsigned", student, u8},
        Case{"Outliers", withOutliers, u8},
        Case{"OutliersSymmetric", withOutliers, i8},
        Case{"Gelu", afterGelu, u8}, Case{"Relu", afterRelu, u8},
        Case{"Softmax", softmaxLike, u8}, Case{"FarFromZero", farFromZero, u8},
        Case{"Constant", constant, u8}, Case{"Levels", levels, u8}),
    [](const auto &info) { return info.param.name; });

TEST(ScaleForRange, WidensToZeroAndRepresentsItExactly) {
  EXPECT_EQ(scaleForRange(2, 5.1, u8), (ScaleAndZeroPoint{0.02f, 0}));
  EXPECT_EQ(scaleForRange(-5.1, -2, u8), (ScaleAndZeroPoint{0.02f, 255}));
  EXPECT_EQ(scaleForRange(-1, 1.55, u8), (ScaleAndZeroPoint{0.01f, 100}));
  EXPECT_EQ(scaleForRange(-1.27, 0.5, i8), (ScaleAndZeroPoint{0.01f, 0}));
}

TEST(ScaleForRange, GivesUsableScalesForExtremeRanges) {
  EXPECT_EQ(scaleForRange(0, 0, u8), (ScaleAndZeroPoint{1, 0}));
  EXPECT_EQ(scaleForRange(0, 0, i8), (ScaleAndZeroPoint{1, 0}));
  EXPECT_GE(scaleForRange(0, 1e-44, u8).scale,
            std::numeric_limits<float>::min());
  double most = std::numeric_limits<float>::max();
  ScaleAndZeroPoint widest = scaleForRange(-most, most, u8);
  EXPECT_TRUE(std::isfinite(widest.scale));
  EXPECT_EQ(widest.zeroPoint, 128);
}

TEST(EstimateScale, NothingButZerosGivesScaleOne) {
  for (auto kind : {Estimator::Kind::MinMax, Estimator::Kind::Percentile,
                    Estimator::Kind::Mse, Estimator::Kind::Entropy}) {
    EXPECT_EQ(estimateScale(histogramOf({0.0f}), {kind}, u8).scale, 1);
    EXPECT_EQ(estimateScale(Histogram(), {kind}, i8).scale, 1);
  }
}

TEST(Percentile, IsWithinABinAboveTheExactOrderStatistic) {
  std::vector<float> values = draw(student, 50021);
  Histogram histogram = histogramOf(values);
  std::vector<float> magnitudes = values;
  for (float &value : magnitudes)
    value = std::fabs(value);
  std::sort(magnitudes.begin(), magnitudes.end());
  for (double percent : {50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
    auto rank = static_cast<size_t>(
        std::ceil(percent / 100 * static_cast<double>(values.size())));
    double exact = magnitudes[rank - 1];
    ScaleAndZeroPoint scale =
        estimateScale(histogram, {Estimator::Kind::Percentile, percent}, i8);
    double bound = static_cast<double>(scale.scale) * 127;
    EXPECT_GE(bound, exact * (1 - 1e-6)) << percent;
    EXPECT_LE(bound, (exact + histogram.binWidth()) * (1 + 1e-6)) << percent;
  }
}

TEST(Percentile, CutsHalfOnEachSideOfAnAsymmetricRange) {
  std::vector<float> values = draw(gauss, 40000);
  Histogram histogram = histogramOf(values);
  std::sort(values.begin(), values.end());
  ScaleAndZeroPoint scale =
      estimateScale(histogram, {Estimator::Kind::Percentile, 98}, u8);
  double width = histogram.binWidth();
  double low = -values[40000 - 39600], high = values[39600 - 1];
  EXPECT_NEAR(scale.scale * 255.0, low + high, 2 * width + 1e-5);
}

TEST(Entropy, ClipsAFewFarOutliers) {
  Histogram histogram = histogramOf(draw(withOutliers));
  for (const CodeRange &codes : {i8, u8}) {
    ScaleAndZeroPoint scale =
        estimateScale(histogram, {Estimator::Kind::Entropy}, codes);
    EXPECT_LT(scale.scale * 127, 30);
  }
}

TEST(Entropy, KeepsWhatTheCodesExpressWithoutLoss) {
  // One value a code: any clipping would lose, so the range must stay whole.
  std::vector<float> values;
  for (int code = -127; code <= 127; ++code)
    values.insert(values.end(), 1 + code * code % 7, code / 64.0f);
  ScaleAndZeroPoint scale =
      estimateScale(histogramOf(values), {Estimator::Kind::Entropy}, i8);
  EXPECT_EQ(scale.scale, 1 / 64.0f);
}

TEST(EstimatorParse, ReadsWhatItPrints) {
  for (StringRef text :
       {"auto", "minmax", "percentile:99.99", "mse", "entropy"}) {
    Expected<Estimator> estimator = Estimator::parse(text);
    ASSERT_TRUE(static_cast<bool>(estimator));
    EXPECT_TRUE(StringRef(estimator->str()).starts_with(text.split(':').first));
  }
  for (StringRef text : {"percentile", "percentile:0", "percentile:101",
                         "percentile:nan", "MSE", ""})
    EXPECT_EQ(
        toString(Estimator::parse(text).takeError()),
        "unknown calibration method '" + text.str() +
            "'; use auto, minmax, percentile:P with P in (0, 100], mse or "
            "entropy");
}
