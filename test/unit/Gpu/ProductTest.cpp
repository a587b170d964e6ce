// Products on a GPU, all bytes as the interpreter computes them.
#include "CompareWithInterpreter.h"
#include "llvm/Support/FormatVariadic.h"
#include <random>

using namespace quantir::test;

namespace {
struct ProductCase {
  std::string name, op;
  Shape left, right, out;
  std::string attributes = "";
  int largest = 127; ///< of the weights' magnitudes
};

/// Elements of `bytes` bytes as MLIR writes raw ones.
template <typename Element>
std::string constant(const Shape &shape, int64_t bytes, Element element) {
  std::string text = "dense<\"0x";
  for (int64_t i = 0; i < count(shape); ++i) {
    auto bits = uint32_t(element(i));
    for (int64_t byte = 0; byte < bytes; ++byte)
      text += llvm::formatv("{0:X-2}", bits >> (8 * byte) & 255).str();
  }
  return text + "\">";
}

/// Random codes in [-largest, largest].
std::string codes(const Shape &shape, int largest) {
  std::mt19937 random(count(shape));
  return constant(shape, 1, [&](int64_t) {
    return int(random() % unsigned(2 * largest + 1)) - largest;
  });
}

std::string floats(const Shape &shape, llvm::StringRef element) {
  return constant(shape, element == "f32" ? 4 : 2, [&](int64_t i) {
    auto bits = llvm::bit_cast<uint32_t>(float(int(i * 7919 % 201) - 100) / 64);
    if (element == "f16") // multiples of 1/64 have no more digits
      return bits == 0 ? 0
                       : (bits >> 16 & 0x8000) |
                             (((bits & 0x7fffffff) >> 13) - (112 << 10));
    return element == "bf16" ? bits >> 16 : bits;
  });
}

std::string attributesOf(const ProductCase &product) {
  return product.attributes.empty() ? "" : "{" + product.attributes + "}";
}

/// Codes times constant codes, a bias, two results.
std::string codesModule(const ProductCase &product, llvm::StringRef left) {
  int64_t channels = product.out.back();
  std::string x = "tensor<" + dims(product.left) + left.str() + ">";
  std::string w =
      "tensor<" + dims(product.right) + "!quant.uniform<i8:f32, 2.500000e-01>>";
  std::string b = "tensor<" + std::to_string(channels) +
                  "x!quant.uniform<i32:f32, 1.250000e-01>>";
  std::string sums =
      "tensor<" + dims(product.out) + "!quant.uniform<i32:f32, 1.250000e-01>>";
  std::string result =
      "tensor<" + dims(product.out) + "!quant.uniform<u8:f32, 200.0:7>>";
  std::string real = "tensor<" + dims(product.out) + "f32>";
  auto bias = [](int64_t c) { return int(c * 977 - 3000); };
  return llvm::formatv(
      R"(func.func @main(%x: {0}, %other: {6}) -> ({5}, {6}) {{
  %w = quantir.constant {1} : tensor<{2}i8> -> {3}
  %b = quantir.constant {4} : tensor<{7}xi32> -> {8}
  %q:2 = quantir.kernel (%x, %w, %b, %other) {{
  ^bb0(%a: {0}, %f: {3}, %g: {8}, %o: {6}):
    %s = quantir.{9} %a, %f bias %g {10} : {0}, {3}, {8} -> {11}
    %c = quantir.requantize %s : {11} -> {5}
    %d = quantir.dequantize %s : {11} -> {6}
    %e = quantir.add %d, %o : {6}, {6} -> {6}
    quantir.yield %c, %e : {5}, {6}
  } : ({0}, {3}, {8}, {6}) -> ({5}, {6})
  return %q#0, %q#1 : {5}, {6}
})",
      x, codes(product.right, product.largest), dims(product.right), w,
      constant({channels}, 4, bias), result, real, channels, b, product.op,
      attributesOf(product), sums);
}

std::string floatsModule(const ProductCase &product, llvm::StringRef left,
                         llvm::StringRef right) {
  std::string x = "tensor<" + dims(product.left) + left.str() + ">";
  std::string w = "tensor<" + dims(product.right) + right.str() + ">";
  std::string b = "tensor<" + std::to_string(product.out.back()) + "xf32>";
  std::string result = "tensor<" + dims(product.out) + "f32>";
  return llvm::formatv(R"(func.func @main(%x: {0}) -> {2} {{
  %w = quantir.constant {3} : {1} -> {1}
  %b = quantir.constant {6} : {7} -> {7}
  %q = quantir.kernel (%x, %w, %b) {{
  ^bb0(%a: {0}, %f: {1}, %g: {7}):
    %s = quantir.{4} %a, %f bias %g {5} : {0}, {1}, {7} -> {2}
    %r = quantir.relu %s : {2} -> {2}
    quantir.yield %r : {2}
  } : ({0}, {1}, {7}) -> {2}
  return %q : {2}
})",
                       x, w, result, floats(product.right, right), product.op,
                       attributesOf(product),
                       floats({product.out.back()}, "f32"), b);
}

