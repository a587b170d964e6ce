extern "C" {
#include "VulkanModel.h"
}

#include "gtest/gtest.h"
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

namespace {

using Bytes = std::vector<uint8_t>;
using Words = std::vector<uint32_t>;

/// The words of a stream; none when it is refused, which `error` says.
struct Unpacked {
  Unpacked(const Bytes &code, uint32_t count) {
    quantir_gpu_program program{};
    program.code = code.data();
    program.code_size = code.size();
    program.code_words = count;
    std::unique_ptr<uint32_t, decltype(&free)> made(
        quantir_gpu_unpack(&program, &error), free);
    isValid = made != nullptr;
    if (isValid)
      words.assign(made.get(), made.get() + count);
  }
  bool isValid = false;
  Words words;
  quantir_error error = {};
};

} // namespace

TEST(VulkanCode, PutsLiteralsAndRepetitionsOneAfterTheOther) {
  // Two words, then four from 2 back; a word, then 1 from the same distance.
  Unpacked unpacked({4 << 3 | 2, 5, 6, 2, 1 << 3 | 4 | 1, 0x87, 1}, 8);
  ASSERT_TRUE(unpacked.isValid) << unpacked.error.message;
  EXPECT_EQ(unpacked.words, (Words{5, 6, 5, 6, 5, 6, 135, 6}));
}

TEST(VulkanCode, AddsToNearReferences) {
  // 4 words in an instruction: the third is 100, hence low 52 from there on.
  // Beyond are those below 52 (by 64), and those that stay.
  const uint32_t head = 6 << 16;
  Unpacked unpacked({4 | 3, 3, 0x80, 0x80, 0x18, 9, 100, 1, 65, 0xf4, 3}, 6);
  ASSERT_TRUE(unpacked.isValid) << unpacked.error.message;
  EXPECT_EQ(unpacked.words, (Words{head, 9, 100, 53, 1, 500}));
}

TEST(VulkanCode, AModuleBeginsWithoutReferences) {
  Bytes code = {4 | 3, 7, 0x80, 0x80, 0xc, 0, 100}; // {head, 0, 100}
  for (uint8_t byte : {0x83, 0x84, 0x8c, 0x39})     // 0x07230203
    code.push_back(byte);
  for (uint8_t byte : {1, 2, 3, 4, 0x80, 0x80, 8, 7})
    code.push_back(byte);
  Unpacked unpacked(code, 10);
  ASSERT_TRUE(unpacked.isValid) << unpacked.error.message;
  EXPECT_EQ(unpacked.words,
            (Words{3 << 16, 0, 100, 0x07230203, 1, 2, 3, 4, 2 << 16, 7}));
}

TEST(VulkanCode, NothingIsValid) {
  EXPECT_TRUE(Unpacked({}, 0).isValid);
  EXPECT_FALSE(Unpacked({}, 1).isValid);
  EXPECT_FALSE(Unpacked({4}, 0).isValid);
}

TEST(VulkanCode, RefusesStreamsThatAreNotValid) {
  const struct {
    const char *why;
    Bytes code;
    uint32_t count;
  } flaws[] = {
      {"words are missing", {4 | 2, 1, 2}, 3},
      {"a number is cut", {4 | 2, 1, 0x80}, 2},
      {"bytes are left", {4 | 2, 1, 2, 0}, 2},
      {"more literals than words", {4 | 2, 1, 2}, 1},
      {"many more literals", {4 | 3, 0xff, 0xff, 0xff, 0xff, 0xf, 1}, 5},
      {"a number over 32 bits", {4 | 1, 0xff, 0xff, 0xff, 0xff, 0x1f}, 1},
      {"a number of 6 bytes", {4 | 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0}, 1},
      {"a match that is too long", {4 << 3 | 1, 1, 1}, 4},
      {"a huge match", {0xf9, 0xff, 0xff, 0xff, 0xf, 1, 1}, 9},
      {"a distance before the begin", {1 << 3 | 1, 1, 2}, 2},
      {"a distance of 0", {1 << 3 | 1, 1, 0}, 2},
      {"the last distance of none", {1 << 3 | 4 | 1, 1}, 2},
      {"a huge distance", {1 << 3 | 1, 1, 0xff, 0xff, 0xff, 0xff, 0xf}, 2},
      {"too many words", {4 | 1, 1}, ~0u}};
  for (const auto &flaw : flaws) {
    Unpacked unpacked(flaw.code, flaw.count);
    EXPECT_FALSE(unpacked.isValid) << flaw.why;
    EXPECT_EQ(std::string(unpacked.error.message),
              "the GPU program's code is not valid: " +
                  std::to_string(flaw.code.size()) + " bytes are not " +
                  std::to_string(flaw.count) + " words")
        << flaw.why;
  }
}

TEST(VulkanCode, SurvivesAnyStream) {
  std::mt19937 random;
  for (int i = 0; i < 20000; ++i) {
    Bytes code(random() % 40);
    for (uint8_t &byte : code)
      byte = uint8_t(random() % 3 ? random() % 32 : random());
    Unpacked(code, random() % 200);
  }
}
