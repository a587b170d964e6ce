#include "quantir/Runtime/Runtime.h"

#include "gtest/gtest.h"
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace {

using Pool = std::unique_ptr<quantir_pool, decltype(&quantir_pool_destroy)>;

Pool makePool(int32_t threads) {
  return {quantir_pool_create(threads), quantir_pool_destroy};
}

/// Counts how often each tile ran.
struct Counts {
  explicit Counts(int32_t tiles) : runs(tiles) {}
  static void count(void *ctx, int32_t tile) {
    static_cast<Counts *>(ctx)->runs[tile].fetch_add(1);
  }
  bool allAre(int expected) const {
    for (const std::atomic<int> &run : runs)
      if (run != expected)
        return false;
    return true;
  }
  std::vector<std::atomic<int>> runs;
};

class PoolOfThreads : public testing::TestWithParam<int32_t> {};

} // namespace

TEST_P(PoolOfThreads, RunsEveryTileOnce) {
  Pool pool = makePool(GetParam());
  ASSERT_TRUE(pool);
  EXPECT_EQ(quantir_pool_threads(pool.get()), GetParam());
  for (int32_t tiles : {0, 1, 2, 3, 7, 64, 1001})
    for (int repeat = 0; repeat < 50; ++repeat) {
      Counts counts(tiles);
      quantir_pool_parallel_for(pool.get(), tiles, Counts::count, &counts);
      ASSERT_TRUE(counts.allAre(1)) << tiles << " tiles";
    }
}

TEST_P(PoolOfThreads, SurvivesManyShortLoops) {
  Pool pool = makePool(GetParam());
  Counts counts(3);
  for (int repeat = 0; repeat < 20000; ++repeat)
    quantir_pool_parallel_for(pool.get(), 3, Counts::count, &counts);
  EXPECT_TRUE(counts.allAre(20000));
}

TEST_P(PoolOfThreads, WakesThreadsThatSleep) {
  Pool pool = makePool(GetParam());
  for (int repeat = 0; repeat < 20; ++repeat) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    Counts counts(16);
    quantir_pool_parallel_for(pool.get(), 16, Counts::count, &counts);
    ASSERT_TRUE(counts.allAre(1));
  }
}

TEST_P(PoolOfThreads, LoopsInsideTilesRunInline) {
  Pool pool = makePool(GetParam());
  struct Nested {
    quantir_pool *pool;
    Counts counts;
  } nested{pool.get(), Counts(8)};
  quantir_pool_parallel_for(
      pool.get(), 5,
      [](void *ctx, int32_t) {
        auto *nested = static_cast<Nested *>(ctx);
        quantir_pool_parallel_for(nested->pool, 8, Counts::count,
                                  &nested->counts);
      },
      &nested);
  EXPECT_TRUE(nested.counts.allAre(5));
}

TEST_P(PoolOfThreads, MayBeSharedByTwoCallers) {
  Pool pool = makePool(GetParam());
  auto callMany = [&] {
    for (int repeat = 0; repeat < 2000; ++repeat) {
      Counts counts(9);
      quantir_pool_parallel_for(pool.get(), 9, Counts::count, &counts);
      ASSERT_TRUE(counts.allAre(1));
    }
  };
  std::thread other(callMany);
  callMany();
  other.join();
}

INSTANTIATE_TEST_SUITE_P(Threads, PoolOfThreads, testing::Values(1, 2, 5),
                         testing::PrintToStringParamName());

TEST(Pool, RefusesImpossibleNumbers) {
  EXPECT_EQ(quantir_pool_create(0), nullptr);
  EXPECT_EQ(quantir_pool_create(-1), nullptr);
  EXPECT_EQ(quantir_pool_create(1000000), nullptr);
}

TEST(Pool, NoPoolMeansOneThread) {
  Counts counts(4);
  quantir_pool_parallel_for(nullptr, 4, Counts::count, &counts);
  EXPECT_TRUE(counts.allAre(1));
  EXPECT_EQ(quantir_pool_threads(nullptr), 1);
}
