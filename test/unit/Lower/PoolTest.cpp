#include "CompareWithInterpreter.h"

using namespace quantir::test;

namespace {
struct PoolCase {
  std::string name, in, out, attributes;
};

class Pool : public testing::TestWithParam<std::tuple<TestTarget, PoolCase>> {
protected:
  const TestTarget &target() { return std::get<0>(GetParam()); }
  const PoolCase &pool() { return std::get<1>(GetParam()); }
  std::string text(llvm::StringRef op, llvm::StringRef element,
                   llvm::StringRef more = "", llvm::StringRef result = "") {
    std::string in = llvm::formatv("tensor<{0}x{1}>", pool().in, element);
    std::string out = llvm::formatv("tensor<{0}x{1}>", pool().out,
                                    result.empty() ? element : result);
    return kernelModule(
        {in},
        llvm::formatv("%r = quantir.{0} %0 {{{1}{2}} : {3} -> {4}", op,
                      pool().attributes, more, in, out)
            .str(),
        out);
  }
};
} // namespace

TEST_P(Pool, Maximum) {
  for (const char *element :
       {"f32", "i64", "i32", "i8", "ui8", "!quant.uniform<u8:f32, 0.5:3>",
        "!quant.uniform<i8:f32, 0.5:3>"}) {
    EXPECT_TRUE(sameAsInterpreted(text("max_pool", element), target()));
  }
}

TEST_P(Pool, Average) {
  EXPECT_TRUE(sameAsInterpreted(text("avg_pool", "f32"), target()));
  EXPECT_TRUE(sameAsInterpreted(text("avg_pool", "f32", ", count_include_pad"),
                                target()));
}

TEST_P(Pool, AverageOfCodes) {
  const char *bytes = "!quant.uniform<u8:f32, 0.5:3>";
  const char *words = "!quant.uniform<i16:f32, 0.125>";
  for (const char *more : {"", ", count_include_pad"}) {
    EXPECT_TRUE(
        sameAsInterpreted(text("avg_pool", bytes, more, words), target()));
    EXPECT_TRUE(
        sameAsInterpreted(text("avg_pool", words, more, bytes), target()));
  }
}

TEST_P(Pool, BetweenElementwise) {
  std::string in = "tensor<" + pool().in + "xf32>";
  std::string out = "tensor<" + pool().out + "xf32>";
  std::string codes =
      "tensor<" + pool().out + "x!quant.uniform<u8:f32, 0.25:7>>";
  for (const char *op : {"max_pool", "avg_pool"}) {
    std::string body = llvm::formatv(R"(
    %a = quantir.relu %0 : {0} -> {0}
    %p = quantir.{1} %a {{{2}} : {0} -> {3}
    %r = quantir.quantize %p : {3} -> {4})",
                                     in, op, pool().attributes, out, codes);
    EXPECT_TRUE(sameAsInterpreted(kernelModule({in}, body, codes), target()));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Windows, Pool,
    testing::Combine(
        testing::ValuesIn(testTargets()),
        testing::Values(
            PoolCase{"halves", "1x8x6x4", "1x4x3x4",
                     "kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>"},
            PoolCase{"padded", "2x7x9x19", "2x4x5x19",
                     "kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, "
                     "pads = array<i64: 1, 1, 1, 1>"},
            PoolCase{
                "wide", "1x5x5x3", "1x5x5x3",
                "kernel = array<i64: 5, 5>, pads = array<i64: 2, 2, 2, 2>"},
            PoolCase{"dilated", "1x9x8x16", "1x9x8x16",
                     "kernel = array<i64: 3, 3>, dilations = array<i64: 2, 3>, "
                     "pads = array<i64: 2, 3, 2, 3>"},
            PoolCase{"lopsided", "1x6x7x33", "1x3x4x33",
                     "kernel = array<i64: 2, 3>, strides = array<i64: 2, 2>, "
                     "pads = array<i64: 0, 0, 1, 2>"})),
    [](const auto &info) {
      return std::get<0>(info.param).name + "_" + std::get<1>(info.param).name;
    });
