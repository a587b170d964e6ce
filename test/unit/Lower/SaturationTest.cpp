// Trap 11 of published kernels: where there is no dot product instruction,
// pairs of u8 by s8 products are summed in 16 bits, which saturate.
#include "CompareWithInterpreter.h"

using namespace quantir::test;

namespace {
class Trap11 : public testing::TestWithParam<TestTarget> {};
} // namespace

static constexpr int64_t kDepth = 1024, kColumns = 3;

/// Columns of 127, of -127, and of both in turn.
static int8_t weight(int64_t k, int64_t column) {
  return column == 0 || (column == 2 && k % 2) ? 127 : -127;
}

TEST_P(Trap11, LargestProductsAreExact) {
  std::string bytes;
  for (int64_t k = 0; k < kDepth; ++k)
    for (int64_t column = 0; column < kColumns; ++column)
      bytes += llvm::formatv("{0:X-2}", unsigned(uint8_t(weight(k, column))));
  std::string text = llvm::formatv(
      R"(!x = tensor<1x{0}x!quant.uniform<u8:f32, 1.0>>
!w = tensor<{0}x{1}x!quant.uniform<i8<-127:127>:f32, 1.0>>
!s = tensor<1x{1}x!quant.uniform<i32:f32, 1.0>>
func.func @main(%x: !x) -> tensor<1x{1}xf32> {{
  %w = quantir.constant dense<"0x{2}"> : tensor<{0}x{1}xi8> -> !w
  %q = quantir.kernel (%x, %w) {{
  ^bb0(%a: !x, %b: !w):
    %s = quantir.matmul %a, %b : !x, !w -> !s
    %r = quantir.dequantize %s : !s -> tensor<1x{1}xf32>
    quantir.yield %r : tensor<1x{1}xf32>
  } : (!x, !w) -> tensor<1x{1}xf32>
  return %q : tensor<1x{1}xf32>
})",
      kDepth, kColumns, bytes);
  auto model = CompiledModel::compile(text, GetParam());
  ASSERT_TRUE(bool(model)) << toString(model.takeError());
  std::vector<uint8_t> input(kDepth);
  for (int64_t k = 0; k < kDepth; ++k)
    input[k] = k % 7 == 6 ? 254 : 255;
  std::vector<float> found(kColumns);
  model->run({input.data()}, {found.data()});
  for (int64_t column = 0; column < kColumns; ++column) {
    int64_t sum = 0;
    for (int64_t k = 0; k < kDepth; ++k)
      sum += int64_t(input[k]) * weight(k, column);
    // Sums beyond 2^24 are rounded once, by the conversion.
    EXPECT_EQ(double(found[column]), double(float(sum))) << column;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Trap11, testing::ValuesIn(testTargets()),
                         [](const auto &info) { return info.param.name; });
