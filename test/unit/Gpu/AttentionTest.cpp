#include "../Interpret/AttentionModule.h"
#include "CompareWithInterpreter.h"

using namespace quantir::test;

namespace {
class GpuAttention : public OnGpu,
                     public testing::WithParamInterface<AttentionCase> {};
} // namespace

TEST_P(GpuAttention, SameAsInterpreted) {
  EXPECT_TRUE(sameAsInterpreted(moduleOf(GetParam(), /*inKernel=*/false)));
}

/// A mask known at compile time is any other operand here.
static std::vector<AttentionCase> casesWithoutKnownMasks() {
  std::vector<AttentionCase> cases = attentionCases();
  llvm::erase_if(cases, [](const AttentionCase &attention) {
    return attention.sees != nullptr;
  });
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Forms, GpuAttention,
                         testing::ValuesIn(casesWithoutKnownMasks()),
                         [](const auto &info) { return info.param.name; });

/// Adreno multiplies unsigned codes, whose f32 sums are exact in shorter
/// chunks.
TEST_F(OnGpu, AttentionOfUnsignedCodes) {
  for (AttentionCase attention :
       {AttentionCase{.queries = 6, .keys = 35, .depth = 16},
        AttentionCase{.queries = 2, .keys = 20, .depth = 1024},
        AttentionCase{.heads = 1,
                      .queries = 2,
                      .keys = 1024,
                      .depth = 256,
                      .keyHeads = 1}})
    EXPECT_TRUE(sameAsInterpreted(moduleOf(attention, /*inKernel=*/false),
                                  {Inputs::ordinary}, "adreno"));
}

/// One dispatch where rows of heads are whole words; as many as it takes, with
/// the same bytes, where they are not, or where a row has too many keys.
TEST_F(OnGpu, AttentionIsOneDispatch) {
  auto dispatches = [](AttentionCase attention) -> size_t {
    auto model = GpuModel::compile(moduleOf(attention, /*inKernel=*/false));
    EXPECT_TRUE(bool(model)) << llvm::toString(model.takeError());
    return model ? (*model)->program.dispatches.size() : 0;
  };
  AttentionCase words{.queries = 6, .keys = 1024, .depth = 8};
  EXPECT_EQ(dispatches(words), 1u);
  AttentionCase bytes = words;
  bytes.depth = 6;
  EXPECT_GT(dispatches(bytes), 3u);
  AttentionCase longer = words;
  longer.keys = 1028;
  EXPECT_GT(dispatches(longer), 3u);
}
