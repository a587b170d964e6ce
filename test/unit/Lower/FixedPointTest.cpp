// Arithmetic on codes without floating point.
#include "CompareWithInterpreter.h"

using namespace quantir::test;

namespace {
struct Body {
  const char *name;
  std::vector<std::string> elements; ///< of the operands
  const char *result;                ///< element of the result
  /// Types of operands are {0}, {1}, ... and of the result R.
  const char *text;
};

std::ostream &operator<<(std::ostream &os, const Body &body) {
  return os << body.name;
}

class Codes : public testing::TestWithParam<std::tuple<TestTarget, Body>> {};
} // namespace

static std::string replaced(std::string text, llvm::StringRef from,
                            llvm::StringRef to) {
  for (size_t at = 0; (at = text.find(from.str(), at)) != std::string::npos;
       at += to.size())
    text.replace(at, from.size(), to.str());
  return text;
}

TEST_P(Codes, SameAsInterpreted) {
  const auto &[target, body] = GetParam();
  for (int64_t columns : {1, 7, 16, 37}) {
    auto typeOf = [&](llvm::StringRef element) {
      return llvm::formatv("tensor<3x{0}x{1}>", columns, element).str();
    };
    std::string text = replaced(body.text, "$R", typeOf(body.result));
    text = replaced(text, "$COLUMNS", std::to_string(columns));
    std::vector<std::string> arguments;
    for (auto [i, element] : llvm::enumerate(body.elements)) {
      arguments.push_back(typeOf(element));
      text = replaced(text, "$" + std::to_string(i), arguments.back());
    }
    EXPECT_TRUE(sameAsInterpreted(
        kernelModule(arguments, text, typeOf(body.result)), target));
  }
}

static const char *const i16 = "!quant.uniform<i16:f32, 0.001>";
static const char *const coarse = "!quant.uniform<i16:f32, 0.37>";
static const char *const u8 = "!quant.uniform<u8:f32, 0.5:3>";
static const char *const i8 = "!quant.uniform<i8<-127:127>:f32, 0.25>";
static const char *const acc = "!quant.uniform<i32:f32, 0.0007>";

