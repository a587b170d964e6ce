#include "CompareWithInterpreter.h"
#include "llvm/Support/FormatVariadic.h"
#include <random>

using namespace quantir::test;

namespace {
struct ConvCase {
  std::string name;
  Shape image, filter, out;
  std::string attributes;
  int largest = 127; ///< of the weights' magnitudes
};

struct MatmulCase {
  std::string name;
  Shape lhs, rhs, out;
  bool transposed = false;
  int largest = 127;
};

/// Random codes in [-largest, largest], as MLIR writes raw bytes.
std::string constantCodes(const Shape &shape, int largest) {
  std::mt19937 random(count(shape));
  std::string bytes = "\"0x";
  for (int64_t i = 0; i < count(shape); ++i) {
    int code = int(random() % unsigned(2 * largest + 1)) - largest;
    bytes += llvm::formatv("{0:X-2}", unsigned(uint8_t(code))).str();
  }
  return bytes + "\"";
}

std::string scales(int64_t channels, double first) {
  std::string text = "{";
  for (int64_t c = 0; c < channels; ++c)
    text += llvm::formatv("{0}{1:E6}", c ? "," : "", first * (1 + c % 5)).str();
  return text + "}";
}

/// Constants stand outside of the kernel, as fusion leaves them.
std::string quantizedModule(llvm::StringRef op, const Shape &lhs,
                            const Shape &rhs, const Shape &out,
                            int64_t channels, int64_t weightAxis,
                            llvm::StringRef attributes, int largest) {
  std::string left =
      "tensor<" + dims(lhs) + "!quant.uniform<u8:f32, 5.000000e-01:131>>";
  std::string weightType =
      llvm::formatv("tensor<{0}!quant.uniform<i8<-127:127>:f32:{1}, {2}>>",
                    dims(rhs), weightAxis, scales(channels, 0.25));
  std::string biasType =
      llvm::formatv("tensor<{0}x!quant.uniform<i32:f32:0, {1}>>", channels,
                    scales(channels, 0.125));
  std::string sums =
      llvm::formatv("tensor<{0}!quant.uniform<i32:f32:{1}, {2}>>", dims(out),
                    out.size() - 1, scales(channels, 0.125));
  std::string codes =
      "tensor<" + dims(out) + "!quant.uniform<u8:f32, 2.000000e+02:7>>";
  std::string real = "tensor<" + dims(out) + "f32>";
  std::string biases;
  for (int64_t c = 0; c < channels; ++c)
    biases += (c ? "," : "") + std::to_string(c * 977 - 3000);
  return llvm::formatv(
      R"(func.func @main(%x: {0}, %other: {6}) -> ({5}, {6}) {{
  %w = quantir.constant dense<{1}> : tensor<{2}i8> -> {3}
  %b = quantir.constant dense<[{4}]> : tensor<{7}xi32> -> {8}
  %q:2 = quantir.kernel (%x, %w, %b, %other) {{
  ^bb0(%a: {0}, %f: {3}, %g: {8}, %o: {6}):
    %s = quantir.{9} %a, %f bias %g {{{10}} : {0}, {3}, {8} -> {11}
    %c = quantir.requantize %s : {11} -> {5}
    %d = quantir.dequantize %s : {11} -> {6}
    %e = quantir.add %d, %o : {6}, {6} -> {6}
    quantir.yield %c, %e : {5}, {6}
  } : ({0}, {3}, {8}, {6}) -> ({5}, {6})
  return %q#0, %q#1 : {5}, {6}
})",
      left, constantCodes(rhs, largest), dims(rhs), weightType, biases, codes,
      real, channels, biasType, op, attributes, sums);
}

std::string floatModule(llvm::StringRef op, const Shape &lhs, const Shape &rhs,
                        const Shape &out, llvm::StringRef attributes) {
  std::string left = "tensor<" + dims(lhs) + "f32>";
  std::string right = "tensor<" + dims(rhs) + "f32>";
  std::string result = "tensor<" + dims(out) + "f32>";
  std::string values;
  for (int64_t i = 0; i < count(rhs); ++i) {
    uint32_t bits =
        llvm::bit_cast<uint32_t>(float(int(i * 7919 % 201) - 100) / 64);
    for (int byte = 0; byte < 4; ++byte)
      values += llvm::formatv("{0:X-2}", bits >> (8 * byte) & 255).str();
  }
  return llvm::formatv(R"(func.func @main(%x: {0}) -> {2} {{
  %w = quantir.constant dense<"0x{3}"> : {1} -> {1}
  %q = quantir.kernel (%x, %w) {{
  ^bb0(%a: {0}, %f: {1}):
    %s = quantir.{4} %a, %f {{{5}} : {0}, {1} -> {2}
    %r = quantir.relu %s : {2} -> {2}
    quantir.yield %r : {2}
  } : ({0}, {1}) -> {2}
  return %q : {2}
})",
                       left, right, result, values, op, attributes);
}

class Conv : public testing::TestWithParam<std::tuple<TestTarget, ConvCase>> {};
class Matmul
    : public testing::TestWithParam<std::tuple<TestTarget, MatmulCase>> {};

template <typename Case> auto nameOf() {
  return [](const testing::TestParamInfo<std::tuple<TestTarget, Case>> &info) {
    return std::get<0>(info.param).name + "_" + std::get<1>(info.param).name;
  };
}
} // namespace

