#include "CompareWithInterpreter.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace quantir::test;

namespace {
struct FusedMultiplyAdd : testing::TestWithParam<TestTarget> {};

/// Factors of which some products lie 2^-30 beside a power of two: added to
/// `addends` they come so close to a tie that double cannot tell.
constexpr float factors[] = {
    1.0f,     0x1.0002p+0f, 0x1.fffcp-25f,    -0x1.fffcp-25f,
    0x1p-24f, 0x1.8p-24f,   -0x1p-149f,       0x1.234568p-100f,
    0x1p-75f, 3.0f,         -0x1.fffffep127f, INFINITY,
    0.0f};
constexpr float addends[] = {0x1.000002p+0f,
                             1.0f,
                             -0x1.000002p+0f,
                             -1.0f,
                             0x1.fffffep+0f,
                             0x1p-149f,
                             0x1.000002p-126f,
                             -0x1p-126f,
                             0.0f,
                             -0.0f,
                             0x1.fffffep127f,
                             -INFINITY,
                             NAN};
} // namespace

TEST_P(FusedMultiplyAdd, RoundsOnce) {
  // Row i of the left side is (1, factor i), column j of the right side
  // (addend, factor): the sum of products is one fused multiply-add of it.
  std::vector<float> left, right, expected;
  std::vector<std::pair<float, float>> columns;
  for (float factor : factors)
    for (float addend : addends)
      columns.emplace_back(addend, factor);
  for (auto [addend, factor] : columns)
    right.push_back(addend);
  for (auto [addend, factor] : columns)
    right.push_back(factor);
  for (float row : factors) {
    left.insert(left.end(), {1.0f, row});
    for (auto [addend, factor] : columns)
      expected.push_back(std::fmaf(row, factor, addend + 0.0f));
  }
  std::string lhs = llvm::formatv("tensor<{0}x2xf32>", std::size(factors));
  std::string rhs = llvm::formatv("tensor<2x{0}xf32>", columns.size());
  std::string result =
      llvm::formatv("tensor<{0}x{1}xf32>", std::size(factors), columns.size());
  std::string body = llvm::formatv(
      "%r = quantir.matmul %0, %1 : {0}, {1} -> {2}", lhs, rhs, result);
  auto model = CompiledModel::compile(kernelModule({lhs, rhs}, body, result),
                                      GetParam());
  ASSERT_TRUE(bool(model)) << llvm::toString(model.takeError());
  std::vector<float> actual(expected.size());
  model->run({left.data(), right.data()}, {actual.data()});
  for (size_t i = 0; i < actual.size(); ++i) {
    if (std::isnan(expected[i]))
      EXPECT_TRUE(std::isnan(actual[i]));
    else
      EXPECT_EQ(llvm::bit_cast<uint32_t>(actual[i]),
                llvm::bit_cast<uint32_t>(expected[i]))
          << factors[i / columns.size()] << " * "
          << columns[i % columns.size()].second << " + "
          << columns[i % columns.size()].first;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, FusedMultiplyAdd,
                         testing::ValuesIn(testTargets()),
                         [](const auto &info) { return info.param.name; });
