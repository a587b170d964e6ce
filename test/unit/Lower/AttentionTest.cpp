#include "../Interpret/AttentionModule.h"
#include "CompareWithInterpreter.h"

using namespace quantir::test;

namespace {
class Attention
    : public testing::TestWithParam<std::tuple<TestTarget, AttentionCase>> {};
} // namespace

TEST_P(Attention, SameAsInterpreted) {
  auto [target, attention] = GetParam();
  EXPECT_TRUE(sameAsInterpreted(moduleOf(attention), target));
}

INSTANTIATE_TEST_SUITE_P(Forms, Attention,
                         testing::Combine(testing::ValuesIn(testTargets()),
                                          testing::ValuesIn(attentionCases())),
                         [](const auto &info) {
                           return std::get<0>(info.param).name +
                                  std::get<1>(info.param).name;
                         });
