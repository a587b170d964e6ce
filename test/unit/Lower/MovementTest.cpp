#include "CompareWithInterpreter.h"

using namespace quantir::test;

namespace {
struct MoveCase {
  std::string name, op, in, out;
};

class Movement
    : public testing::TestWithParam<std::tuple<TestTarget, MoveCase>> {
protected:
  const TestTarget &target() { return std::get<0>(GetParam()); }
  const MoveCase &move() { return std::get<1>(GetParam()); }
  std::string in(llvm::StringRef element) {
    return ("tensor<" + move().in + "x" + element + ">").str();
  }
  std::string out(llvm::StringRef element) {
    return ("tensor<" + move().out + "x" + element + ">").str();
  }
};
} // namespace

TEST_P(Movement, EveryType) {
  for (const char *element :
       {"f32", "i64", "i32", "i8", "ui8", "i1", "!quant.uniform<u8:f32, 0.5:3>",
        "!quant.uniform<i32:f32, 0.5>"})
    EXPECT_TRUE(
        sameAsInterpreted(kernelModule({in(element)},
                                       "%r = quantir." + move().op + " : " +
                                           in(element) + " -> " + out(element),
                                       out(element)),
                          target()));
}

TEST_P(Movement, BetweenElementwise) {
  std::string i = in("f32"), o = out("f32");
  std::string codes = out("!quant.uniform<u8:f32, 0.25:7>");
  std::string op = llvm::StringRef(move().op).str();
  op.replace(op.find("%0"), 2, "%a");
  std::string body = llvm::formatv(R"(
    %a = quantir.abs %0 : {0} -> {0}
    %m = quantir.{1} : {0} -> {2}
    %s = quantir.add %m, %1 : {2}, {2} -> {2}
    %r = quantir.quantize %s : {2} -> {3})",
                                   i, op, o, codes);
  EXPECT_TRUE(sameAsInterpreted(kernelModule({i, o}, body, codes), target()));
}

