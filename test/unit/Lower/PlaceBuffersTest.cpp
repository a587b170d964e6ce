#include "quantir/Lower/PlaceBuffers.h"

#include <gtest/gtest.h>

using namespace quantir;

/// Places `buffers` and expects none of two that live together to overlap.
static int64_t place(std::vector<BufferLife> &buffers) {
  std::optional<int64_t> size = placeBuffers(buffers);
  EXPECT_TRUE(size);
  for (const BufferLife &a : buffers) {
    EXPECT_GE(a.offset, 0);
    EXPECT_LE(a.offset + a.size, *size);
    for (const BufferLife &b : buffers) {
      bool together = a.begin <= b.end && b.begin <= a.end;
      bool apart =
          a.offset + a.size <= b.offset || b.offset + b.size <= a.offset;
      EXPECT_TRUE(&a == &b || !together || apart);
    }
  }
  return *size;
}

TEST(PlaceBuffers, NothingNeedsNothing) {
  std::vector<BufferLife> none;
  EXPECT_EQ(place(none), 0);
}

TEST(PlaceBuffers, SharesWhereNothingLivesTogether) {
  std::vector<BufferLife> chain{{128, 0, 1}, {64, 1, 2}, {128, 2, 3}};
  EXPECT_EQ(place(chain), 192);
}

// The largest buffers are alike, so that taking them in order of size leaves a
// hole that the next one does not fit into.
TEST(PlaceBuffers, ReachesTheLargestLiveSetOfResidualBlocks) {
  std::vector<BufferLife> blocks;
  for (int64_t start : {0, 14, 28}) {
    blocks.push_back({1025, start, start + 14});
    blocks.push_back({1157, start + 3, start + 14});
    blocks.push_back({1157, start + 6, start + 9});
  }
  EXPECT_EQ(largestLiveSet(blocks), 1025 + 2 * 1157);
  EXPECT_EQ(place(blocks), 1025 + 2 * 1157);
}

// Seven projections, scores and their like, as float attention has them, for
// several layers: no order alone comes close.
TEST(PlaceBuffers, StaysNearTheLargestLiveSetOfAttention) {
  std::vector<BufferLife> layers;
  for (int64_t s = 0; s < 360; s += 60)
    layers.insert(layers.end(), {{25024, s, s + 45},
                                 {74944, s + 10, s + 13},
                                 {74944, s + 13, s + 22},
                                 {25024, s + 16, s + 28},
                                 {25024, s + 19, s + 27},
                                 {25024, s + 22, s + 36},
                                 {30784, s + 27, s + 28},
                                 {50816, s + 28, s + 31},
                                 {50816, s + 31, s + 37}});
  EXPECT_LE(double(place(layers)), 1.1 * double(*largestLiveSet(layers)));
}

TEST(PlaceBuffers, SaysWhenSizesCannotBeCounted) {
  int64_t half = int64_t(1) << 62;
  std::vector<BufferLife> buffers{{half, 0, 1}, {half, 0, 1}};
  EXPECT_FALSE(placeBuffers(buffers));
}