TEST_P(Conv, Codes) {
  auto [target, conv] = GetParam();
  EXPECT_TRUE(sameAsInterpreted(quantizedModule("conv", conv.image, conv.filter,
                                                conv.out, conv.filter[0], 0,
                                                conv.attributes, conv.largest),
                                target));
}

TEST_P(Conv, Floats) {
  auto [target, conv] = GetParam();
  EXPECT_TRUE(sameAsInterpreted(
      floatModule("conv", conv.image, conv.filter, conv.out, conv.attributes),
      target));
}

TEST_P(Matmul, Codes) {
  auto [target, matmul] = GetParam();
  int64_t axis = matmul.rhs.size() - (matmul.transposed ? 2 : 1);
  EXPECT_TRUE(sameAsInterpreted(
      quantizedModule("matmul", matmul.lhs, matmul.rhs, matmul.out,
                      matmul.out.back(), axis,
                      matmul.transposed ? "transpose_rhs" : "", matmul.largest),
      target));
}

TEST_P(Matmul, Floats) {
  auto [target, matmul] = GetParam();
  EXPECT_TRUE(sameAsInterpreted(
      floatModule("matmul", matmul.lhs, matmul.rhs, matmul.out,
                  matmul.transposed ? "transpose_rhs" : ""),
      target));
}

/// Both operands known only at run time, as in attention.
TEST_P(Matmul, RightOperandAtRunTime) {
  auto [target, matmul] = GetParam();
  std::string left =
      "tensor<" + dims(matmul.lhs) + "!quant.uniform<u8:f32, 0.5:131>>";
  std::string right =
      "tensor<" + dims(matmul.rhs) + "!quant.uniform<i8<-127:127>:f32, 0.25>>";
  std::string sums =
      "tensor<" + dims(matmul.out) + "!quant.uniform<i32:f32, 0.125>>";
  std::string result = "tensor<" + dims(matmul.out) + "f32>";
  std::string attributes = matmul.transposed ? "{transpose_rhs}" : "";
  std::string body = llvm::formatv(
      R"(%s = quantir.matmul %0, %1 {0} : {1}, {2} -> {3}
    %r = quantir.dequantize %s : {3} -> {4})",
      attributes, left, right, sums, result);
  EXPECT_TRUE(
      sameAsInterpreted(kernelModule({left, right}, body, result), target));
  std::string lhs = "tensor<" + dims(matmul.lhs) + "f32>";
  std::string rhs = "tensor<" + dims(matmul.rhs) + "f32>";
  body = llvm::formatv("%r = quantir.matmul %0, %1 {0} : {1}, {2} -> {3}",
                       attributes, lhs, rhs, result);
  EXPECT_TRUE(
      sameAsInterpreted(kernelModule({lhs, rhs}, body, result), target));
}

