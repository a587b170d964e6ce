#include "quantir/Gpu/PackWords.h"

extern "C" {
#include "VulkanModel.h"
}
#include "gtest/gtest.h"
#include <cstdlib>
#include <memory>
#include <random>

using namespace quantir;

namespace {
using Words = std::vector<uint32_t>;

/// What the runtime makes of the packed words.
Words roundTrip(const Words &words) {
  std::vector<uint8_t> code = packWords(words);
  EXPECT_EQ(packWords(words), code);
  quantir_gpu_program program{};
  program.code = code.data();
  program.code_size = code.size();
  program.code_words = uint32_t(words.size());
  quantir_error error = {};
  std::unique_ptr<uint32_t, decltype(&free)> made(
      quantir_gpu_unpack(&program, &error), free);
  EXPECT_TRUE(made) << error.message;
  return made ? Words(made.get(), made.get() + words.size()) : Words();
}

/// So many words that look like instructions with references.
Words instructions(std::mt19937 &random, size_t count) {
  Words words = {0x07230203, 0x10300, 0, uint32_t(random() % 1000), 0};
  uint32_t next = 1000 + random() % 1000;
  while (words.size() < count) {
    uint32_t operands = random() % 6;
    words.push_back((operands + 1) << 16 | random() % 200);
    for (uint32_t i = 0; i < operands; ++i)
      words.push_back(i == 1 ? next++ : next - random() % 40);
  }
  words.resize(count);
  return words;
}
} // namespace

TEST(PackWords, KeepsFewWords) {
  for (const Words &words : {Words{}, Words{0}, Words{~0u}, Words{0x07230203},
                             Words{0x07230203, 1}, Words{5 << 16, 63, 64, 65},
                             Words{1, 1}, Words{7, 7, 7, 7, 7, 7, 7, 7, 7}})
    EXPECT_EQ(roundTrip(words), words);
}

TEST(PackWords, KeepsAnyWords) {
  std::mt19937 random;
  const uint32_t masks[] = {1, 3, 0xff, 0x7ffff, ~0u};
  for (int i = 0; i < 500; ++i) {
    Words words(random() % 300);
    for (uint32_t &word : words)
      word = random() % 4 ? random() & masks[i % std::size(masks)] : ~random();
    EXPECT_EQ(roundTrip(words), words);
  }
}

TEST(PackWords, KeepsReferencesNearTheEndsOfNumbers) {
  for (uint32_t last : {0u, 47u, 48u, 49u, 112u, 0x7fffffffu, 0x8000002fu,
                        0x80000030u, ~0u - 15, ~0u}) {
    Words words = {100 << 16, 0, last};
    for (uint32_t i = 0; i < 97; ++i)
      words.push_back(i < 50 ? last - 60 + 3 * i : 5 * i - 300);
    EXPECT_EQ(roundTrip(words), words) << last;
  }
}

TEST(PackWords, FindsRepetitionsAtAnyDistance) {
  std::mt19937 random;
  Words module = instructions(random, 500), words = module;
  for (int i = 0; i < 300000; ++i)
    words.push_back(uint32_t(random()) & 0xffff); // one word each
  size_t once = packWords(words).size();
  words.insert(words.end(), module.begin(), module.end());
  EXPECT_EQ(roundTrip(words), words);
  EXPECT_LT(packWords(words).size(), once + 16);
}

TEST(PackWords, PacksModulesThatDifferInTheirReferences) {
  std::mt19937 random;
  Words module = instructions(random, 2000), words = module;
  for (uint32_t shift : {1, 100, 3000}) {
    uint32_t left = 0;
    for (size_t i = 0; i < module.size(); ++i) {
      bool isReference = i >= 5 && left > 0;
      words.push_back(module[i] + (isReference ? shift : 0));
      if (i >= 5)
        left = isReference ? left - 1 : (module[i] >> 16) - 1;
    }
  }
  EXPECT_EQ(roundTrip(words), words);
  EXPECT_LT(packWords(words).size(), 2 * packWords(module).size());
}

TEST(PackWords, KeepsEqualModulesOnce) {
  ProgramCode code;
  EXPECT_EQ(code.add({1, 2, 3}), 0u);
  EXPECT_EQ(code.add({4}), 3u);
  EXPECT_EQ(code.add({1, 2, 3}), 0u);
  EXPECT_EQ(code.getWords().vec(), (Words{1, 2, 3, 4}));
}
