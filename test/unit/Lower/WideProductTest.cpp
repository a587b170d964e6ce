// Trap 12 of published kernels: sums of 16-bit codes times 8-bit weights leave
// 32 bits from depth 517 on. The products by the bytes of the codes do not, and
// their sum is exact.
#include "CompareWithInterpreter.h"

using namespace quantir::test;

namespace {
class Trap12 : public testing::TestWithParam<TestTarget> {};
} // namespace

static constexpr int64_t kDepth = 1029, kColumns = 3;

/// Columns of 127, of -127, and of as many of both, whose sums are small where
/// partial sums are large.
static int8_t weight(int64_t k, int64_t column) {
  if (column < 2)
    return column == 0 ? 127 : -127;
  if (k == kDepth - 1)
    return 0;
  return k < kDepth / 2 ? -127 : 127;
}

/// The product of `codes` as one step of 2^`shift` per code.
static std::string product(int shift) {
  std::string bytes;
  for (int64_t k = 0; k < kDepth; ++k)
    for (int64_t column = 0; column < kColumns; ++column)
      bytes += llvm::formatv("{0:X-2}", unsigned(uint8_t(weight(k, column))));
  return llvm::formatv(
      R"(!x = tensor<1x{0}x!quant.uniform<i16:f32, 1.0>>
!l = tensor<1x{0}x!quant.uniform<u8:f32, 1.0>>
!h = tensor<1x{0}x!quant.uniform<u8:f32, 256.0:128>>
!w = tensor<{0}x{1}x!quant.uniform<i8<-127:127>:f32:1, {{1.0,1.0,1.0}>>
!ls = tensor<1x{1}x!quant.uniform<i32:f32:1, {{1.0,1.0,1.0}>>
!hs = tensor<1x{1}x!quant.uniform<i32:f32:1, {{256.0,256.0,256.0}>>
!r = tensor<1x{1}x!quant.uniform<i16:f32, {3}>>
func.func @main(%x: !x) -> !r {{
  %w = quantir.constant dense<"0x{2}"> : tensor<{0}x{1}xi8> -> !w
  %b:2 = quantir.kernel (%x) {{
  ^bb0(%a: !x):
    %h = quantir.byte %a {{high} : !x -> !h
    %l = quantir.byte %a : !x -> !l
    quantir.yield %h, %l : !h, !l
  } : (!x) -> (!h, !l)
  %s = quantir.kernel (%b#0, %w) {{
  ^bb0(%h: !h, %v: !w):
    %p = quantir.matmul %h, %v : !h, !w -> !hs
    quantir.yield %p : !hs
  } : (!h, !w) -> !hs
  %q = quantir.kernel (%b#1, %w, %s) {{
  ^bb0(%l: !l, %v: !w, %p: !hs):
    %t = quantir.matmul %l, %v : !l, !w -> !ls
    %r = quantir.add %p, %t : !hs, !ls -> !r
    quantir.yield %r : !r
  } : (!l, !w, !hs) -> !r
  return %q : !r
})",
      kDepth, kColumns, bytes, llvm::formatv("{0}.0", int64_t(1) << shift));
}

/// round(x / 2^shift), halves up, saturated.
static int64_t expected(llvm::ArrayRef<int16_t> codes, int64_t column,
                        int shift) {
  int64_t sum = 0;
  for (int64_t k = 0; k < kDepth; ++k)
    sum += int64_t(codes[k]) * weight(k, column);
  int64_t half = shift ? int64_t(1) << (shift - 1) : 0;
  return std::clamp<int64_t>((sum + half) >> shift, -32768, 32767);
}

TEST_P(Trap12, LargestSumsAreExact) {
  for (int shift : {0, 3, 18}) {
    auto model = CompiledModel::compile(product(shift), GetParam());
    ASSERT_TRUE(bool(model)) << toString(model.takeError());
    for (int16_t most : {32767, -32768, 257, -1}) {
      std::vector<int16_t> codes(kDepth);
      for (int64_t k = 0; k < kDepth; ++k)
        codes[k] = int16_t(most - (most > 0 ? k % 5 == 0 : -(k % 7 == 0)));
      std::vector<int16_t> found(kColumns);
      model->run({codes.data()}, {found.data()});
      for (int64_t column = 0; column < kColumns; ++column)
        EXPECT_EQ(found[column], expected(codes, column, shift))
            << most << " in column " << column << " at shift " << shift;
    }
  }
}

TEST_P(Trap12, SameAsInterpreted) {
  EXPECT_TRUE(sameAsInterpreted(product(6), GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Targets, Trap12, testing::ValuesIn(testTargets()),
                         [](const auto &info) { return info.param.name; });