INSTANTIATE_TEST_SUITE_P(
    Windows, Conv,
    testing::Combine(
        testing::ValuesIn(testTargets()),
        testing::Values(
            ConvCase{
                "Pointwise", {1, 5, 7, 13}, {21, 1, 1, 13}, {1, 5, 7, 21}, ""},
            ConvCase{"ThreeByThreePadded",
                     {2, 6, 5, 3},
                     {70, 3, 3, 3},
                     {2, 6, 5, 70},
                     "pads = array<i64: 1, 1, 1, 1>"},
            ConvCase{"StridedDilatedUneven",
                     {1, 11, 9, 4},
                     {16, 3, 2, 4},
                     {1, 5, 4, 16},
                     "strides = array<i64: 2, 2>, dilations = array<i64: 2, "
                     "1>, pads = array<i64: 0, 0, 2, 0>"},
            ConvCase{"DilatedAcross",
                     {1, 6, 9, 4},
                     {5, 2, 3, 4},
                     {1, 5, 5, 5},
                     "dilations = array<i64: 1, 2>"},
            ConvCase{"Grouped",
                     {1, 5, 5, 12},
                     {6, 3, 3, 4},
                     {1, 3, 3, 6},
                     "groups = 3 : i64"},
            ConvCase{"SmallWeights",
                     {1, 5, 5, 12},
                     {18, 1, 1, 12},
                     {1, 5, 5, 18},
                     "",
                     60},
            ConvCase{"DepthwiseNarrow",
                     {1, 6, 7, 5},
                     {5, 3, 3, 1},
                     {1, 6, 7, 5},
                     "groups = 5 : i64, pads = array<i64: 1, 1, 1, 1>"},
            ConvCase{"Depthwise",
                     {1, 6, 7, 24},
                     {24, 3, 3, 1},
                     {1, 6, 7, 24},
                     "groups = 24 : i64, pads = array<i64: 1, 1, 1, 1>"},
            ConvCase{"DepthwiseStrided",
                     {1, 9, 9, 64},
                     {64, 3, 3, 1},
                     {1, 4, 4, 64},
                     "groups = 64 : i64, strides = array<i64: 2, 2>"},
            ConvCase{"DepthwiseWide",
                     {1, 5, 6, 81},
                     {81, 2, 4, 1},
                     {1, 4, 3, 81},
                     "groups = 81 : i64"},
            ConvCase{"DepthwiseFiveByFive",
                     {1, 7, 7, 20},
                     {20, 5, 5, 1},
                     {1, 3, 3, 20},
                     "groups = 20 : i64"},
            ConvCase{"DepthwiseTwice",
                     {1, 4, 4, 6},
                     {12, 3, 3, 1},
                     {1, 2, 2, 12},
                     "groups = 6 : i64"})),
    nameOf<ConvCase>());

INSTANTIATE_TEST_SUITE_P(
    Shapes, Matmul,
    testing::Combine(
        testing::ValuesIn(testTargets()),
        testing::Values(
            MatmulCase{"Vector", {1, 37}, {37, 129}, {1, 129}},
            MatmulCase{"Square", {64, 64}, {64, 64}, {64, 64}, true},
            MatmulCase{"Uneven", {13, 19}, {31, 19}, {13, 31}, true},
            MatmulCase{"Narrow", {50, 5}, {5, 3}, {50, 3}},
            MatmulCase{"Batched", {3, 7, 10}, {3, 10, 33}, {3, 7, 33}},
            MatmulCase{"BatchedTransposed",
                       {2, 3, 7, 8},
                       {2, 3, 9, 8},
                       {2, 3, 7, 9},
                       true},
            MatmulCase{"BroadcastLeft", {7, 6}, {4, 6, 5}, {4, 7, 5}},
            MatmulCase{
                "SharedRight", {4, 7, 6}, {6, 50}, {4, 7, 50}, false, 64},
            MatmulCase{"ManyTiles", {200, 300}, {300, 130}, {200, 130}})),
    nameOf<MatmulCase>());
