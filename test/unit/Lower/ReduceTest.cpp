#include "CompareWithInterpreter.h"

using namespace quantir::test;

namespace {
struct ReduceCase {
  std::string name, in, axes, out;
};

class Reduce
    : public testing::TestWithParam<std::tuple<TestTarget, ReduceCase>> {
protected:
  const TestTarget &target() { return std::get<0>(GetParam()); }
  static std::string tensor(llvm::StringRef shape, llvm::StringRef element) {
    return ("tensor<" + shape + (shape.empty() ? "" : "x") + element + ">")
        .str();
  }
  std::string in(llvm::StringRef element) {
    return tensor(std::get<1>(GetParam()).in, element);
  }
  std::string out(llvm::StringRef element) {
    return tensor(std::get<1>(GetParam()).out, element);
  }
  std::string reduce(llvm::StringRef kind, llvm::StringRef from,
                     llvm::StringRef element, llvm::StringRef result) {
    return llvm::formatv("quantir.reduce <{0}> {1} {{axes = array<i64: {2}>} : "
                         "{3} -> {4}",
                         kind, from, std::get<1>(GetParam()).axes, in(element),
                         out(result));
  }
};
} // namespace

static constexpr const char *kinds[] = {"sum", "mean", "max", "min", "prod"};

TEST_P(Reduce, NumbersOfEveryType) {
  for (const char *element : {"f32", "i64", "i32", "i8", "ui8"})
    for (const char *kind : kinds) {
      std::string text = kernelModule(
          {in(element)}, "%r = " + reduce(kind, "%0", element, element),
          out(element));
      EXPECT_TRUE(sameAsInterpreted(text, target()));
    }
}

TEST_P(Reduce, Codes) {
  constexpr const char *codes = "!quant.uniform<u8:f32, 0.5:131>";
  constexpr const char *sums = "!quant.uniform<i32:f32, 0.5>";
  for (const char *kind : {"sum", "mean"})
    EXPECT_TRUE(sameAsInterpreted(
        kernelModule({in(codes)}, "%r = " + reduce(kind, "%0", codes, sums),
                     out(sums)),
        target()));
  for (const char *kind : {"max", "min"})
    EXPECT_TRUE(sameAsInterpreted(
        kernelModule({in(codes)}, "%r = " + reduce(kind, "%0", codes, codes),
                     out(codes)),
        target()));
}

TEST_P(Reduce, BetweenElementwise) {
  std::string i = in("f32"), o = out("f32");
  for (const char *kind : kinds) {
    std::string body = llvm::formatv(R"(
    %s = quantir.mul %0, %0 : {0}, {0} -> {0}
    %m = {2}
    %r = quantir.add %m, %1 : {1}, {1} -> {1})",
                                     i, o, reduce(kind, "%s", "f32", "f32"));
    EXPECT_TRUE(sameAsInterpreted(kernelModule({i, o}, body, o), target()));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Axes, Reduce,
    testing::Combine(
        testing::ValuesIn(testTargets()),
        testing::Values(ReduceCase{"last", "3x37", "1", "3"},
                        ReduceCase{"shortRow", "5x3", "1", "5"},
                        ReduceCase{"first", "5x19", "0", "19"},
                        ReduceCase{"image", "2x7x7x21", "1, 2", "2x21"},
                        ReduceCase{"planes", "2x3x5x7", "2, 3", "2x3"},
                        ReduceCase{"outerAndLast", "3x4x9", "0, 2", "4"},
                        ReduceCase{"alternating", "2x3x4x5", "0, 2", "3x5"},
                        ReduceCase{"everything", "3x4x5", "0, 1, 2", ""})),
    [](const auto &info) {
      return std::get<0>(info.param).name + "_" + std::get<1>(info.param).name;
    });
