#include "quantir/Calibrate/ChannelStatistics.h"
#include "quantir/Calibrate/Sensitivity.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace llvm;
using namespace quantir;

TEST(ExactSum, HoldsMultiplesOfItsUnitOfEitherSign) {
  ExactSum sum;
  for (double term : {-3.0, 0x1p-40, 0x1p60, -0x1p60, 0x1p-42})
    sum.add(term);
  EXPECT_EQ(sum.value(), -3.0 + 0x1p-40);
  ExactSum most;
  for (int i = 0; i != 4; ++i)
    most.add(HUGE_VAL);
  EXPECT_EQ(most.value(), 0x1p65);
}

TEST(ChannelStatistics, KeepsExtremesAndMeanOfEachChannel) {
  ChannelStatistics statistics;
  statistics.add({1, -2, 3, 4}, 2);
  statistics.add({-5, 0.5f}, 2);
  ASSERT_EQ(statistics.count(), 3u);
  ASSERT_EQ(statistics.channels().size(), 2u);
  EXPECT_EQ(statistics.channels()[0].low, -5);
  EXPECT_EQ(statistics.channels()[0].high, 3);
  EXPECT_EQ(statistics.channels()[1].low, -2);
  EXPECT_EQ(statistics.channels()[1].high, 4);
  EXPECT_DOUBLE_EQ(statistics.mean(0), -1.0 / 3);
  EXPECT_DOUBLE_EQ(statistics.mean(1), 2.5 / 3);
}

TEST(ChannelStatistics, RowsThatAreNotFiniteAreLeftOut) {
  ChannelStatistics statistics;
  statistics.add({NAN, 1}, 2);
  EXPECT_TRUE(statistics.channels().empty());
  statistics.add({1, 2, HUGE_VALF, 9}, 2);
  EXPECT_EQ(statistics.count(), 1u);
  EXPECT_EQ(statistics.channels()[1].high, 2);
}

TEST(ChannelStatistics, ManyRowsAreEachOfThem) {
  constexpr size_t numRows = 1000, width = 35;
  std::mt19937 random(5);
  std::vector<float> values(numRows * width);
  for (float &value : values) // whole numbers, so that every sum is exact
    value = float(int(random() % 2001) - 1000);
  values[300 * width + 17] = NAN;
  ChannelStatistics all, each;
  all.add(values, width);
  for (size_t row = 0; row != numRows; ++row)
    each.add(llvm::ArrayRef(values).slice(row * width, width), width);
  EXPECT_EQ(all.count(), numRows - 1);
  EXPECT_EQ(all, each);
}

TEST(ChannelStatistics, AnyOrderAndSplitGivesTheSameBits) {
  auto sample = [](unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> gauss(0.3f, 2);
    std::vector<float> values(7 * 11);
    for (float &value : values)
      value = gauss(random);
    return values;
  };
  ChannelStatistics whole, odd, even;
  for (unsigned seed = 0; seed != 20; ++seed)
    whole.add(sample(seed), 7);
  for (unsigned seed = 20; seed--;)
    (seed % 2 ? odd : even).add(sample(seed), 7);
  ASSERT_TRUE(odd.merge(even));
  EXPECT_EQ(odd, whole);
}

TEST(ChannelStatistics, MergeRefusesAnotherNumberOfChannels) {
  ChannelStatistics two, three, none;
  two.add({1, 2}, 2);
  three.add({1, 2, 3}, 3);
  ChannelStatistics before = two;
  EXPECT_FALSE(two.merge(three));
  EXPECT_TRUE(two.merge(none));
  EXPECT_EQ(two, before);
  EXPECT_TRUE(none.merge(two));
  EXPECT_EQ(none, two);
}

TEST(Sensitivity, IsTheMeanOfRatiosUpToOne) {
  Sensitivity first, second;
  EXPECT_FALSE(first.noiseToSignal());
  first.add(0.25);
  for (double lost : {3.0, double(NAN)})
    second.add(lost);
  second.add(0);
  first.merge(second);
  EXPECT_EQ(first.count(), 4u);
  EXPECT_EQ(first.noiseToSignal(), 2.25 / 4);
}
