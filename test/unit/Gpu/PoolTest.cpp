#include "CompareWithInterpreter.h"

using namespace quantir::test;

namespace {
struct PoolCase {
  std::string name, in, out, attributes;
};

class GpuPool : public OnGpu, public testing::WithParamInterface<PoolCase> {
protected:
  std::string text(llvm::StringRef op, llvm::StringRef element,
                   llvm::StringRef more = "", llvm::StringRef result = "") {
    std::string in = llvm::formatv("tensor<{0}x{1}>", GetParam().in, element);
    std::string out = llvm::formatv("tensor<{0}x{1}>", GetParam().out,
                                    result.empty() ? element : result);
    return kernelModule({in},
                        llvm::formatv("%r = quantir.{0} %0 {{{1}{2}} : {3} -> "
                                      "{4}",
                                      op, GetParam().attributes, more, in, out)
                            .str(),
                        out);
  }
};
} // namespace

static constexpr const char *kBytes = "!quant.uniform<u8:f32, 0.5:3>";
static constexpr const char *kShorts = "!quant.uniform<i16:f32, 0.125>";

TEST_P(GpuPool, Maximum) {
  for (const char *element :
       {"f32", "i64", "i32", "i8", "ui8", kBytes, kShorts})
    EXPECT_TRUE(sameAsInterpreted(text("max_pool", element)));
}

TEST_P(GpuPool, Average) {
  for (const char *more : {"", ", count_include_pad"}) {
    EXPECT_TRUE(sameAsInterpreted(text("avg_pool", "f32", more)));
    EXPECT_TRUE(sameAsInterpreted(text("avg_pool", kBytes, more, kShorts)));
    EXPECT_TRUE(sameAsInterpreted(text("avg_pool", kShorts, more, kBytes)));
  }
}

TEST_P(GpuPool, BetweenElementwise) {
  std::string in = "tensor<" + GetParam().in + "xf32>";
  std::string out = "tensor<" + GetParam().out + "xf32>";
  std::string codes =
      "tensor<" + GetParam().out + "x!quant.uniform<u8:f32, 0.25:7>>";
  for (const char *op : {"max_pool", "avg_pool"}) {
    std::string body = llvm::formatv(R"(
    %a = quantir.relu %0 : {0} -> {0}
    %p = quantir.{1} %a {{{2}} : {0} -> {3}
    %r = quantir.quantize %p : {3} -> {4})",
                                     in, op, GetParam().attributes, out, codes);
    EXPECT_TRUE(sameAsInterpreted(kernelModule({in}, body, codes)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Windows, GpuPool,
    testing::Values(
        PoolCase{"halves", "1x8x6x4", "1x4x3x4",
                 "kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>"},
        PoolCase{"padded", "2x7x9x10", "2x4x5x10",
                 "kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, "
                 "pads = array<i64: 1, 1, 1, 1>"},
        PoolCase{"dilated", "1x9x8x3", "1x9x8x3",
                 "kernel = array<i64: 3, 3>, dilations = array<i64: 2, 3>, "
                 "pads = array<i64: 2, 3, 2, 3>"},
        PoolCase{"lopsided", "1x6x7x5", "1x3x4x5",
                 "kernel = array<i64: 2, 3>, strides = array<i64: 2, 2>, "
                 "pads = array<i64: 0, 0, 1, 2>"}),
    [](const auto &info) { return info.param.name; });
