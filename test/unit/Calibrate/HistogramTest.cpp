#include "quantir/Calibrate/Histogram.h"

#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <random>

using namespace llvm;
using namespace quantir;

static Histogram histogramOf(ArrayRef<float> values) {
  Histogram histogram;
  histogram.add(values);
  return histogram;
}

/// Values of many magnitudes and both signs, zeros of both signs among them.
static std::vector<float> someValues(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::student_t_distribution<float> tail(2.0f);
  std::vector<float> values(count);
  for (float &value : values) {
    unsigned kind = random() % 8;
    value = kind == 0   ? 0.0f
            : kind == 1 ? -0.0f
            : kind == 2 ? std::ldexp(1.0f, static_cast<int>(random() % 12))
                        : tail(random);
  }
  return values;
}

TEST(Histogram, CountsWhatTheDefinitionSays) {
  // More than one block, the last one odd, and many in one bin.
  std::vector<float> values = someValues(100003, 1);
  values.insert(values.end(), 70000, 3.0f);
  Histogram histogram = histogramOf(values);
  double width = histogram.binWidth();
  std::vector<uint64_t> positive(Histogram::binsPerSide), negative(positive);
  uint64_t zeros = 0;
  for (float value : values) {
    if (value == 0) {
      ++zeros;
      continue;
    }
    auto bin = static_cast<size_t>(std::ceil(std::fabs(value) / width)) - 1;
    ++(value > 0 ? positive : negative).at(bin);
  }
  EXPECT_EQ(histogram.positive(), ArrayRef(positive));
  EXPECT_EQ(histogram.negative(), ArrayRef(negative));
  EXPECT_EQ(histogram.zeros(), zeros);
  EXPECT_EQ(histogram.count(), values.size());
  auto [low, high] = std::minmax_element(values.begin(), values.end());
  EXPECT_EQ(histogram.min(), *low);
  EXPECT_EQ(histogram.max(), *high);
}

TEST(Histogram, ExponentIsTheSmallestThatHoldsTheLargestMagnitude) {
  EXPECT_EQ(histogramOf({0.5f, -1.0f}).exponent(), 0);
  EXPECT_EQ(histogramOf({std::nextafter(1.0f, 2.0f)}).exponent(), 1);
  EXPECT_EQ(histogramOf({-6.0f}).exponent(), 3);
  EXPECT_EQ(histogramOf({std::numeric_limits<float>::max()}).exponent(), 128);
  EXPECT_EQ(histogramOf({1e-40f}).exponent(), Histogram::minExponent);
  EXPECT_EQ(histogramOf({1.0f}).positive().back(), 1u);
}

TEST(Histogram, StateDoesNotDependOnOrderOrSplit) {
  std::vector<float> values = someValues(30000, 2);
  values[77] = std::numeric_limits<float>::quiet_NaN();
  values[20001] = -std::numeric_limits<float>::infinity();
  values[29999] = 1e-42f;
  const Histogram whole = histogramOf(values);
  std::mt19937 random(3);
  for (int tree = 0; tree != 20; ++tree) {
    std::shuffle(values.begin(), values.end(), random);
    std::vector<Histogram> parts;
    for (ArrayRef<float> rest = values; !rest.empty();) {
      size_t size = std::min<size_t>(rest.size(), random() % 9000);
      parts.push_back(histogramOf(rest.take_front(size)));
      rest = rest.drop_front(size);
    }
    while (parts.size() > 1) {
      size_t into = random() % (parts.size() - 1);
      parts[into].merge(parts.back());
      parts.pop_back();
    }
    EXPECT_EQ(parts.front(), whole);
  }
}

TEST(Histogram, CountsNonFiniteValuesApart) {
  float infinity = std::numeric_limits<float>::infinity();
  Histogram histogram =
      histogramOf({1.0f, infinity, std::nanf(""), -infinity, -2.0f});
  EXPECT_EQ(histogram.nonFinite(), 3u);
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_EQ(histogram.min(), -2.0f);
  EXPECT_EQ(histogram.max(), 1.0f);
}

TEST(Histogram, ZerosAloneHaveNoBins) {
  Histogram histogram = histogramOf({0.0f, -0.0f});
  EXPECT_EQ(histogram.zeros(), 2u);
  EXPECT_TRUE(histogram.positive().empty());
  EXPECT_FALSE(std::signbit(histogram.min()));
  EXPECT_EQ(histogram, histogramOf({-0.0f, 0.0f}));
  histogram.merge(histogramOf({3.0f}));
  EXPECT_EQ(histogram, histogramOf({3.0f, 0.0f, 0.0f}));
}

TEST(Histogram, MomentsAreWithinABinOfTheTruth) {
  std::mt19937 random(4);
  std::normal_distribution<float> gauss(0.3f, 1.0f);
  std::vector<float> values(100000);
  double sum = 0, squares = 0;
  for (float &value : values) {
    value = gauss(random);
    sum += value;
    squares += value * value;
  }
  Histogram histogram = histogramOf(values);
  EXPECT_NEAR(histogram.mean(), sum / 1e5, histogram.binWidth() / 2);
  EXPECT_NEAR(histogram.meanSquare() / (squares / 1e5), 1, 1e-4);
}
