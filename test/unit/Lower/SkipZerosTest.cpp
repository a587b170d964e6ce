#include "CompareWithInterpreter.h"
#include "llvm/Support/FormatVariadic.h"
#include <functional>
#include <random>

using namespace quantir::test;

namespace {
/// True where the weight of `column` and position `k` along the sum is zero.
using Zeros = std::function<bool(int64_t column, int64_t k)>;

struct SparseCase {
  std::string name;
  std::string op, attributes;
  std::vector<int64_t> left, right, out; ///< right: [columns, ...]
  Zeros zeros;
};

std::string dims(const std::vector<int64_t> &shape) {
  std::string text;
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text;
}

/// Random codes other than zero, and the zeros of `test`, as MLIR writes them.
std::string weights(const SparseCase &test) {
  std::mt19937 random(7);
  int64_t depth = 1;
  for (size_t i = 1; i < test.right.size(); ++i)
    depth *= test.right[i];
  std::string text = "\"0x";
  for (int64_t column = 0; column < test.right[0]; ++column)
    for (int64_t k = 0; k < depth; ++k) {
      int code = int(random() % 127) + 1;
      code = random() % 2 ? code : -code;
      text +=
          llvm::formatv("{0:X-2}",
                        test.zeros(column, k) ? 0u : unsigned(uint8_t(code)))
              .str();
    }
  return text + "\"";
}

std::string moduleOf(const SparseCase &test) {
  std::string left =
      "tensor<" + dims(test.left) + "!quant.uniform<u8:f32, 0.5:131>>";
  std::string right =
      "tensor<" + dims(test.right) + "!quant.uniform<i8<-127:127>:f32, 0.25>>";
  std::string sums =
      "tensor<" + dims(test.out) + "!quant.uniform<i32:f32, 0.125>>";
  std::string result = "tensor<" + dims(test.out) + "f32>";
  return llvm::formatv(R"(func.func @main(%x: {0}) -> {4} {{
  %w = quantir.constant dense<{1}> : tensor<{2}i8> -> {3}
  %q = quantir.kernel (%x, %w) {{
  ^bb0(%a: {0}, %f: {3}):
    %s = quantir.{5} %a, %f {{{6}} : {0}, {3} -> {7}
    %r = quantir.dequantize %s : {7} -> {4}
    quantir.yield %r : {4}
  } : ({0}, {3}) -> {4}
  return %q : {4}
})",
                       left, weights(test), dims(test.right), right, result,
                       test.op, test.attributes, sums);
}

/// Some of the blocks of 16 columns by four positions, about `share` of them.
Zeros someBlocks(double share) {
  return [=](int64_t column, int64_t k) {
    auto block = uint32_t(column / 16 * 1009 + k / 4);
    return double(block * 2654435761u >> 16 & 1023) < share * 1024;
  };
}

SparseCase product(const std::string &name, int64_t rows, int64_t depth,
                   int64_t columns, const Zeros &zeros) {
  return {name,          "matmul",         "transpose_rhs",
          {rows, depth}, {columns, depth}, {rows, columns},
          zeros};
}

class SkipZeros
    : public testing::TestWithParam<std::tuple<TestTarget, SparseCase>> {};
} // namespace

TEST_P(SkipZeros, SameBytes) {
  auto [target, test] = GetParam();
  EXPECT_TRUE(sameAsInterpreted(moduleOf(test), target));
}

INSTANTIATE_TEST_SUITE_P(
    Patterns, SkipZeros,
    testing::Combine(
        testing::ValuesIn(testTargets()),
        testing::Values(
            product("Half", 33, 128, 80, someBlocks(0.5)),
            product("MostOfOneRow", 1, 256, 96, someBlocks(0.9)),
            product("MostOfTwoRows", 2, 130, 50, someBlocks(0.75)),
            product("TailColumns", 20, 61, 37, someBlocks(0.8)),
            product("WholeColumns", 9, 64, 128,
                    [](int64_t column, int64_t) { return column >= 32; }),
            product("InputsNeverRead", 40, 200, 64,
                    [](int64_t, int64_t k) { return k % 100 >= 20; }),
            product("Nothing", 5, 32, 48,
                    [](int64_t, int64_t) { return true; }),
            product("TwoOfFour", 16, 64, 32,
                    [](int64_t column, int64_t k) {
                      return (k + column) % 4 < 2;
                    }),
            SparseCase{"Convolution",
                       "conv",
                       "pads = array<i64: 1, 1, 1, 1>",
                       {2, 6, 5, 16},
                       {70, 3, 3, 16},
                       {2, 6, 5, 70},
                       someBlocks(0.7)},
            SparseCase{"DilatedAcross",
                       "conv",
                       "dilations = array<i64: 1, 2>",
                       {1, 6, 9, 8},
                       {40, 2, 3, 8},
                       {1, 5, 5, 40},
                       someBlocks(0.7)},
            SparseCase{"Groups",
                       "conv",
                       "groups = 2 : i64",
                       {1, 5, 5, 16},
                       {40, 3, 3, 8},
                       {1, 3, 3, 40},
                       someBlocks(0.7)})),
    [](const auto &info) {
      return std::get<0>(info.param).name + "_" + std::get<1>(info.param).name;
    });
