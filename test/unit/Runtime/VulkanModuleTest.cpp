extern "C" {
#include "VulkanModel.h"
}

#include "gtest/gtest.h"
#include <algorithm>
#include <string>
#include <vector>

namespace {

const uint32_t pushWords[] = {
#include "push.inc"
};

/// Numbers of the SPIR-V specification.
enum : uint32_t {
  kTypeArray = 28,
  kTypeStruct = 30,
  kConstant = 43,
  kDecorate = 71,
  kMemberDecorate = 72
};

/// A kernel of the module `push`, a word of which may be replaced.
class VulkanModule : public testing::Test {
protected:
  VulkanModule() {
    VkPhysicalDeviceLimits &limits = gpu.properties.limits;
    for (uint32_t &size : limits.maxComputeWorkGroupSize)
      size = 128;
    limits.maxComputeWorkGroupInvocations = 128;
    array = wordsOf(kTypeArray);
    // The first one is that of the bindings.
    block = wordsOf(kTypeStruct, 1);
  }

  /// The words of instruction `number` of those with the number `op`.
  std::vector<uint32_t> wordsOf(uint32_t op, int number = 0) {
    for (size_t at = 5; at < module.size(); at += module[at] >> 16)
      if ((module[at] & 0xffff) == op && number-- == 0)
        return {module.begin() + at, module.begin() + at + (module[at] >> 16)};
    return {};
  }

  /// What is wrong with the module when word `place` of the first instruction
  /// that begins so is `value`.
  std::string flawWith(std::vector<uint32_t> start, size_t place,
                       uint32_t value) {
    std::vector<uint32_t> words = module;
    auto at =
        std::search(words.begin(), words.end(), start.begin(), start.end());
    EXPECT_NE(at, words.end());
    at[place] = value;
    const char *flaw = quantir_gpu_flaw_of_module(&gpu, &kernel, words.data(),
                                                  uint32_t(words.size()), 0);
    return flaw ? flaw : "";
  }
  static uint32_t head(uint32_t op, uint32_t count) { return count << 16 | op; }

  quantir_gpu gpu{};
  quantir_gpu_kernel kernel{nullptr, 1, 2, 2};
  const std::vector<uint32_t> module{std::begin(pushWords),
                                     std::end(pushWords)};
  std::vector<uint32_t> array, block;
};

const char *const lacks = "has push constants that the kernel lacks";

} // namespace

TEST_F(VulkanModule, PushConstantsAreThoseOfTheKernel) {
  std::vector<uint32_t> length = {head(kConstant, 4), array[2], array[3]};
  EXPECT_EQ(flawWith(length, 3, 2), "");
  EXPECT_EQ(flawWith(length, 3, 1), "");
  EXPECT_EQ(flawWith(length, 3, 3), lacks);
  EXPECT_EQ(flawWith(length, 3, ~0u), lacks);
  EXPECT_EQ(flawWith(length, 3, 0), lacks);
  kernel.num_push = 0;
  EXPECT_EQ(flawWith(length, 3, 1), lacks);
}

TEST_F(VulkanModule, PushConstantsAreOneArrayOfWords) {
  EXPECT_EQ(flawWith({head(kDecorate, 4), array[1]}, 3, 8), lacks);
  EXPECT_EQ(flawWith({head(kMemberDecorate, 5), block[1]}, 4, 4), lacks);
  EXPECT_EQ(flawWith({head(kTypeArray, 4), array[1]}, 2, block[1]), lacks);
  EXPECT_EQ(flawWith({head(kTypeStruct, 3), block[1]}, 2, array[2]), lacks);
  EXPECT_EQ(flawWith({head(kTypeArray, 4), array[1]}, 3, array[1]), lacks);
}
