#include "CompareWithInterpreter.h"

using namespace quantir::test;

namespace {
struct ReduceCase {
  std::string name, in, axes, out;
};

class GpuReduce : public OnGpu, public testing::WithParamInterface<ReduceCase> {
protected:
  static std::string tensor(llvm::StringRef shape, llvm::StringRef element) {
    return ("tensor<" + shape + (shape.empty() ? "" : "x") + element + ">")
        .str();
  }
  std::string in(llvm::StringRef element) {
    return tensor(GetParam().in, element);
  }
  std::string out(llvm::StringRef element) {
    return tensor(GetParam().out, element);
  }
  std::string reduce(llvm::StringRef kind, llvm::StringRef from,
                     llvm::StringRef element, llvm::StringRef result) {
    return llvm::formatv("quantir.reduce <{0}> {1} {{axes = array<i64: {2}>} : "
                         "{3} -> {4}",
                         kind, from, GetParam().axes, in(element), out(result));
  }
  testing::AssertionResult isSame(llvm::StringRef kind, llvm::StringRef element,
                                  llvm::StringRef result) {
    return sameAsInterpreted(kernelModule(
        {in(element)}, "%r = " + reduce(kind, "%0", element, result),
        out(result)));
  }
};
} // namespace

static constexpr const char *kKinds[] = {"sum", "mean", "max", "min", "prod"};

TEST_P(GpuReduce, NumbersOfEveryType) {
  for (const char *element : {"f32", "i64", "i8"})
    for (const char *kind : kKinds)
      EXPECT_TRUE(isSame(kind, element, element));
}

TEST_P(GpuReduce, Codes) {
  constexpr const char *codes = "!quant.uniform<u8:f32, 0.5:131>";
  constexpr const char *sums = "!quant.uniform<i32:f32, 0.5>";
  for (const char *kind : {"sum", "mean"})
    EXPECT_TRUE(isSame(kind, codes, sums));
  for (const char *kind : {"max", "min"})
    EXPECT_TRUE(isSame(kind, codes, codes));
}

TEST_P(GpuReduce, BetweenElementwise) {
  std::string i = in("f32"), o = out("f32");
  for (const char *kind : kKinds) {
    std::string body = llvm::formatv(R"(
    %s = quantir.mul %0, %0 : {0}, {0} -> {0}
    %m = {2}
    %r = quantir.add %m, %1 : {1}, {1} -> {1})",
                                     i, o, reduce(kind, "%s", "f32", "f32"));
    EXPECT_TRUE(sameAsInterpreted(kernelModule({i, o}, body, o)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Axes, GpuReduce,
    testing::Values(ReduceCase{"last", "3x37", "1", "3"},
                    ReduceCase{"shortRow", "5x3", "1", "5"},
                    ReduceCase{"first", "5x19", "0", "19"},
                    ReduceCase{"image", "2x7x7x10", "1, 2", "2x10"},
                    ReduceCase{"largeImage", "1x13x11x6", "1, 2", "1x6"},
                    ReduceCase{"planes", "2x3x5x7", "2, 3", "2x3"},
                    ReduceCase{"outerAndLast", "3x4x9", "0, 2", "4"},
                    ReduceCase{"alternating", "2x3x4x5", "0, 2", "3x5"},
                    ReduceCase{"everything", "3x4x5", "0, 1, 2", ""}),
    [](const auto &info) { return info.param.name; });

TEST_F(OnGpu, ReducesMoreThanADimensionOfAGridHolds) {
  EXPECT_TRUE(sameAsInterpreted(
      kernelModule({"tensor<262150x1xi8>"},
                   "%r = quantir.reduce <max> %0 {axes = array<i64: 1>} : "
                   "tensor<262150x1xi8> -> tensor<262150xi8>",
                   "tensor<262150xi8>"),
      {Inputs::anyBits}));
}

TEST_F(OnGpu, ReducesAndKeepsDimensions) {
  EXPECT_TRUE(sameAsInterpreted(kernelModule(
      {"tensor<3x4x5xf32>"},
      "%r = quantir.reduce <mean> %0 {axes = array<i64: 0, 2>, keepdims} : "
      "tensor<3x4x5xf32> -> tensor<1x4x1xf32>",
      "tensor<1x4x1xf32>")));
}
