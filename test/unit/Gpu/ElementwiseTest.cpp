#include "CompareWithInterpreter.h"

using namespace quantir::test;

namespace {

class Elementwise : public OnGpu {};

/// Rows that end within a quad, and enough of them for rare numbers.
std::string many(llvm::StringRef element) {
  return ("tensor<37x131x" + element + ">").str();
}

/// One op of one operand: `op` with its attributes.
testing::AssertionResult unary(const std::string &op, const std::string &from,
                               const std::string &to) {
  size_t space = op.find(' ');
  std::string name = op.substr(0, space);
  std::string attributes = space == std::string::npos ? "" : op.substr(space);
  std::string body = "    %r = quantir." + name + " %0" + attributes + " : " +
                     many(from) + " -> " + many(to);
  return sameAsInterpreted(
      kernelModule({many(from)}, body, many(to)),
      {Inputs::ordinary, Inputs::extreme, Inputs::anyBits});
}

testing::AssertionResult binary(const std::string &op, const std::string &left,
                                const std::string &right,
                                const std::string &to) {
  std::string body = "    %r = quantir." + op + " %0, %1 : " + many(left) +
                     ", " + many(right) + " -> " + many(to);
  return sameAsInterpreted(
      kernelModule({many(left), many(right)}, body, many(to)),
      {Inputs::ordinary, Inputs::extreme, Inputs::anyBits});
}

std::string codes(const std::string &storage, const std::string &scale,
                  int zeroPoint = 0) {
  return "!quant.uniform<" + storage + ":f32, " + scale +
         (zeroPoint ? ":" + std::to_string(zeroPoint) : "") + ">";
}

TEST_F(Elementwise, FloatArithmetic) {
  for (const char *op : {"add", "sub", "mul", "div", "max", "min"})
    EXPECT_TRUE(binary(op, "f32", "f32", "f32"));
}

/// A driver may see a rounding in two conversions, which would keep -0.
TEST_F(Elementwise, IntegersHaveNoNegativeZero) {
  std::string f32 = many("f32"), i32 = many("i32"),
              narrow = many(codes("u8", "0.5", 131));
  std::string there = "    %q = quantir.quantize %0 : " + f32 + " -> " + narrow;
  EXPECT_TRUE(sameAsInterpreted(kernelModule(
      {f32},
      there + "\n    %r = quantir.dequantize %q : " + narrow + " -> " + f32,
      f32)));
  EXPECT_TRUE(sameAsInterpreted(
      kernelModule({f32},
                   "    %q = quantir.cast %0 : " + f32 + " -> " + i32 +
                       "\n    %r = quantir.cast %q : " + i32 + " -> " + f32,
                   f32),
      Inputs::ordinary));
}

TEST_F(Elementwise, FunctionsOfFloats) {
  for (const char *op : {"neg",
                         "abs",
                         "relu",
                         "floor",
                         "ceil",
                         "round",
                         "sqrt",
                         "reciprocal",
                         "exp",
                         "log",
                         "erf",
                         "tanh",
                         "sigmoid",
                         "silu",
                         "softplus",
                         "hard_swish",
                         "gelu",
                         "gelu {form = #quantir.gelu_form<tanh>}",
                         "clip {low = -1.0 : f32, high = 6.0 : f32}",
                         "leaky_relu {alpha = 0.1 : f32}",
                         "hard_sigmoid {alpha = 0.2 : f32, beta = 0.5 : f32}"})
    EXPECT_TRUE(unary(op, "f32", "f32"));
}

TEST_F(Elementwise, IntegerArithmetic) {
  for (const char *type : {"i8", "ui8", "i32", "i64"}) {
    for (const char *op :
         {"add", "sub", "mul", "div", "max", "min", "and", "or"})
      EXPECT_TRUE(binary(op, type, type, type));
    for (const char *op : {"neg", "abs", "relu", "not"})
      EXPECT_TRUE(unary(op, type, type));
  }
  for (const char *op : {"and", "or"})
    EXPECT_TRUE(binary(op, "i1", "i1", "i1"));
  EXPECT_TRUE(unary("not", "i1", "i1"));
}

TEST_F(Elementwise, Comparisons) {
  for (const char *type : {"f32", "i8", "ui8", "i32", "i64", "i1"})
    for (const char *predicate : {"eq", "ne", "lt", "le", "gt", "ge"})
      EXPECT_TRUE(
          binary("compare <" + std::string(predicate) + ">", type, type, "i1"));
}

TEST_F(Elementwise, Casts) {
  const char *types[] = {"f32", "i8", "ui8", "i32", "i64", "i1"};
  for (const char *from : types)
    for (const char *to : types)
      if (from != to)
        EXPECT_TRUE(unary("cast", from, to));
  for (const char *shortFloat : {"f16", "bf16"}) {
    EXPECT_TRUE(unary("cast", "f32", shortFloat));
    EXPECT_TRUE(unary("cast", shortFloat, "f32"));
  }
}

TEST_F(Elementwise, Selections) {
  for (const std::string type : {"f32", "i8", "i32", "i64", "i1"}) {
    std::string body = "    %r = quantir.select %0, %1, %2 : " + many("i1") +
                       ", " + many(type) + ", " + many(type) + " -> " +
                       many(type);
    EXPECT_TRUE(sameAsInterpreted(
        kernelModule({many("i1"), many(type), many(type)}, body, many(type))));
  }
}

TEST_F(Elementwise, CodesOfFloats) {
  const std::string types[] = {codes("i8", "0.037"), codes("u8", "0.02", 131),
                               codes("i16", "0.0003"), codes("u8", "3.0", 10),
                               codes("i8<-127:127>", "1.0e-25")};
  for (const std::string &type : types) {
    EXPECT_TRUE(unary("quantize", "f32", type));
    EXPECT_TRUE(unary("dequantize", type, "f32"));
  }
  EXPECT_TRUE(unary("dequantize", codes("i32", "0.0001"), "f32"));
  EXPECT_TRUE(unary("quantize {by_reciprocal}", "f32", types[0]));
  EXPECT_TRUE(unary("quantize {by_reciprocal}", "f32", types[1]));
}

/// Scales of single columns or rows.
TEST_F(Elementwise, CodesOfChannels) {
  for (int64_t axis : {0, 1}) {
    std::string scales, narrow;
    for (int i = 0; i < (axis ? 13 : 5); ++i) {
      std::string comma = i ? "," : "";
      scales += comma + std::to_string(0.001 * (i + 1));
      narrow += comma + std::to_string(0.01 * (i + 1)) + ":" +
                std::to_string(100 + i);
    }
    std::string at = ":f32:" + std::to_string(axis) + ", {";
    std::string wide = "tensor<5x13x!quant.uniform<i32" + at + scales + "}>>";
    std::string bytes = "tensor<5x13x!quant.uniform<u8" + at + narrow + "}>>";
    std::string out = "tensor<5x13x!quant.uniform<u8:f32, 0.5:3>>";
    std::string floats = "tensor<5x13xf32>";
    auto same = [](const std::string &op, const std::string &from,
                   const std::string &to) {
      std::string body = "    %r = quantir." + op + " : " + from + " -> " + to;
      return sameAsInterpreted(
          kernelModule({from}, body, to),
          {Inputs::ordinary, Inputs::extreme, Inputs::anyBits});
    };
    EXPECT_TRUE(same("requantize %0", wide, out));
    EXPECT_TRUE(same("requantize %0 {q31}", wide, out));
    EXPECT_TRUE(same("dequantize %0", bytes, floats));
    EXPECT_TRUE(same("quantize %0", floats, bytes));
  }
}

TEST_F(Elementwise, Requantization) {
  const std::string wide = codes("i32", "0.00123"), half = codes("i16", "0.5");
  const std::string bytes = codes("u8", "0.3", 7), signs = codes("i8", "0.5");
  for (const std::string &from : {wide, bytes})
    for (const std::string &to : {signs, bytes})
      EXPECT_TRUE(unary("requantize", from, to));
  for (const std::string &from : {wide, half, bytes})
    for (const std::string &to : {half, signs, bytes, codes("i16", "0.0003")})
      EXPECT_TRUE(unary("requantize {q31}", from, to));
  EXPECT_TRUE(unary("requantize {q31, low = 9 : i32}", wide, bytes));
}

TEST_F(Elementwise, ArithmeticOfCodes) {
  const std::string bytes = codes("u8", "0.02", 131),
                    signs = codes("i8", "0.1");
  const std::string wide = codes("i16", "0.0003"), large = codes("i32", "0.5");
  for (const char *op : {"add", "sub", "mul"}) {
    EXPECT_TRUE(binary(op, bytes, bytes, codes("u8", "0.03", 100)));
    EXPECT_TRUE(binary(op, bytes, signs, wide));
    EXPECT_TRUE(binary(op, wide, wide, codes("i16", "0.001")));
    EXPECT_TRUE(binary(op, large, large, codes("i16", "3.0")));
  }
  for (const char *op : {"max", "min"})
    EXPECT_TRUE(binary(op, bytes, bytes, bytes));
  EXPECT_TRUE(unary("sqrt", wide, wide));
  EXPECT_TRUE(unary("sqrt", large, wide));
  EXPECT_TRUE(unary("reciprocal", large, codes("i32", "0.001")));
}

TEST_F(Elementwise, IntegersAsCodes) {
  for (const std::string &type : {codes("i8", "0.75"), codes("u8", "1.0", 9),
                                  codes("i16", "0.25"), codes("i16", "12.5")})
    for (const char *integer : {"i32", "i64", "i1", "i8", "ui8"}) {
      EXPECT_TRUE(unary("cast", integer, type));
      EXPECT_TRUE(unary("cast", type, integer));
    }
}

TEST_F(Elementwise, Tables) {
  std::string table = "tensor<256x!quant.uniform<u8:f32, 0.5:3>>";
  for (const std::string storage : {"i8", "u8"}) {
    std::string in = many(codes(storage, "0.5"));
    std::string out = many("!quant.uniform<u8:f32, 0.5:3>");
    EXPECT_TRUE(sameAsInterpreted(kernelModule(
        {in, table},
        "    %r = quantir.lookup %0, %1 : " + in + ", " + table + " -> " + out,
        out)));
  }
  std::string in = many(codes("i16", "0.01")), out = many(codes("i16", "0.1"));
  EXPECT_TRUE(sameAsInterpreted(kernelModule(
      {in, "tensor<3x64xi32>"},
      "    %r = quantir.interpolate %0, %1 {fraction_bits = 4 : i64, steps_off "
      "= 0.5 : f64} : " +
          in + ", tensor<3x64xi32> -> " + out,
      out)));
  for (const std::string &result : {many("f32"), many(codes("i8", "0.1"))})
    EXPECT_TRUE(sameAsInterpreted(kernelModule(
        {many("f32"), "tensor<3x16xf32>"},
        "    %r = quantir.piecewise %0, %1 {low = -4.0 : f32, high = 3.9 : "
        "f32, segments_per_unit = 2.0 : f32, steps_off = 0.0 : f64} : " +
            many("f32") + ", tensor<3x16xf32> -> " + result,
        result)));
}

TEST_F(Elementwise, BytesOfWideCodes) {
  std::string wide = codes("i16", "0.5");
  EXPECT_TRUE(unary("byte {high}", wide, codes("u8", "128.0", 128)));
  EXPECT_TRUE(unary("byte", wide, codes("u8", "0.5")));
}

TEST_F(Elementwise, Broadcasts) {
  auto same = [](const std::string &left, const std::string &right,
                 const std::string &element) {
    std::string a = "tensor<" + left + "x" + element + ">";
    std::string b = "tensor<" + right + "x" + element + ">";
    std::string out = "tensor<3x5x7x" + element + ">";
    return sameAsInterpreted(kernelModule(
        {a, b}, "    %r = quantir.add %0, %1 : " + a + ", " + b + " -> " + out,
        out));
  };
  for (const char *element : {"f32", "i8", "i64"}) {
    EXPECT_TRUE(same("3x5x7", "7", element));
    EXPECT_TRUE(same("3x5x7", "3x1x1", element));
    EXPECT_TRUE(same("3x5x7", "5x1", element));
    EXPECT_TRUE(same("3x1x7", "1x5x1", element));
    EXPECT_TRUE(same("3x5x7", "1", element));
  }
}

} // namespace
