#include "CompareWithInterpreter.h"

using namespace quantir::test;

static std::string shape(int64_t rows, int64_t columns) {
  return llvm::formatv("tensor<{0}x{1}xf32>", rows, columns).str();
}

namespace {
/// Targets times row lengths around the widths of vectors and of partial sums.
class Rows : public testing::TestWithParam<std::tuple<TestTarget, int64_t>> {
protected:
  const TestTarget &target() { return std::get<0>(GetParam()); }
  int64_t columns() { return std::get<1>(GetParam()); }
  std::string type() { return shape(5, columns()); }
};
} // namespace

TEST_P(Rows, Softmax) {
  std::string t = type();
  std::string text =
      kernelModule({t}, "%r = quantir.softmax %0 : " + t + " -> " + t, t);
  EXPECT_TRUE(sameAsInterpreted(text, target()));
}

TEST_P(Rows, LogSoftmax) {
  std::string t = type();
  std::string text =
      kernelModule({t}, "%r = quantir.softmax %0 {log} : " + t + " -> " + t, t);
  EXPECT_TRUE(sameAsInterpreted(text, target()));
}

TEST_P(Rows, Exponentials) {
  std::string t = type();
  std::string text = kernelModule(
      {t}, "%r = quantir.softmax %0 {unnormalized} : " + t + " -> " + t, t);
  EXPECT_TRUE(sameAsInterpreted(text, target()));
}

TEST_P(Rows, SoftmaxBetweenElementwise) {
  std::string t = type(), mask = shape(1, columns());
  std::string codes = llvm::formatv(
      "tensor<5x{0}x!quant.uniform<u8:f32, 0.00390625>>", columns());
  std::string body = llvm::formatv(R"(
    %s = quantir.add %0, %1 : {0}, {1} -> {0}
    %p = quantir.softmax %s : {0} -> {0}
    %r = quantir.quantize %p : {0} -> {2})",
                                   t, mask, codes);
  EXPECT_TRUE(
      sameAsInterpreted(kernelModule({t, mask}, body, codes), target()));
}

TEST_P(Rows, LayerNorm) {
  std::string t = type();
  std::string vector = llvm::formatv("tensor<{0}xf32>", columns());
  std::string body = llvm::formatv(
      "%r = quantir.layer_norm %0, %1, %2 {{epsilon = 1.0e-5 : f32} : {0}, "
      "{1}, {1} -> {0}",
      t, vector);
  std::string text = kernelModule({t, vector, vector}, body, t);
  EXPECT_TRUE(sameAsInterpreted(text, target()));
}

TEST_P(Rows, LayerNormOfASum) {
  std::string t = type();
  std::string vector = llvm::formatv("tensor<{0}xf32>", columns());
  std::string body = llvm::formatv(R"(
    %s = quantir.add %0, %1 : {0}, {0} -> {0}
    %n = quantir.layer_norm %s, %2, %3 {{epsilon = 1.0e-12 : f32} : {0}, {1}, {1} -> {0}
    %r = quantir.relu %n : {0} -> {0})",
                                   t, vector);
  EXPECT_TRUE(sameAsInterpreted(kernelModule({t, t, vector, vector}, body, t),
                                target()));
}

TEST_P(Rows, RmsNorm) {
  std::string t = type();
  std::string vector = llvm::formatv("tensor<{0}xf32>", columns());
  std::string body = llvm::formatv(
      "%r = quantir.rms_norm %0, %1 {{epsilon = 1.0e-5 : f32} : {0}, {1} -> "
      "{0}",
      t, vector);
  EXPECT_TRUE(sameAsInterpreted(kernelModule({t, vector}, body, t), target()));
}

TEST_P(Rows, RmsNormOfASum) {
  std::string t = type();
  std::string vector = llvm::formatv("tensor<{0}xf32>", columns());
  std::string codes = llvm::formatv(
      "tensor<5x{0}x!quant.uniform<u8:f32, 0.05:128>>", columns());
  std::string body = llvm::formatv(R"(
    %s = quantir.add %0, %1 : {0}, {0} -> {0}
    %n = quantir.rms_norm %s, %2 {{epsilon = 1.0e-5 : f32} : {0}, {1} -> {0}
    %r = quantir.quantize %n : {0} -> {2})",
                                   t, vector, codes);
  EXPECT_TRUE(
      sameAsInterpreted(kernelModule({t, t, vector}, body, codes), target()));
}

INSTANTIATE_TEST_SUITE_P(
    Lengths, Rows,
    testing::Combine(testing::ValuesIn(testTargets()),
                     testing::Values<int64_t>(1, 3, 4, 7, 8, 12, 16, 17, 31, 33,
                                              64, 100, 384, 9001)),
    [](const auto &info) {
      return std::get<0>(info.param).name + "x" +
             std::to_string(std::get<1>(info.param));
    });
