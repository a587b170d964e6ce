extern "C" {
#include "VulkanModel.h"
}

#include "PackLiterally.h"
#include "gtest/gtest.h"
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace {

using Numbers = std::vector<uint64_t>;
using Bytes = std::vector<uint8_t>;

/// Even: the bytes of a source; odd: as f32.
enum : uint64_t { Literals = 0, OfCpu = 2, Tables = 4, Wide = 1 };

/// A program that is constants alone.
struct Constants : quantir_gpu_program {
  Bytes literals, ofCpu, tables, numbers;

  Constants(uint64_t size, const Numbers &pieces) : quantir_gpu_program{} {
    for (int i = 0; i < 64; ++i) {
      literals.push_back(uint8_t(100 + i));
      ofCpu.push_back(uint8_t(i - 32));
      tables.push_back(uint8_t(i * i));
    }
    for (uint64_t number : pieces) {
      uint8_t bytes[10];
      numbers.insert(numbers.end(), bytes, put_number(bytes, number));
    }
    const Bytes *all[] = {&literals, &ofCpu, &tables};
    for (int i = 0; i < QUANTIR_GPU_SOURCES; ++i) {
      sources[i] = all[i]->data();
      source_sizes[i] = all[i]->size();
    }
    this->pieces = numbers.data();
    pieces_size = numbers.size();
    constants_size = size;
  }

  bool isValid() { return quantir_gpu_check_constants(this, &error); }
  Bytes put(uint64_t begin, uint64_t end) const {
    Bytes bytes(end - begin, 0xEE);
    quantir_gpu_put_constants(this, begin, end, bytes.data());
    return bytes;
  }
  Bytes put() const { return put(0, constants_size); }

  quantir_error error = {};
};

/// Runs of 2 bytes in three loops, f32 of every third byte, and a word of
/// literals, again and again.
const Numbers manyPieces = {
    OfCpu,         8,   1, 2, 3, 2, 24, 30, 3, 4, 7, 2, 2, 3, //
    Tables | Wide, 64,  5, 1, 1, 9, 4,  3,                    //
    Literals,      104, 6, 4, 1, 5, 4,  0};

TEST(VulkanConstants, PutsRunsOneAfterTheOther) {
  Constants constants(12, {Literals, 0, 3, 4, 0, Tables, 5, 2, 3, 0});
  ASSERT_TRUE(constants.isValid()) << constants.error.message;
  EXPECT_EQ(constants.put(),
            (Bytes{103, 104, 105, 106, 0, 4, 9, 16, 0, 0, 0, 0}));
}

TEST(VulkanConstants, TurnsLoops) {
  // Two rows, the second one before the first in the source; in each three
  // words, 8 apart.
  Constants constants(28, {OfCpu, 0, 4, 4, 2, 2, 16, 24, 3, 4, 8, //
                           Literals, 12, 0, 1, 1, 4, 1, 0});
  ASSERT_TRUE(constants.isValid()) << constants.error.message;
  Bytes expected;
  for (int row : {4, 28}) {
    for (int word = 0; word < 3; ++word)
      for (int i = 0; i < 4; ++i)
        expected.push_back(uint8_t(row + 8 * word + i - 32));
    if (row == 4)
      expected.insert(expected.end(), 4, 100);
  }
  EXPECT_EQ(constants.put(), expected);
}

TEST(VulkanConstants, WidensCodes) {
  Constants constants(16, {OfCpu | Wide, 0, 30, 2, 1, 2, 8, 3});
  ASSERT_TRUE(constants.isValid()) << constants.error.message;
  const float expected[] = {-2, -1, 1, 2};
  EXPECT_EQ(std::memcmp(constants.put().data(), expected, 16), 0);
}

/// A device that the host does not see gets them in windows.
TEST(VulkanConstants, EveryWindowIsAPartOfTheWhole) {
  Constants constants(128, manyPieces);
  ASSERT_TRUE(constants.isValid()) << constants.error.message;
  Bytes whole = constants.put();
  EXPECT_GT(std::count_if(whole.begin(), whole.end(),
                          [](uint8_t byte) { return byte != 0; }),
            60);
  for (uint64_t begin = 0; begin < 128; begin += 4)
    for (uint64_t end = begin + 4; end <= 128; end += 4)
      EXPECT_EQ(constants.put(begin, end),
                Bytes(whole.begin() + begin, whole.begin() + end))
          << begin << " to " << end;
}

TEST(VulkanConstants, NothingIsValid) {
  Constants constants(0, {});
  constants.pieces = nullptr;
  for (int i = 0; i < QUANTIR_GPU_SOURCES; ++i) {
    constants.sources[i] = nullptr;
    constants.source_sizes[i] = 0;
  }
  EXPECT_TRUE(constants.isValid()) << constants.error.message;
  constants.constants_size = 8;
  EXPECT_TRUE(constants.isValid()) << constants.error.message;
  EXPECT_EQ(constants.put(), Bytes(8));
}

TEST(VulkanConstants, RefusesPiecesThatAreNotValid) {
  const uint64_t huge = ~0ull, half = 1ull << 63;
  const std::pair<const char *, Numbers> flaws[] = {
      {"another source", {6, 0, 0, 4, 0}},
      {"an empty run", {Literals, 0, 0, 0, 0}},
      {"an empty run, for ever", {Literals, 0, 0, 0, 1, huge, 0, 0}},
      {"too long for the constants", {Literals, 16, 0, 17, 0}},
      {"too long for the source", {Literals, 0, 60, 5, 0}},
      {"behind the constants", {Literals, huge, 0, 1, 0}},
      {"behind the source", {Literals, 0, huge, 1, 0}},
      {"a huge run", {Literals, 0, 0, huge, 0}},
      {"a huge run of f32", {Literals | Wide, 0, 0, half, 0}},
      {"f32 that are too many", {Literals | Wide, 0, 0, 9, 0}},
      {"f32 that are not at words", {Literals | Wide, 2, 0, 1, 0}},
      {"f32 that lie askew", {Literals | Wide, 0, 0, 1, 1, 2, 6, 1}},
      {"a loop without turns", {Literals, 0, 0, 1, 1, 0, 0, 0}},
      {"turns behind the constants", {Literals, 0, 0, 4, 1, 9, 4, 0}},
      {"turns behind the source", {Literals, 0, 0, 1, 1, 3, 1, 32}},
      {"turns that wrap around", {Literals, 0, 0, 1, 1, 3, half, 0}},
      {"turns that wrap around there", {Literals, 0, 0, 1, 1, 3, 0, half}},
      {"many turns", {Literals, 0, 0, 1, 1, huge, 0, 0}},
      {"many turns of many", {Literals, 0, 0, 1, 2, half, 0, 0, 2, 0, 0}},
      {"more than there is to write",
       {Literals, 0, 0, 32, 0, //
        Literals, 0, 0, 1, 0}},
      {"six loops", {Literals, 0, 0, 1, 6, 1, 0, 0, 1, 0, 0, 1, 0, 0, //
                     1,        0, 0, 1, 0, 0, 1, 0, 0}},
      {"a piece that is cut", {Literals, 0, 0, 1}},
      {"a loop that is cut", {Literals, 0, 0, 1, 1, 2, 0}}};
  for (const auto &[why, pieces] : flaws) {
    Constants constants(32, pieces);
    EXPECT_FALSE(constants.isValid()) << why;
    EXPECT_NE(std::string(constants.error.message)
                  .find("of the GPU's constants is not valid"),
              std::string::npos)
        << constants.error.message;
  }
  Constants longNumber(32, {});
  longNumber.numbers = Bytes(10, 0xff);
  longNumber.numbers.push_back(0);
  longNumber.pieces = longNumber.numbers.data();
  longNumber.pieces_size = longNumber.numbers.size();
  EXPECT_FALSE(longNumber.isValid());
}

TEST(VulkanConstants, RefusesSourcesThatAreNotThere) {
  auto refuses = [](auto spoil) {
    Constants constants(32, {});
    spoil(constants);
    EXPECT_FALSE(constants.isValid());
    EXPECT_STREQ(constants.error.message,
                 "the sources of the GPU's constants are not there");
  };
  refuses([](Constants &c) { c.sources[QUANTIR_GPU_CPU_TABLES] = nullptr; });
  refuses([](Constants &c) { c.source_sizes[QUANTIR_GPU_LITERALS] = ~0ull; });
  refuses([](Constants &c) {
    c.pieces = nullptr;
    c.pieces_size = 1;
  });
  refuses([](Constants &c) { c.pieces_size = ~0ull; });
}

/// What is valid stays within its memory, which a sanitizer sees.
TEST(VulkanConstants, SurvivesAnyPieces) {
  std::mt19937 random;
  int valid = 0;
  for (int i = 0; i < 20000; ++i) {
    Constants constants(128, manyPieces);
    for (int flaws = 0; flaws < 2; ++flaws)
      constants.numbers[random() % constants.numbers.size()] =
          uint8_t(random() % 4 ? random() % 16 : random());
    if (constants.isValid()) {
      ++valid;
      constants.put(0, 64);
      constants.put(64, 128);
    }
  }
  EXPECT_GT(valid, 1000);
  EXPECT_LT(valid, 19000);
}

} // namespace
