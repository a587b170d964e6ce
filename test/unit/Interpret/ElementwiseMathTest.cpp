// ElementwiseMath.h against exact definitions in wider arithmetic.
#include "Quantir/ElementwiseMath.h"
#include "quantir/Interpret/LaneBuilder.h"

#include "mlir/AsmParser/AsmParser.h"
#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace quantir;

namespace {

/// One op, from `operands -> result` types, attributes and a name.
class ElementwiseMath : public testing::Test {
protected:
  ElementwiseMath() {
    context.loadDialect<QuantirDialect, func::FuncDialect>();
  }

  Type parse(StringRef text) {
    return parseType(("tensor<1x" + text + ">").str(), &context);
  }

  /// The lanes of `quantir.<name>` on elements of the given types.
  Lanes evaluate(StringRef name, ArrayRef<StringRef> types, StringRef result,
                 ArrayRef<Lanes> operands, StringRef attributes = "{}") {
    OpBuilder builder(&context);
    Block block;
    OperationState created(builder.getUnknownLoc(), ("quantir." + name).str());
    for (StringRef type : types)
      created.addOperands(block.addArgument(parse(type), created.location));
    created.addTypes(parse(result));
    created.addAttributes(
        cast<DictionaryAttr>(parseAttribute(attributes, &context)).getValue());
    builder.setInsertionPointToEnd(&block);
    Operation *op = builder.create(created);
    EXPECT_TRUE(succeeded(verify(op)));
    LaneBuilder lanes;
    FailureOr<Lanes> value = evaluateElementwise(lanes, op, operands);
    EXPECT_TRUE(succeeded(value));
    op->erase();
    return value.value_or(lanes.i32(0));
  }

