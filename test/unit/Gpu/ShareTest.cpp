#include "CompareWithInterpreter.h"

#include "llvm/Support/FormatVariadic.h"

using namespace quantir::test;

namespace {

class Share : public OnGpu {};

/// Kernels one behind the other, of f32: that with the numbers [a, b, ...]
/// computes ((x + a) + b) ..., rounded to codes in between each time.
std::string sums(const std::vector<std::vector<double>> &kernels) {
  std::string text = "func.func @main(%x0: tensor<8xf32>) -> tensor<8xf32> {\n";
  for (auto [k, numbers] : llvm::enumerate(kernels)) {
    text += llvm::formatv("  %x{0} = quantir.kernel (%x{1}) {{\n"
                          "  ^bb0(%t0: tensor<8xf32>):\n",
                          k + 1, k);
    for (auto [i, number] : llvm::enumerate(numbers))
      text += llvm::formatv(
          "    %c{0} = quantir.constant dense<{1:e}> : tensor<8xf32> -> "
          "tensor<8xf32>\n"
          "    %t{2} = quantir.add %t{0}, %c{0} : tensor<8xf32>, "
          "tensor<8xf32> -> tensor<8xf32>\n",
          i, number, i + 1);
    text += llvm::formatv("    quantir.yield %t{0} : tensor<8xf32>\n"
                          "  } : (tensor<8xf32>) -> tensor<8xf32>\n",
                          numbers.size());
  }
  return text +
         llvm::formatv("  return %x{0} : tensor<8xf32>\n}\n", kernels.size())
             .str();
}

/// Numbers that are all different.
std::vector<double> many(size_t count, double first) {
  std::vector<double> numbers;
  for (size_t i = 0; i < count; ++i)
    numbers.push_back(first + double(i));
  return numbers;
}

quantir::GpuProgram programOf(const std::string &text) {
  return llvm::cantFail(GpuModel::compile(text))->program;
}

} // namespace

TEST_F(Share, NumbersThatDifferArePushed) {
  std::string text = sums({{2, 0.5, -3}, {2, -7, 11}, {2, 0.5, 4}});
  EXPECT_TRUE(sameAsInterpreted(text));
  quantir::GpuProgram program = programOf(text);
  ASSERT_EQ(program.kernels.size(), 1u);
  EXPECT_EQ(program.kernels[0].bindings, 2u);
  EXPECT_EQ(program.kernels[0].push, 2u);
  EXPECT_EQ(program.push.size(), 6u);
  EXPECT_TRUE(program.constants.empty());
}

/// One word for numbers that are equal everywhere.
TEST_F(Share, EqualNumbersArePushedOnce) {
  std::string text = sums({{2, 2, 3, 2}, {4, 4, 3, 4}});
  EXPECT_TRUE(sameAsInterpreted(text));
  EXPECT_EQ(programOf(text).push.size(), 2u);
}

TEST_F(Share, AsManyNumbersAsEveryDeviceTakes) {
  std::string text = sums({many(32, 1), many(32, 50)});
  EXPECT_TRUE(sameAsInterpreted(text));
  quantir::GpuProgram program = programOf(text);
  EXPECT_EQ(program.kernels.size(), 1u);
  EXPECT_EQ(program.push.size(), 64u);
}

/// Those that are nearly the same still share.
TEST_F(Share, MoreNumbersNeedKernelsOfTheirOwn) {
  std::vector<double> near = many(33, 50);
  near[20] = 7;
  std::string text = sums({many(33, 1), many(33, 50), near});
  EXPECT_TRUE(sameAsInterpreted(text));
  quantir::GpuProgram program = programOf(text);
  ASSERT_EQ(program.kernels.size(), 2u);
  EXPECT_EQ(program.kernels[0].push, 0u);
  EXPECT_EQ(program.kernels[1].push, 1u);
  EXPECT_EQ(program.dispatches[2].kernel, 1u);
}
