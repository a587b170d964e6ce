#include "CompareWithInterpreter.h"

using namespace quantir::test;

namespace {
struct MoveCase {
  std::string name, op, in, out;
};

class GpuMovement : public OnGpu,
                    public testing::WithParamInterface<MoveCase> {};

std::string tensor(llvm::StringRef shape, llvm::StringRef element) {
  return (shape.empty() ? "tensor<" : "tensor<" + shape + "x").str() +
         (element + ">").str();
}
} // namespace

static constexpr const char *kBytes = "!quant.uniform<u8:f32, 0.5:3>";
static constexpr const char *kShorts = "!quant.uniform<i16:f32, 0.125>";

TEST_P(GpuMovement, EveryType) {
  for (const char *element :
       {"f32", "i64", "i8", "i1", "bf16", kBytes, kShorts}) {
    std::string in = tensor(GetParam().in, element);
    std::string out = tensor(GetParam().out, element);
    EXPECT_TRUE(sameAsInterpreted(kernelModule(
        {in}, "%r = quantir." + GetParam().op + " : " + in + " -> " + out,
        out)));
  }
}

TEST_P(GpuMovement, BetweenElementwise) {
  std::string in = tensor(GetParam().in, "f32");
  std::string out = tensor(GetParam().out, "f32");
  std::string codes = tensor(GetParam().out, "!quant.uniform<u8:f32, 0.25:7>");
  std::string op = GetParam().op;
  op.replace(op.find("%0"), 2, "%a");
  std::string body = llvm::formatv(R"(
    %a = quantir.abs %0 : {0} -> {0}
    %m = quantir.{1} : {0} -> {2}
    %s = quantir.add %m, %1 : {2}, {2} -> {2}
    %r = quantir.quantize %s : {2} -> {3})",
                                   in, op, out, codes);
  EXPECT_TRUE(sameAsInterpreted(kernelModule({in, out}, body, codes)));
}

INSTANTIATE_TEST_SUITE_P(
    Ops, GpuMovement,
    testing::Values(
        MoveCase{"channelsLast",
                 "transpose %0 {permutation = array<i64: 0, 2, 3, 1>}",
                 "2x3x9x11", "2x9x11x3"},
        MoveCase{"channelsFirst",
                 "transpose %0 {permutation = array<i64: 0, 3, 1, 2>}",
                 "2x3x5x4", "2x4x3x5"},
        MoveCase{"blocks",
                 "transpose %0 {permutation = array<i64: 0, 2, 3, 1>}",
                 "2x12x3x8", "2x3x8x12"},
        MoveCase{"blocksOfPlanes",
                 "transpose %0 {permutation = array<i64: 0, 3, 1, 2>}",
                 "2x4x5x12", "2x12x4x5"},
        MoveCase{"heads", "transpose %0 {permutation = array<i64: 0, 2, 1, 3>}",
                 "1x7x4x8", "1x4x7x8"},
        MoveCase{"sliceRows",
                 "slice %0 {offsets = array<i64: 1, 0>, sizes = array<i64: 2, "
                 "19>, steps = array<i64: 2, 1>}",
                 "5x19", "2x19"},
        MoveCase{"sliceBackwards",
                 "slice %0 {offsets = array<i64: 4, 18>, sizes = array<i64: 5, "
                 "7>, steps = array<i64: -1, -2>}",
                 "5x19", "5x7"},
        MoveCase{"sliceColumns",
                 "slice %0 {offsets = array<i64: 0, 4>, sizes = array<i64: 5, "
                 "10>, steps = array<i64: 1, 1>}",
                 "5x19", "5x10"},
        MoveCase{"pad",
                 "pad %0 {low = array<i64: 1, 2, 0>, high = array<i64: 0, 3, "
                 "0>, value = 1.5 : f64}",
                 "3x4x5", "4x9x5"},
        MoveCase{"padLast",
                 "pad %0 {low = array<i64: 1, 2>, high = array<i64: 0, 3>, "
                 "value = 0.0 : f64}",
                 "3x10", "4x15"},
        MoveCase{"padReflect",
                 "pad %0 {low = array<i64: 2, 3>, high = array<i64: 1, 4>, "
                 "mode = #quantir.pad_mode<reflect>}",
                 "3x20", "6x27"},
        MoveCase{"expandRows", "expand %0", "1x10", "4x10"},
        MoveCase{"expandColumns", "expand %0", "5x1", "3x5x6"},
        MoveCase{"resizeTwice",
                 "resize %0 {scales = array<f64: 2.0, 2.0>, coordinates = "
                 "#quantir.coordinates<asymmetric>, rounding = "
                 "#quantir.rounding<floor>}",
                 "1x3x4x5", "1x6x8x5"},
        MoveCase{"resizeDown", "resize %0 {scales = array<f64: 0.6, 0.75>}",
                 "2x5x4x8", "2x3x3x8"}),
    [](const auto &info) { return info.param.name; });

