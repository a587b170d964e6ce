#include "CompareWithInterpreter.h"

using namespace quantir::test;

namespace {
/// Row lengths around the numbers of invocations and of partial sums.
class GpuRows : public OnGpu, public testing::WithParamInterface<int64_t> {
protected:
  std::string type(int64_t rows = 5) {
    return llvm::formatv("tensor<{0}x{1}xf32>", rows, GetParam());
  }
  std::string vector() { return llvm::formatv("tensor<{0}xf32>", GetParam()); }
};
} // namespace

TEST_P(GpuRows, Softmax) {
  std::string t = type();
  for (const char *kind : {"", "{log} ", "{unnormalized} "})
    EXPECT_TRUE(sameAsInterpreted(kernelModule(
        {t},
        llvm::formatv("%r = quantir.softmax %0 {0}: {1} -> {1}", kind, t).str(),
        t)));
}

TEST_P(GpuRows, SoftmaxBetweenElementwise) {
  std::string t = type(), mask = type(1);
  std::string codes = llvm::formatv(
      "tensor<5x{0}x!quant.uniform<u8:f32, 0.00390625>>", GetParam());
  std::string body = llvm::formatv(R"(
    %s = quantir.add %0, %1 : {0}, {1} -> {0}
    %p = quantir.softmax %s : {0} -> {0}
    %r = quantir.quantize %p : {0} -> {2})",
                                   t, mask, codes);
  EXPECT_TRUE(sameAsInterpreted(kernelModule({t, mask}, body, codes)));
}

TEST_P(GpuRows, LayerNorm) {
  std::string t = type(), v = vector();
  EXPECT_TRUE(sameAsInterpreted(kernelModule(
      {t, v, v},
      llvm::formatv("%r = quantir.layer_norm %0, %1, %2 {{epsilon = 1.0e-5 : "
                    "f32} : {0}, {1}, {1} -> {0}",
                    t, v)
          .str(),
      t)));
}

TEST_P(GpuRows, LayerNormOfASum) {
  std::string t = type(), v = vector();
  std::string body = llvm::formatv(R"(
    %s = quantir.add %0, %1 : {0}, {0} -> {0}
    %n = quantir.layer_norm %s, %2, %3 {{epsilon = 1.0e-12 : f32} : {0}, {1}, {1} -> {0}
    %r = quantir.relu %n : {0} -> {0})",
                                   t, v);
  EXPECT_TRUE(sameAsInterpreted(kernelModule({t, t, v, v}, body, t)));
}

TEST_P(GpuRows, RmsNormOfASum) {
  std::string t = type(), v = vector();
  std::string codes = llvm::formatv(
      "tensor<5x{0}x!quant.uniform<u8:f32, 0.05:128>>", GetParam());
  std::string body = llvm::formatv(R"(
    %s = quantir.add %0, %1 : {0}, {0} -> {0}
    %n = quantir.rms_norm %s, %2 {{epsilon = 1.0e-5 : f32} : {0}, {1} -> {0}
    %r = quantir.quantize %n : {0} -> {2})",
                                   t, v, codes);
  EXPECT_TRUE(sameAsInterpreted(kernelModule({t, t, v}, body, codes)));
}

INSTANTIATE_TEST_SUITE_P(Lengths, GpuRows,
                         testing::Values<int64_t>(1, 12, 33, 100, 384, 4001),
                         [](const auto &info) {
                           return std::to_string(info.param);
                         });

TEST_F(OnGpu, ManyLongRows) {
  std::string t = "tensor<129x384xf32>";
  EXPECT_TRUE(sameAsInterpreted(
      kernelModule({t}, "%r = quantir.softmax %0 : " + t + " -> " + t, t)));
}