/// Planes are finished before they are woven together.
TEST(Planes, BetweenElementwise) {
  for (int channels : {2, 3, 4}) {
    std::string in = llvm::formatv("tensor<2x{0}x5x37xf32>", channels);
    std::string out = llvm::formatv("tensor<2x5x37x{0}xf32>", channels);
    std::string codes = llvm::formatv(
        "tensor<2x5x37x{0}x!quant.uniform<u8:f32, 0.01:7>>", channels);
    std::string body = llvm::formatv(
        R"(
    %m = quantir.transpose %0 {{permutation = array<i64: 0, 2, 3, 1>} : {0} -> {1}
    %half = quantir.constant dense<0.5> : tensor<f32> -> tensor<f32>
    %s = quantir.add %m, %half : {1}, tensor<f32> -> {1}
    %r = quantir.quantize %s : {1} -> {2})",
        in, out, codes);
    for (const TestTarget &target : testTargets())
      EXPECT_TRUE(sameAsInterpreted(kernelModule({in}, body, codes), target));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Ops, Movement,
    testing::Combine(
        testing::ValuesIn(testTargets()),
        testing::Values(
            MoveCase{"channelsLast",
                     "transpose %0 {permutation = array<i64: 0, 2, 3, 1>}",
                     "2x3x9x11", "2x9x11x3"},
            MoveCase{"planes",
                     "transpose %0 {permutation = array<i64: 0, 2, 3, 1>}",
                     "2x3x5x37", "2x5x37x3"},
            MoveCase{"channelsFirst",
                     "transpose %0 {permutation = array<i64: 0, 3, 1, 2>}",
                     "2x9x11x3", "2x3x9x11"},
            MoveCase{"matrix", "transpose %0 {permutation = array<i64: 1, 0>}",
                     "37x50", "50x37"},
            MoveCase{"heads",
                     "transpose %0 {permutation = array<i64: 0, 2, 1, 3>}",
                     "1x7x4x19", "1x4x7x19"},
            MoveCase{"keys",
                     "transpose %0 {permutation = array<i64: 0, 2, 3, 1>}",
                     "1x18x2x33", "1x2x33x18"},
            MoveCase{"reversed",
                     "transpose %0 {permutation = array<i64: 2, 1, 0>}",
                     "5x6x17", "17x6x5"},
            MoveCase{"sliceRows",
                     "slice %0 {offsets = array<i64: 1, 0>, sizes = array<i64: "
                     "2, 19>, steps = array<i64: 2, 1>}",
                     "5x19", "2x19"},
            MoveCase{"sliceBackwards",
                     "slice %0 {offsets = array<i64: 4, 18>, sizes = "
                     "array<i64: 5, 7>, steps = array<i64: -1, -2>}",
                     "5x19", "5x7"},
            MoveCase{"sliceColumns",
                     "slice %0 {offsets = array<i64: 0, 3>, sizes = array<i64: "
                     "5, 16>, steps = array<i64: 1, 1>}",
                     "5x19", "5x16"},
            MoveCase{"pad",
                     "pad %0 {low = array<i64: 1, 2, 0>, high = array<i64: 0, "
                     "3, 0>, "
                     "value = 1.5 : f64}",
                     "3x4x5", "4x9x5"},
            MoveCase{"padLast",
                     "pad %0 {low = array<i64: 1, 2>, high = array<i64: 0, 3>, "
                     "value "
                     "= -2.0 : f64}",
                     "3x20", "4x25"},
            MoveCase{"padEdge",
                     "pad %0 {low = array<i64: 1, 2>, high = array<i64: 0, 3>, "
                     "mode = "
                     "#quantir.pad_mode<edge>}",
                     "3x20", "4x25"},
            MoveCase{"padReflect",
                     "pad %0 {low = array<i64: 2, 3>, high = array<i64: 1, 4>, "
                     "mode = #quantir.pad_mode<reflect>}",
                     "3x20", "6x27"},
            MoveCase{"expandRows", "expand %0", "1x19", "4x19"},
            MoveCase{"expandColumns", "expand %0", "5x1", "3x5x18"},
            MoveCase{"resizeTwice",
                     "resize %0 {scales = array<f64: 2.0, 2.0>, coordinates = "
                     "#quantir.coordinates<asymmetric>, rounding = "
                     "#quantir.rounding<floor>}",
                     "1x3x4x5", "1x6x8x5"},
            MoveCase{"resizeDown", "resize %0 {scales = array<f64: 0.6, 0.75>}",
                     "2x5x4x1", "2x3x3x1"})),
    [](const auto &info) {
      return std::get<0>(info.param).name + "_" + std::get<1>(info.param).name;
    });

namespace {
class MovementOnTarget : public testing::TestWithParam<TestTarget> {};
} // namespace

TEST_P(MovementOnTarget, ConcatAlongEveryAxis) {
  struct Case {
    std::string a, b, out;
    int axis;
  };
  for (const Case &c : {Case{"2x3x19", "1x3x19", "3x3x19", 0},
                        Case{"2x3x19", "2x1x19", "2x4x19", 1},
                        Case{"2x3x19", "2x3x4", "2x3x23", 2}})
    for (const char *element :
         {"f32", "i64", "i1", "!quant.uniform<u8:f32, 0.5:3>"}) {
      std::string a = "tensor<" + c.a + "x" + element + ">";
      std::string b = "tensor<" + c.b + "x" + element + ">";
      std::string out = "tensor<" + c.out + "x" + element + ">";
      std::string body = llvm::formatv(
          "%r = quantir.concat %0, %1 {{axis = {0} : i64} : {1}, {2} -> {3}",
          c.axis, a, b, out);
      EXPECT_TRUE(
          sameAsInterpreted(kernelModule({a, b}, body, out), GetParam()));
      if (llvm::StringRef(element) != "f32")
        continue;
      body = llvm::formatv(R"(
    %a = quantir.abs %0 : {1} -> {1}
    %c = quantir.concat %a, %1 {{axis = {0} : i64} : {1}, {2} -> {3}
    %r = quantir.relu %c : {3} -> {3})",
                           c.axis, a, b, out);
      EXPECT_TRUE(
          sameAsInterpreted(kernelModule({a, b}, body, out), GetParam()));
    }
}

TEST_P(MovementOnTarget, GatherWrapsAndClamps) {
  struct Case {
    std::string in, indices, out;
    int axis;
  };
  for (const Case &c :
       {Case{"12x19", "2x3", "2x3x19", 0}, Case{"3x14x5", "4", "3x4x5", 1},
        Case{"3x14", "2x3", "3x2x3", 1}, Case{"3x14", "", "14", 0},
        Case{"3x14", "", "3", 1}})
    for (const char *index : {"i64", "i32"})
      for (const char *element :
           {"f32", "i64", "!quant.uniform<u8:f32, 0.5:3>"}) {
        std::string in = "tensor<" + c.in + "x" + element + ">";
        std::string indices = "tensor<" + c.indices +
                              (c.indices.empty() ? "" : "x") + index + ">";
        std::string out = "tensor<" + c.out + "x" + element + ">";
        std::string body = llvm::formatv(
            "%r = quantir.gather %0, %1 {{axis = {0} : i64} : {1}, {2} -> {3}",
            c.axis, in, indices, out);
        std::string text = kernelModule({in, indices}, body, out);
        EXPECT_TRUE(sameAsInterpreted(text, GetParam()));
        if (llvm::StringRef(element) != "f32")
          continue;
        body = llvm::formatv(R"(
    %a = quantir.abs %0 : {1} -> {1}
    %g = quantir.gather %a, %1 {{axis = {0} : i64} : {1}, {2} -> {3}
    %r = quantir.relu %g : {3} -> {3})",
                             c.axis, in, indices, out);
        EXPECT_TRUE(sameAsInterpreted(kernelModule({in, indices}, body, out),
                                      GetParam()));
      }
}

TEST_P(MovementOnTarget, GatherOfBytesWithAScaleForEachColumn) {
  for (int columns : {1, 7, 16, 37}) {
    std::string scales;
    for (int i = 0; i < columns; ++i)
      scales += llvm::formatv("{0}{1:E6}", i ? "," : "", 0.25 * (i + 1)).str();
    auto codes = [&](int axis) {
      return llvm::formatv("!quant.uniform<i8<-127:127>:f32:{0}, {{{1}", axis,
                           scales)
                 .str() +
             "}>";
    };
    std::string in = llvm::formatv("tensor<9x{0}x{1}>", columns, codes(1));
    std::string rows = llvm::formatv("tensor<2x3x{0}x{1}>", columns, codes(2));
    std::string out = llvm::formatv("tensor<2x3x{0}xf32>", columns);
    std::string body = llvm::formatv(R"(
    %g = quantir.gather %0, %1 {{axis = 0 : i64} : {0}, tensor<2x3xi64> -> {1}
    %r = quantir.dequantize %g : {1} -> {2})",
                                     in, rows, out);
    EXPECT_TRUE(sameAsInterpreted(
        kernelModule({in, "tensor<2x3xi64>"}, body, out), GetParam()));
  }
}

TEST_P(MovementOnTarget, ResizeLinearly) {
  std::string in = "tensor<2x3x4x19xf32>", out = "tensor<2x7x6x19xf32>";
  for (const char *coordinates :
       {"half_pixel", "align_corners", "asymmetric"}) {
    std::string body = llvm::formatv(R"(
    %a = quantir.abs %0 : {0} -> {0}
    %s = quantir.resize %a {{scales = array<f64: 2.3, 1.5>, mode = #quantir.resize_mode<linear>,
                            coordinates = #quantir.coordinates<{2}>} : {0} -> {1}
    %r = quantir.relu %s : {1} -> {1})",
                                     in, out, coordinates);
    EXPECT_TRUE(sameAsInterpreted(kernelModule({in}, body, out), GetParam()));
  }
}

TEST_P(MovementOnTarget, ResizeCodesLinearly) {
  for (const char *element :
       {"!quant.uniform<u8:f32, 0.5:3>", "!quant.uniform<i16:f32, 0.125>"}) {
    std::string in = llvm::formatv("tensor<2x3x4x19x{0}>", element);
    std::string out = llvm::formatv("tensor<2x7x5x19x{0}>", element);
    std::string body =
        llvm::formatv("%r = quantir.resize %0 {{scales = array<f64: 2.3, 1.3>, "
                      "mode = #quantir.resize_mode<linear>} : {0} -> {1}",
                      in, out);
    EXPECT_TRUE(sameAsInterpreted(kernelModule({in}, body, out), GetParam()));
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, MovementOnTarget,
                         testing::ValuesIn(testTargets()),
                         [](const auto &info) { return info.param.name; });