static std::vector<Body> bodies() {
  static const char *const add = "%r = quantir.add %0, %1 : $0, $1 -> $R";
  static const char *const sub = "%r = quantir.sub %0, %1 : $0, $1 -> $R";
  static const char *const mul = "%r = quantir.mul %0, %1 : $0, $1 -> $R";
  static const char *const q31 = "%r = quantir.requantize %0 {q31} : $0 -> $R";
  return {
      {"AddWide", {i16, coarse}, coarse, add},
      {"AddToBytes", {i16, u8}, u8, add},
      {"AddAccumulator", {acc, i16}, i16, add},
      {"AddMask", {i16, "!quant.uniform<i16:f32, 1.0e34>"}, i16, add},
      {"AddAccumulators", {acc, "!quant.uniform<i32:f32, 0.0006>"}, i16, add},
      {"LowByte",
       {i16},
       "!quant.uniform<u8:f32, 0.001>",
       "%r = quantir.byte %0 : $0 -> $R"},
      {"HighByte",
       {i16},
       "!quant.uniform<u8:f32, 0.256:128>",
       "%r = quantir.byte %0 {high} : $0 -> $R"},
      {"SubBytes", {u8, i8}, i16, sub},
      {"MulWide", {i16, coarse}, i16, mul},
      {"MulBytes", {u8, i8}, u8, mul},
      {"MulAccumulator", {acc, i16}, i16, mul},
      {"RequantizeAccumulator", {acc}, u8, q31},
      {"RequantizeToWide", {acc}, i16, q31},
      {"RequantizeUp", {u8}, i16, q31},
      {"RequantizeDown", {i16}, u8, q31},
      {"RequantizeFiner", {coarse}, i16, q31},
      {"RequantizeRelu",
       {i16},
       i16,
       "%r = quantir.requantize %0 {low = 0 : i32, high = 6000 : i32, q31} : "
       "$0 -> $R"},
      {"Reciprocal",
       {acc},
       "!quant.uniform<i32:f32, 0.001>",
       "%r = quantir.reciprocal %0 : $0 -> $R"},
      {"CastLong",
       {"i64"},
       "!quant.uniform<i16:f32, 1.0>",
       "%r = quantir.cast %0 : $0 -> $R"},
      {"CastBool",
       {"i1"},
       "!quant.uniform<i16:f32, 1.0>",
       "%r = quantir.cast %0 : $0 -> $R"},
      {"CastLongToBytes", {"i64"}, u8, "%r = quantir.cast %0 : $0 -> $R"},
      {"CastToLong", {u8}, "i64", "%r = quantir.cast %0 : $0 -> $R"},
      {"CastToByte",
       {"!quant.uniform<i16:f32, 0.25>"},
       "i8",
       "%r = quantir.cast %0 : $0 -> $R"},
      {"CastToBool", {u8}, "i1", "%r = quantir.cast %0 : $0 -> $R"},
      {"LogSoftmax", {i16}, i16, "%r = quantir.softmax %0 {log} : $0 -> $R"},
      {"LogSoftmaxOfBytes",
       {u8},
       i8,
       "%r = quantir.softmax %0 {log} : $0 -> $R"},
      {"Max", {i16, i16}, i16, "%r = quantir.max %0, %1 : $0, $1 -> $R"},
      {"Select",
       {"i1", i16, i16},
       i16,
       "%r = quantir.select %0, %1, %2 : $0, $1, $2 -> $R"},
      {"Softmax",
       {i16},
       "!quant.uniform<u8:f32, 0.00390625>",
       "%r = quantir.softmax %0 : $0 -> $R"},
      {"SoftmaxOfBytes", {u8}, i16, "%r = quantir.softmax %0 : $0 -> $R"},
      {"Exponentials",
       {i16},
       "!quant.uniform<u8:f32, 0.00392156886>",
       "%r = quantir.softmax %0 {unnormalized} : $0 -> $R"},
      {"ExponentialsOfSum",
       {i16, coarse},
       "!quant.uniform<u8:f32, 0.00392156886>",
       "%s = quantir.add %0, %1 : $0, $1 -> $0\n"
       "%r = quantir.softmax %s {unnormalized} : $0 -> $R"},
      {"Softmax_ibert",
       {i16},
       "!quant.uniform<u8:f32, 0.00392156886>",
       "%r = quantir.softmax %0 {form = #quantir.softmax_form<ibert>} : $0 -> "
       "$R"},
      {"Softmax_shiftmax",
       {u8},
       "!quant.uniform<u8:f32, 0.00392156886>",
       "%r = quantir.softmax %0 {form = #quantir.softmax_form<shiftmax>} : $0 "
       "-> $R"},
      {"Softmax_log2",
       {i16},
       "!quant.uniform<u8:f32, 0.00392156886>",
       "%r = quantir.softmax %0 {form = #quantir.softmax_form<log2>} : $0 -> "
       "$R"},
      {"Softmax_hyq",
       {u8},
       "!quant.uniform<u8:f32, 0.00392156886>",
       "%r = quantir.softmax %0 {form = #quantir.softmax_form<hyq>} : $0 -> "
       "$R"},
      {"Softmax_litert",
       {i8},
       "!quant.uniform<u8:f32, 0.00392156886>",
       "%r = quantir.softmax %0 {form = #quantir.softmax_form<litert>} : $0 -> "
       "$R"},
      {"Softmax_litert16",
       {i16},
       "!quant.uniform<u8:f32, 0.00392156886>",
       "%r = quantir.softmax %0 {form = #quantir.softmax_form<litert16>} : $0 "
       "-> $R"},
      {"Softmax_index",
       {i16},
       "!quant.uniform<u8:f32, 0.00392156886>",
       "%r = quantir.softmax %0 {form = #quantir.softmax_form<index>} : $0 -> "
       "$R"},
      {"Softmax_xnnpack",
       {u8},
       "!quant.uniform<u8:f32, 0.00392156886>",
       "%r = quantir.softmax %0 {form = #quantir.softmax_form<xnnpack>} : $0 "
       "-> $R"},
      {"LayerNorm",
       {i16},
       i16,
       "%s = quantir.constant dense<1.5> : tensor<$COLUMNSxf32> -> "
       "tensor<$COLUMNSxf32>\n"
       "%r = quantir.layer_norm %0, %s, %s {epsilon = 1.0e-5 : f32} : $0, "
       "tensor<$COLUMNSxf32>, tensor<$COLUMNSxf32> -> $R"},
      {"LayerNorm_ibert",
       {i16},
       i16,
       "%s = quantir.constant dense<1.5> : tensor<$COLUMNSxf32> -> "
       "tensor<$COLUMNSxf32>\n"
       "%r = quantir.layer_norm %0, %s, %s {epsilon = 1.0e-5 : f32, form = "
       "#quantir.norm_form<ibert>} : $0, tensor<$COLUMNSxf32>, "
       "tensor<$COLUMNSxf32> -> $R"},
      {"LayerNormOfBytes_ivit",
       {u8},
       u8,
       "%s = quantir.constant dense<1.5> : tensor<$COLUMNSxf32> -> "
       "tensor<$COLUMNSxf32>\n"
       "%r = quantir.layer_norm %0, %s, %s {epsilon = 1.0e-5 : f32, form = "
       "#quantir.norm_form<ivit>} : $0, tensor<$COLUMNSxf32>, "
       "tensor<$COLUMNSxf32> -> $R"},
      {"LayerNormOfBytes",
       {u8},
       u8,
       "%s = quantir.constant dense<1.5> : tensor<$COLUMNSxf32> -> "
       "tensor<$COLUMNSxf32>\n"
       "%r = quantir.layer_norm %0, %s, %s {epsilon = 1.0e-5 : f32} : $0, "
       "tensor<$COLUMNSxf32>, tensor<$COLUMNSxf32> -> $R"},
      {"RmsNorm",
       {i16},
       i16,
       "%s = quantir.constant dense<1.5> : tensor<$COLUMNSxf32> -> "
       "tensor<$COLUMNSxf32>\n"
       "%r = quantir.rms_norm %0, %s {epsilon = 1.0e-5 : f32} : $0, "
       "tensor<$COLUMNSxf32> -> $R"},
      {"RmsNormOfBytes",
       {u8},
       u8,
       "%s = quantir.constant dense<1.5> : tensor<$COLUMNSxf32> -> "
       "tensor<$COLUMNSxf32>\n"
       "%r = quantir.rms_norm %0, %s {epsilon = 1.0e-5 : f32} : $0, "
       "tensor<$COLUMNSxf32> -> $R"},
  };
}

