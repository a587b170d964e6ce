#include "quantir/Calibrate/Statistics.h"

#include "Fixtures.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/xxhash.h"
#include <random>

using namespace llvm;
using namespace quantir;

namespace {
class StatisticsFile : public FolderTest {
protected:
  std::string errorOf(StringRef bytes) {
    write("s.stats", bytes);
    auto loaded = Statistics::load(path("s.stats"));
    return loaded ? "" : message(loaded.takeError());
  }

  /// The bytes with a checksum that fits them.
  static std::string resealed(StringRef bytes) {
    std::string result = bytes.drop_back(8).str();
    char checksum[8];
    support::endian::write64le(checksum, xxh3_64bits(result));
    return result.append(checksum, 8);
  }
};
} // namespace

/// Statistics of `count` samples from `seed` on, some with odd values.
static Statistics observe(unsigned seed, unsigned count) {
  Statistics statistics("8f3a");
  for (unsigned sample = seed; sample != seed + count; ++sample) {
    std::mt19937 random(sample);
    std::normal_distribution<float> gauss(0, 1 + sample % 5);
    std::vector<float> values(200);
    for (float &value : values)
      value = gauss(random);
    statistics["conv/1"].histogram.add(values);
    statistics["conv/1"].channels.add(values, 5);
    statistics["conv/1"].sensitivity.add(1.0 / (sample + 3));
    values[7] = std::nanf("");
    statistics["relu"].histogram.add(values);
    statistics["relu"].channels.add(values, 5);
    statistics["zeros"].histogram.add({0.0f, 0.0f});
    statistics.addSamples(1);
  }
  return statistics;
}

TEST(Statistics, MergeOfPartsIsTheWhole) {
  Statistics whole = observe(0, 30);
  Statistics backwards("8f3a");
  for (unsigned first : {20u, 5u, 0u})
    ASSERT_FALSE(
        static_cast<bool>(backwards.merge(observe(first, first == 20  ? 10
                                                         : first == 5 ? 15
                                                                      : 5))));
  EXPECT_EQ(backwards, whole);
  EXPECT_EQ(backwards.numSamples(), 30u);
  EXPECT_EQ(whole.find("nowhere"), nullptr);
  EXPECT_EQ(whole.find("zeros")->histogram.zeros(), 60u);
}

TEST(Statistics, MergeRefusesAnotherModelAndOtherTensors) {
  Statistics statistics = observe(0, 1), other("77ab");
  EXPECT_EQ(toString(statistics.merge(other)),
            "statistics of model 8f3a cannot be merged with those of model "
            "77ab; calibrate the same model for all parts");
  Statistics more = observe(1, 1);
  more["gelu"].histogram.add({1.0f});
  EXPECT_EQ(toString(statistics.merge(more)),
            "statistics of model 8f3a name different tensors; calibrate all "
            "parts with the same version and options");
  EXPECT_EQ(statistics, observe(0, 1));
  Statistics wider = observe(1, 1);
  wider["zeros"].channels.add({0.0f, 0.0f}, 2);
  EXPECT_FALSE(static_cast<bool>(statistics.merge(wider)));
  Statistics other5("8f3a"), other4("8f3a");
  other5["x"].channels.add({1, 2, 3, 4, 5}, 5);
  other4["x"].channels.add({1, 2, 3, 4}, 4);
  EXPECT_TRUE(static_cast<bool>(other5.merge(other4)));
}

TEST_F(StatisticsFile, IsReadBackAndHasTheSameBytesForTheSameState) {
  Statistics statistics = observe(0, 12);
  ASSERT_FALSE(static_cast<bool>(statistics.save(path("a"))));
  auto loaded = Statistics::load(path("a"));
  ASSERT_TRUE(static_cast<bool>(loaded)) << toString(loaded.takeError());
  EXPECT_EQ(*loaded, statistics);
  Statistics merged = observe(6, 6);
  ASSERT_FALSE(static_cast<bool>(merged.merge(observe(0, 6))));
  ASSERT_FALSE(static_cast<bool>(merged.save(path("b"))));
  EXPECT_EQ(bytesOf("a"), bytesOf("b"));
}

TEST_F(StatisticsFile, HoldsExtremeTensors) {
  Statistics statistics("");
  statistics[""].histogram.add({std::numeric_limits<float>::max(), -1e-44f});
  statistics["never"];
  statistics["bad"].histogram.add({std::numeric_limits<float>::infinity()});
  ASSERT_FALSE(static_cast<bool>(statistics.save(path("a"))));
  auto loaded = Statistics::load(path("a"));
  ASSERT_TRUE(static_cast<bool>(loaded)) << toString(loaded.takeError());
  EXPECT_EQ(*loaded, statistics);
}

TEST_F(StatisticsFile, ErrorsNameTheFileAndTheProblem) {
  EXPECT_EQ(message(Statistics::load(path("no")).takeError()),
            "cannot open 'no': No such file or directory");
  EXPECT_EQ(message(Statistics::load(path()).takeError()),
            "cannot open 'FOLDER': it is not a file");
  ASSERT_FALSE(static_cast<bool>(observe(0, 2).save(path("a"))));
  const std::string sound = bytesOf("a");
  EXPECT_EQ(errorOf(sound), "");
  StringRef remedy = "; make it again with --calib-stats-out";
  EXPECT_EQ(
      errorOf("{}"),
      ("'s.stats' is not a file of calibration statistics" + remedy).str());
  std::string changed = sound;
  changed[7] = 1;
  EXPECT_EQ(errorOf(changed),
            ("'s.stats' is of another version of the format" + remedy).str());
  EXPECT_EQ(errorOf(StringRef(sound).drop_back()),
            ("'s.stats' is cut off or damaged" + remedy).str());
  EXPECT_EQ(message(observe(0, 1).save(path("no/where"))),
            "cannot write 'no/where': No such file or directory");
}

// Damage that the checksum does not show, for the sanitizers.
TEST_F(StatisticsFile, AnyBytesAreSafe) {
  ASSERT_FALSE(static_cast<bool>(observe(0, 2).save(path("a"))));
  const std::string sound = bytesOf("a");
  std::mt19937 random(9);
  unsigned refused = 0;
  for (int trial = 0; trial != 1500; ++trial) {
    std::string bytes = sound;
    size_t limit = trial % 3 ? 60 : bytes.size();
    for (unsigned flips = random() % 2 + 1; flips; --flips)
      bytes[8 + random() % (limit - 8)] = static_cast<char>(random());
    if (trial % 5 == 0)
      bytes.resize(16 + random() % (bytes.size() - 16));
    refused += !errorOf(resealed(bytes)).empty();
  }
  EXPECT_GT(refused, 1000u);
}