/// Both operands known at run time alone, no bias.
std::string runTimeModule(const ProductCase &product, llvm::StringRef left,
                          llvm::StringRef right, llvm::StringRef sum) {
  std::string x = "tensor<" + dims(product.left) + left.str() + ">";
  std::string w = "tensor<" + dims(product.right) + right.str() + ">";
  std::string result = "tensor<" + dims(product.out) + sum.str() + ">";
  return llvm::formatv(R"(func.func @main(%x: {0}, %w: {1}) -> {2} {{
  %q = quantir.kernel (%x, %w) {{
  ^bb0(%a: {0}, %f: {1}):
    %s = quantir.{3} %a, %f {4} : {0}, {1} -> {2}
    quantir.yield %s : {2}
  } : ({0}, {1}) -> {2}
  return %q : {2}
})",
                       x, w, result, product.op, attributesOf(product));
}

constexpr llvm::StringLiteral kUnsigned = "!quant.uniform<u8:f32, 0.5:131>",
                              kSigned = "!quant.uniform<i8:f32, 0.5:-7>",
                              kWeights =
                                  "!quant.uniform<i8<-127:127>:f32, 0.25>",
                              kSums = "!quant.uniform<i32:f32, 0.125>";

class Product : public OnGpu,
                public testing::WithParamInterface<ProductCase> {};
/// Both operands are known at run time alone.
class Operands : public Product {};
class ShortFloats : public Product {};

std::string nameOf(const testing::TestParamInfo<ProductCase> &info) {
  return info.param.name;
}
} // namespace

TEST_P(Product, Codes) {
  EXPECT_TRUE(sameAsInterpreted(codesModule(GetParam(), kUnsigned)));
}
TEST_P(Product, CodesInWideTiles) {
  for (llvm::StringRef codes : {kUnsigned, kSigned})
    EXPECT_TRUE(sameAsInterpreted(codesModule(GetParam(), codes),
                                  Inputs::ordinary, "adreno"));
}
TEST_P(Product, Floats) {
  EXPECT_TRUE(sameAsInterpreted(floatsModule(GetParam(), "f32", "f32")));
}
TEST_P(Operands, Codes) {
  for (llvm::StringRef family : {"generic", "adreno"})
    EXPECT_TRUE(
        sameAsInterpreted(runTimeModule(GetParam(), kUnsigned, kWeights, kSums),
                          Inputs::ordinary, family));
}
TEST_P(Operands, Floats) {
  EXPECT_TRUE(
      sameAsInterpreted(runTimeModule(GetParam(), "f32", "f32", "f32")));
}
TEST_P(ShortFloats, Constant) {
  EXPECT_TRUE(sameAsInterpreted(floatsModule(GetParam(), "f32", "f16")));
  EXPECT_TRUE(sameAsInterpreted(floatsModule(GetParam(), "bf16", "bf16")));
}
TEST_P(ShortFloats, AtRunTime) {
  EXPECT_TRUE(
      sameAsInterpreted(runTimeModule(GetParam(), "bf16", "bf16", "f32")));
}

INSTANTIATE_TEST_SUITE_P(
    Windows, Product,
    testing::Values(
        ProductCase{
            "Pointwise", "conv", {1, 5, 7, 13}, {21, 1, 1, 13}, {1, 5, 7, 21}},
        ProductCase{"PointwiseWhole",
                    "conv",
                    {1, 4, 4, 32},
                    {24, 1, 1, 32},
                    {1, 4, 4, 24}},
        ProductCase{"PointwiseStrided",
                    "conv",
                    {2, 7, 5, 16},
                    {8, 1, 1, 16},
                    {2, 4, 3, 8},
                    "strides = array<i64: 2, 2>"},
        ProductCase{"ThreeByThreePadded",
                    "conv",
                    {2, 6, 5, 3},
                    {10, 3, 3, 3},
                    {2, 6, 5, 10},
                    "pads = array<i64: 1, 1, 1, 1>"},
        ProductCase{"HalfVectorsPadded",
                    "conv",
                    {1, 4, 5, 24},
                    {7, 3, 3, 24},
                    {1, 4, 5, 7},
                    "pads = array<i64: 1, 1, 1, 1>"},
        ProductCase{"WholeVectorsPadded",
                    "conv",
                    {1, 5, 6, 16},
                    {12, 3, 3, 16},
                    {1, 5, 6, 12},
                    "pads = array<i64: 1, 1, 1, 1>"},
        ProductCase{"StridedDilatedUneven",
                    "conv",
                    {1, 11, 9, 4},
                    {16, 3, 2, 4},
                    {1, 5, 4, 16},
                    "strides = array<i64: 2, 2>, dilations = array<i64: 2, 1>, "
                    "pads = array<i64: 0, 0, 2, 0>"},
        ProductCase{"BeyondFloats", // folded after every tap
                    "conv",
                    {1, 3, 4, 420},
                    {5, 3, 3, 420},
                    {1, 1, 2, 5},
                    "",
                    128},
        ProductCase{"Grouped",
                    "conv",
                    {1, 5, 5, 12},
                    {24, 3, 3, 4},
                    {1, 3, 3, 24},
                    "groups = 3 : i64"},
        ProductCase{"GroupedNarrow",
                    "conv",
                    {1, 5, 5, 12},
                    {6, 3, 3, 4},
                    {1, 3, 3, 6},
                    "groups = 3 : i64"},
        ProductCase{"GroupedUneven",
                    "conv",
                    {1, 5, 5, 6},
                    {8, 2, 2, 3},
                    {1, 5, 5, 8},
                    "groups = 2 : i64, pads = array<i64: 1, 0, 0, 1>"},
        ProductCase{"DepthwiseNarrow",
                    "conv",
                    {1, 6, 7, 5},
                    {5, 3, 3, 1},
                    {1, 6, 7, 5},
                    "groups = 5 : i64, pads = array<i64: 1, 1, 1, 1>"},
        ProductCase{"DepthwiseStrided",
                    "conv",
                    {2, 9, 11, 24},
                    {24, 3, 3, 1},
                    {2, 4, 5, 24},
                    "groups = 24 : i64, strides = array<i64: 2, 2>"},
        ProductCase{"DepthwiseDilated",
                    "conv",
                    {1, 9, 9, 8},
                    {8, 3, 3, 1},
                    {1, 7, 6, 8},
                    "groups = 8 : i64, dilations = array<i64: 2, 2>, pads = "
                    "array<i64: 0, 1, 2, 0>"},
        ProductCase{"DepthwiseTwice",
                    "conv",
                    {1, 4, 4, 6},
                    {12, 3, 3, 1},
                    {1, 2, 2, 12},
                    "groups = 6 : i64"}),
    nameOf);