INSTANTIATE_TEST_SUITE_P(Ops, Codes,
                         testing::Combine(testing::ValuesIn(testTargets()),
                                          testing::ValuesIn(bodies())),
                         [](const auto &info) {
                           return std::get<0>(info.param).name + "_" +
                                  std::get<1>(info.param).name;
                         });

TEST(Piecewise, SameAsInterpreted) {
  std::string in = "tensor<300xf32>";
  for (std::string out :
       {"tensor<300x!quant.uniform<u8:f32, 0.5:3>>", "tensor<300xf32>"}) {
    std::string body =
        "%r = quantir.piecewise %0, %1 {low = -0.7 : f32, high = 0.7 : f32, "
        "segments_per_unit = 11.4 : f32, steps_off = 0.1 : f64} : " +
        in + ", tensor<3x16xf32> -> " + out;
    for (const TestTarget &target : testTargets())
      EXPECT_TRUE(sameAsInterpreted(
          kernelModule({in, "tensor<3x16xf32>"}, body, out), target));
  }
}

TEST(QuantizeByReciprocal, SameAsInterpreted) {
  std::string in = "tensor<300xf32>";
  for (std::string codes : {"u8:f32, 0.003:100", "i8:f32, 0.07"}) {
    std::string out = "tensor<300x!quant.uniform<" + codes + ">>";
    std::string body =
        "%r = quantir.quantize %0 {by_reciprocal} : " + in + " -> " + out;
    for (const TestTarget &target : testTargets())
      EXPECT_TRUE(sameAsInterpreted(kernelModule({in}, body, out), target));
  }
}

/// The table is an input of main, not of the kernel's rows.
TEST(Interpolate, SameAsInterpreted) {
  std::string in = "tensor<300x!quant.uniform<i16:f32, 0.001>>";
  std::string out = "tensor<300x!quant.uniform<u8:f32, 0.5:3>>";
  std::string body = "%r = quantir.interpolate %0, %1 {fraction_bits = 14 : "
                     "i64, steps_off = 0.5 : f64} : " +
                     in + ", tensor<3x64xi32> -> " + out;
  for (const TestTarget &target : testTargets())
    EXPECT_TRUE(sameAsInterpreted(
        kernelModule({in, "tensor<3x64xi32>"}, body, out), target));
}
