#include "CompareWithInterpreter.h"
#include "llvm/Support/FormatVariadic.h"

using namespace quantir::test;

namespace {
struct Case {
  std::string name, image, filter, out, attributes;
  int64_t outputs;
};

/// A convolution on codes whose result is both requantized and real.
std::string moduleOf(const Case &c) {
  std::string codes = "!quant.uniform<u8:f32, 5.000000e-01:131>";
  std::string x = "tensor<" + c.image + "x" + codes + ">";
  std::string w =
      "tensor<" + c.filter + "x!quant.uniform<i8<-127:127>:f32, 2.500000e-01>>";
  std::string b = llvm::formatv(
      "tensor<{0}x!quant.uniform<i32:f32, 1.250000e-01>>", c.outputs);
  std::string s = "tensor<" + c.out + "x!quant.uniform<i32:f32, 1.250000e-01>>";
  std::string q =
      "tensor<" + c.out + "x!quant.uniform<u8:f32, 2.000000e+02:7>>";
  std::string r = "tensor<" + c.out + "xf32>";
  int64_t count = 1;
  llvm::SmallVector<llvm::StringRef> sizes;
  llvm::StringRef(c.filter).split(sizes, 'x');
  for (llvm::StringRef size : sizes)
    count *= std::stoll(size.str());
  std::string bytes;
  for (int64_t i = 0; i < count; ++i)
    bytes += llvm::formatv("{0:X-2}", unsigned(uint8_t(i * 37 % 255 - 127)));
  std::string biases;
  for (int64_t i = 0; i < c.outputs; ++i)
    biases += (i ? "," : "") + std::to_string(i * 977 - 3000);
  return llvm::formatv(R"(func.func @main(%x: {0}) -> ({4}, {5}) {{
  %w = quantir.constant dense<"0x{6}"> : tensor<{7}xi8> -> {1}
  %b = quantir.constant dense<[{8}]> : tensor<{9}xi32> -> {2}
  %k:2 = quantir.kernel (%x, %w, %b) {{
  ^bb0(%a: {0}, %f: {1}, %g: {2}):
    %s = quantir.conv %a, %f bias %g {{{10}} : {0}, {1}, {2} -> {3}
    %c = quantir.requantize %s : {3} -> {4}
    %d = quantir.dequantize %s : {3} -> {5}
    quantir.yield %c, %d : {4}, {5}
  } : ({0}, {1}, {2}) -> ({4}, {5})
  return %k#0, %k#1 : {4}, {5}
}
)",
                       x, w, b, s, q, r, bytes, c.filter, biases, c.outputs,
                       c.attributes);
}

class Blocks : public testing::TestWithParam<Case> {};
} // namespace

// The packing and addressing of AMX kernels, on any machine with AVX512-VNNI.
TEST_P(Blocks, SameAsInterpreted) {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx512vnni") ||
      !__builtin_cpu_supports("avx512vbmi"))
    GTEST_SKIP() << "this machine lacks AVX512-VNNI or VBMI";
  TestTarget target{"software tiles", "sapphirerapids", "", true};
  EXPECT_TRUE(sameAsInterpreted(moduleOf(GetParam()), target));
#endif
}

INSTANTIATE_TEST_SUITE_P(
    Convolutions, Blocks,
    testing::Values(
        Case{"whole", "1x8x8x64", "32x1x1x64", "1x8x8x32", "", 32},
        Case{"rest_of_rows", "1x1x53x96", "48x1x1x96", "1x1x53x48", "", 48},
        Case{"one_block_and_columns", "1x1x20x64", "19x1x1x64", "1x1x20x19", "",
             19},
        Case{"few_columns", "1x1x33x70", "9x1x1x70", "1x1x33x9", "", 9},
        Case{"lines", "1x7x13x24", "40x3x3x24", "1x7x13x40",
             "pads = array<i64: 1, 1, 1, 1>", 40},
        Case{"strides_and_groups", "1x9x23x64", "64x3x2x32", "1x4x11x64",
             "groups = 2 : i64, strides = array<i64: 2, 2>", 64}),
    [](const auto &info) { return info.param.name; });