TEST_F(OnGpu, ConcatAlongEveryAxis) {
  struct Case {
    std::string a, b, out;
    int axis;
  };
  for (const Case &c : {Case{"2x3x10", "1x3x10", "5x3x10", 0},
                        Case{"2x3x8", "2x1x8", "2x7x8", 1},
                        Case{"2x3x19", "2x3x3", "2x3x41", 2},
                        Case{"2x3x4", "2x3x8", "2x3x16", 2}})
    for (const char *element : {"f32", "i64", "i1", kBytes, kShorts}) {
      std::string a = tensor(c.a, element), b = tensor(c.b, element);
      std::string out = tensor(c.out, element);
      std::string body =
          llvm::formatv("%r = quantir.concat %0, %1, %0 {{axis = {0} : i64} : "
                        "{1}, {2}, {1} -> {3}",
                        c.axis, a, b, out);
      EXPECT_TRUE(sameAsInterpreted(kernelModule({a, b}, body, out)));
    }
}

TEST_F(OnGpu, ConcatOfMoreOperandsThanBindings) {
  for (const char *element : {"f32", kBytes}) {
    std::string in = tensor("3x4", element), odd = tensor("3x2", element);
    std::string out = tensor("3x22", element);
    std::string body =
        llvm::formatv("%r = quantir.concat %0, %1, %2, %3, %4, %1 {{axis = 1 : "
                      "i64} : {0}, {0}, {0}, {1}, {0}, {0} -> {2}",
                      in, odd, out);
    EXPECT_TRUE(
        sameAsInterpreted(kernelModule({in, in, in, odd, in}, body, out)));
  }
}

TEST_F(OnGpu, GatherWrapsAndClamps) {
  struct Case {
    std::string in, indices, out;
    int axis;
  };
  for (const Case &c :
       {Case{"12x19", "2x3", "2x3x19", 0}, Case{"12x8", "5", "5x8", 0},
        Case{"3x14x5", "4", "3x4x5", 1}, Case{"3x14", "2x3", "3x2x3", 1},
        Case{"3x14", "", "14", 0}, Case{"3x14", "", "3", 1}})
    for (const char *index : {"i64", "i32"})
      for (const char *element : {"f32", kBytes}) {
        std::string in = tensor(c.in, element), out = tensor(c.out, element);
        std::string indices = tensor(c.indices, index);
        std::string body = llvm::formatv(
            "%r = quantir.gather %0, %1 {{axis = {0} : i64} : {1}, {2} -> {3}",
            c.axis, in, indices, out);
        EXPECT_TRUE(sameAsInterpreted(kernelModule({in, indices}, body, out),
                                      {Inputs::ordinary, Inputs::anyBits}));
      }
}

TEST_F(OnGpu, GatherThenElementwise) {
  std::string body = R"(
    %g = quantir.gather %0, %1 {axis = 0 : i64} : tensor<12x10x!quant.uniform<u8:f32, 0.5:3>>, tensor<2x3xi64> -> tensor<2x3x10x!quant.uniform<u8:f32, 0.5:3>>
    %r = quantir.dequantize %g : tensor<2x3x10x!quant.uniform<u8:f32, 0.5:3>> -> tensor<2x3x10xf32>)";
  EXPECT_TRUE(sameAsInterpreted(kernelModule(
      {"tensor<12x10x!quant.uniform<u8:f32, 0.5:3>>", "tensor<2x3xi64>"}, body,
      "tensor<2x3x10xf32>")));
}

TEST_F(OnGpu, ResizeLinearly) {
  for (const char *coordinates : {"half_pixel", "align_corners", "asymmetric"})
    for (const char *element : {"f32", kBytes, kShorts}) {
      std::string in = tensor("2x3x4x5", element);
      std::string out = tensor("2x7x6x5", element);
      std::string body =
          llvm::formatv("%r = quantir.resize %0 {{scales = array<f64: 2.3, "
                        "1.5>, mode = #quantir.resize_mode<linear>, "
                        "coordinates = #quantir.coordinates<{2}>} : {0} -> {1}",
                        in, out, coordinates);
      EXPECT_TRUE(sameAsInterpreted(kernelModule({in}, body, out)));
    }
}
