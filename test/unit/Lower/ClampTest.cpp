#include "CompareWithInterpreter.h"

using namespace quantir::test;

namespace {
/// All codes of 8 bits or some: what narrows and saturates must know which. An
/// element type and the lowest and highest code.
class Clamp : public testing::TestWithParam<
                  std::tuple<TestTarget, std::tuple<const char *, int, int>>> {
};
} // namespace

TEST_P(Clamp, SameAsInterpreted) {
  auto [target, codes] = GetParam();
  auto [element, low, high] = codes;
  std::string in = "tensor<100x!quant.uniform<i32:f32, 0.7>>";
  std::string out =
      llvm::formatv("tensor<100x!quant.uniform<{0}>>", element).str();
  std::string body = llvm::formatv(
      "%r = quantir.requantize %0 {{low = {0} : i32, high = {1} : i32} : "
      "{2} -> {3}",
      low, high, in, out);
  EXPECT_TRUE(sameAsInterpreted(kernelModule({in}, body, out), target));
}

INSTANTIATE_TEST_SUITE_P(
    Codes, Clamp,
    testing::Combine(testing::ValuesIn(testTargets()),
                     testing::Values(std::tuple("u8:f32, 0.05:3", 0, 255),
                                     std::tuple("u8:f32, 0.05:131", 10, 250),
                                     std::tuple("i8:f32, 0.05:-7", -128, 127),
                                     std::tuple("i8<-127:127>:f32, 0.05", -127,
                                                127),
                                     std::tuple("i8:f32, 0.05:5", -100, 90))),
    [](const auto &info) { return "Case" + std::to_string(info.index); });