/// As attention and layers multiply.
const ProductCase kMatrices[] = {
    ProductCase{"Vector", "matmul", {1, 37}, {37, 129}, {1, 129}},
    ProductCase{"OneTerm", "matmul", {5, 1}, {1, 7}, {5, 7}},
    ProductCase{
        "Square", "matmul", {64, 64}, {64, 64}, {64, 64}, "transpose_rhs"},
    ProductCase{
        "Uneven", "matmul", {13, 19}, {31, 19}, {13, 31}, "transpose_rhs"},
    ProductCase{"Narrow", "matmul", {50, 5}, {5, 3}, {50, 3}},
    ProductCase{"Batched", "matmul", {3, 7, 10}, {3, 10, 33}, {3, 7, 33}},
    ProductCase{"BatchedTransposed",
                "matmul",
                {2, 3, 7, 8},
                {2, 3, 9, 8},
                {2, 3, 7, 9},
                "transpose_rhs"},
    ProductCase{"BroadcastLeft", "matmul", {7, 6}, {4, 6, 5}, {4, 7, 5}},
    ProductCase{
        "BroadcastMiddle", "matmul", {2, 1, 3, 16}, {5, 16, 8}, {2, 5, 3, 8}},
    ProductCase{"SharedRight", "matmul", {4, 7, 6}, {6, 50}, {4, 7, 50}},
    ProductCase{"Chunks", "matmul", {3, 2320}, {2320, 9}, {3, 9}, "", 128},
    ProductCase{"UnevenChunks",
                "matmul",
                {3, 2311},
                {9, 2311},
                {3, 9},
                "transpose_rhs",
                128}};

INSTANTIATE_TEST_SUITE_P(Matrices, Product, testing::ValuesIn(kMatrices),
                         nameOf);
INSTANTIATE_TEST_SUITE_P(Matrices, Operands, testing::ValuesIn(kMatrices),
                         nameOf);
INSTANTIATE_TEST_SUITE_P(Windows, Operands,
                         testing::Values(ProductCase{
                             "GroupedUneven",
                             "conv",
                             {1, 5, 5, 6},
                             {8, 2, 2, 3},
                             {1, 5, 5, 8},
                             "groups = 2 : i64, pads = array<i64: 1, 0, 0, "
                             "1>"}),
                         nameOf);

INSTANTIATE_TEST_SUITE_P(
    Shapes, ShortFloats,
    testing::Values(
        ProductCase{
            "Uneven", "matmul", {13, 19}, {31, 19}, {13, 31}, "transpose_rhs"},
        ProductCase{"Batched", "matmul", {3, 7, 10}, {3, 10, 33}, {3, 7, 33}},
        ProductCase{"WholeQuads", "matmul", {5, 24}, {24, 10}, {5, 10}},
        ProductCase{"Padded",
                    "conv",
                    {2, 6, 5, 3},
                    {10, 3, 3, 3},
                    {2, 6, 5, 10},
                    "pads = array<i64: 1, 1, 1, 1>"},
        ProductCase{"Depthwise",
                    "conv",
                    {1, 6, 7, 5},
                    {5, 3, 3, 1},
                    {1, 6, 7, 5},
                    "groups = 5 : i64, pads = array<i64: 1, 1, 1, 1>"}),
    nameOf);