  MLIRContext context;
  LaneBuilder b;
};

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr StringRef u8 = "!quant.uniform<u8:f32, 0.5:10>";

/// x rounded to the nearest whole number, ties to even.
double nearest(double x) { return std::nearbyint(x); }

struct Number {
  float real;
  int32_t code;
};

TEST_F(ElementwiseMath, QuantizeRoundsTiesToEvenAndSaturates) {
  for (auto [real, code] :
       {Number{0.0f, 10}, Number{-0.0f, 10}, Number{0.25f, 10},
        Number{0.75f, 12}, Number{-0.25f, 10}, Number{-0.75f, 8},
        Number{-5.0f, 0}, Number{-5.25f, 0}, Number{122.5f, 255},
        Number{122.74f, 255}, Number{1e30f, 255}, Number{-1e30f, 0},
        Number{infinity, 255}, Number{-infinity, 0}, Number{nan, 10}})
    EXPECT_EQ(evaluate("quantize", {"f32"}, u8, {b.f32(real)}).i32[0], code)
        << real;
}

TEST_F(ElementwiseMath, QuantizeDividesRatherThanMultiplies) {
  // 0.3 / 0.1 and 0.3 * (1 / 0.1) differ in f32 for some of these.
  std::mt19937 random(1);
  std::uniform_real_distribution<float> real(-20.0f, 20.0f);
  for (int i = 0; i < 200; ++i) {
    Lanes x = b.f32(0.0f);
    for (float &value : x.f32)
      value = real(random);
    Lanes codes =
        evaluate("quantize", {"f32"}, "!quant.uniform<i8:f32, 0.1:-3>", {x});
    for (int lane = 0; lane < Lanes::size; ++lane) {
      double scaled = x.f32[lane] / 0.1f;
      double code = std::clamp(nearest(scaled) - 3, -128.0, 127.0);
      EXPECT_EQ(codes.i32[lane], int32_t(code)) << x.f32[lane];
    }
  }
}

TEST_F(ElementwiseMath, DequantizeRoundsEachStepOnce) {
  for (int32_t code : {0, 1, -1, 16777217, -16777219, 2147483647,
                       std::numeric_limits<int32_t>::min()}) {
    Lanes x = evaluate("dequantize", {"!quant.uniform<i32:f32, 0.1>"}, "f32",
                       {b.i32(code)});
    EXPECT_EQ(x.f32[0], float(code) * 0.1f);
  }
  Lanes x = evaluate("dequantize", {u8}, "f32", {b.i32(3)});
  EXPECT_EQ(x.f32[0], -3.5f);
}

struct Accumulator {
  int32_t acc, code;
};

TEST_F(ElementwiseMath, RequantizeGoldenValues) {
  // M = 0.25, zero point 3.
  for (auto [acc, code] :
       {Accumulator{0, 3}, Accumulator{2, 3}, Accumulator{6, 5},
        Accumulator{10, 5}, Accumulator{-2, 3}, Accumulator{-6, 1},
        Accumulator{3, 4}, Accumulator{-12, 0}, Accumulator{-14, 0},
        Accumulator{1006, 255}, Accumulator{1008, 255}, Accumulator{1012, 255},
        Accumulator{2147483647, 255},
        Accumulator{std::numeric_limits<int32_t>::min(), 0}}) {
    Lanes y = evaluate("requantize", {"!quant.uniform<i32:f32, 0.125>"},
                       "!quant.uniform<u8:f32, 0.5:3>", {b.i32(acc)});
    EXPECT_EQ(y.i32[0], code) << acc;
  }
}

TEST_F(ElementwiseMath, RequantizeMatchesExactProduct) {
  // The product of two f32 numbers is exact in double, so it is rounded to f32
  // once here, as the op does.
  float multiplier = float(0.001 / 0.37);
  std::mt19937 random(2);
  std::uniform_int_distribution<int32_t> number(-90000, 90000);
  for (int i = 0; i < 200; ++i) {
    Lanes acc = b.i32(0);
    for (int32_t &value : acc.i32)
      value = number(random);
    Lanes y = evaluate("requantize", {"!quant.uniform<i32:f32, 0.001>"},
                       "!quant.uniform<i8:f32, 0.37:-11>", {acc},
                       "{low = -11 : i32, high = 100 : i32}");
    for (int lane = 0; lane < Lanes::size; ++lane) {
      float product = float(double(float(acc.i32[lane])) * double(multiplier));
      double code = std::clamp(nearest(product) - 11, -11.0, 100.0);
      EXPECT_EQ(y.i32[lane], int32_t(code)) << acc.i32[lane];
    }
  }
}

TEST_F(ElementwiseMath, ConvertsFloatsToIntegersSaturating) {
  auto cast = [&](StringRef type, float x) {
    return evaluate("cast", {"f32"}, type, {b.f32(x)});
  };
  for (float x : {-1e30f, -2147483648.0f, -129.9f, -1.9f, -0.9f, 0.0f, 0.9f,
                  1.9f, 127.9f, 300.0f, 2147483520.0f, 2147483648.0f, 1e30f,
                  infinity, -infinity, nan}) {
    double whole = std::isnan(x) ? 0 : std::trunc(double(x));
    auto limited = [&](double low, double high) {
      return std::clamp(whole, low, high);
    };
    EXPECT_EQ(cast("i8", x).i32[0], limited(-128, 127)) << x;
    EXPECT_EQ(cast("ui8", x).i32[0], limited(0, 255)) << x;
    EXPECT_EQ(cast("i32", x).i32[0], limited(-2147483648.0, 2147483647.0)) << x;
    int64_t wide = whole >= 0x1p63    ? std::numeric_limits<int64_t>::max()
                   : whole <= -0x1p63 ? std::numeric_limits<int64_t>::min()
                                      : int64_t(whole);
    EXPECT_EQ(cast("i64", x).i64[0], wide) << x;
    EXPECT_EQ(cast("i1", x).i1[0], x != 0) << x;
  }
}

TEST_F(ElementwiseMath, ConvertsIntegers) {
  EXPECT_EQ(evaluate("cast", {"i32"}, "f32", {b.i32(16777217)}).f32[0],
            0x1p24f);
  EXPECT_EQ(
      evaluate("cast", {"i64"}, "f32", {b.i64((1ll << 54) + (1ll << 30) + 1)})
          .f32[0],
      float((1ll << 54) + (1ll << 30) + 1));
  EXPECT_EQ(evaluate("cast", {"i64"}, "i8", {b.i64(0x1234567890ll)}).i32[0],
            int8_t(0x90));
  EXPECT_EQ(evaluate("cast", {"i8"}, "ui8", {b.i32(-1)}).i32[0], 255);
  EXPECT_EQ(evaluate("cast", {"ui8"}, "i64", {b.i32(200)}).i64[0], 200);
  EXPECT_EQ(
      evaluate("cast", {"i1"}, "i64", {b.equalInt(b.i32(1), b.i32(1))}).i64[0],
      1);
}

TEST_F(ElementwiseMath, IntegersWrapAndDivisionIsTotal) {
  constexpr int64_t lowest = std::numeric_limits<int64_t>::min();
  auto i64 = [&](StringRef name, int64_t lhs, int64_t rhs) {
    return evaluate(name, {"i64", "i64"}, "i64", {b.i64(lhs), b.i64(rhs)})
        .i64[0];
  };
  EXPECT_EQ(i64("div", lowest, -1), lowest);
  EXPECT_EQ(i64("div", 7, 0), 0);
  EXPECT_EQ(i64("div", -7, 2), -3);
  EXPECT_EQ(i64("sub", lowest, 1), std::numeric_limits<int64_t>::max());
  auto i8 = [&](StringRef name, StringRef type, int32_t lhs, int32_t rhs) {
    return evaluate(name, {type, type}, type, {b.i32(lhs), b.i32(rhs)}).i32[0];
  };
  EXPECT_EQ(i8("add", "i8", 127, 1), -128);
  EXPECT_EQ(i8("div", "i8", -128, -1), -128);
  EXPECT_EQ(i8("mul", "ui8", 200, 2), 144);
  EXPECT_EQ(i8("sub", "ui8", 0, 1), 255);
  EXPECT_EQ(evaluate("abs", {"i8"}, "i8", {b.i32(-128)}).i32[0], -128);
  EXPECT_EQ(evaluate("not", {"ui8"}, "ui8", {b.i32(1)}).i32[0], 254);
}

TEST_F(ElementwiseMath, SaysWhatNotANumberGives) {
  auto f32 = [&](StringRef name, StringRef attributes = "{}") {
    return evaluate(name, {"f32"}, "f32", {b.f32(nan)}, attributes).f32[0];
  };
  EXPECT_EQ(f32("relu"), 0.0f);
  EXPECT_EQ(f32("clip", "{low = -1.0 : f32, high = 2.0 : f32}"), -1.0f);
  EXPECT_TRUE(std::isnan(f32("leaky_relu", "{alpha = 0.5 : f32}")));
  EXPECT_TRUE(std::isnan(f32("tanh")));
  auto compared = [&](StringRef predicate) {
    std::string attributes =
        ("{predicate = #quantir.predicate<" + predicate + ">}").str();
    return evaluate("compare", {"f32", "f32"}, "i1", {b.f32(nan), b.f32(1.0f)},
                    attributes)
        .i1[0];
  };
  EXPECT_TRUE(compared("ne"));
  for (StringRef predicate : {"eq", "lt", "le", "gt", "ge"})
    EXPECT_FALSE(compared(predicate)) << predicate.str();
}

} // namespace
