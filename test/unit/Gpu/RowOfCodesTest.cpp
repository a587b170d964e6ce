#include "CompareWithInterpreter.h"

using namespace quantir::test;

namespace {
class GpuRowsOfCodes : public OnGpu,
                       public testing::WithParamInterface<int64_t> {
protected:
  static std::string type(int64_t rows, int64_t columns,
                          llvm::StringRef element) {
    return llvm::formatv("tensor<{0}x{1}x{2}>", rows, columns, element);
  }
  testing::AssertionResult isSame(llvm::StringRef op, llvm::StringRef from,
                                  llvm::StringRef to) {
    std::string in = type(5, GetParam(), from), out = type(5, GetParam(), to);
    return sameAsInterpreted(kernelModule(
        {in},
        llvm::formatv("%r = quantir.softmax %0 {0} : {1} -> {2}", op, in, out)
            .str(),
        out));
  }
};
} // namespace

static constexpr const char *kBytes = "!quant.uniform<u8:f32, 0.05:131>";
static constexpr const char *kShorts = "!quant.uniform<i16:f32, 0.001>";
static constexpr const char *kShares = "!quant.uniform<u8:f32, 0.00390625>";

TEST_P(GpuRowsOfCodes, Softmax) {
  for (const char *from : {kBytes, kShorts}) {
    EXPECT_TRUE(isSame("", from, kShares));
    EXPECT_TRUE(isSame("{unnormalized}", from, kShares));
    EXPECT_TRUE(isSame("{log}", from, "!quant.uniform<i16:f32, 0.001>"));
  }
}

TEST_P(GpuRowsOfCodes, SoftmaxBetweenElementwise) {
  std::string in = type(5, GetParam(), "f32"), out = type(5, GetParam(), "f32");
  std::string from = type(5, GetParam(), kShorts);
  std::string to = type(5, GetParam(), kShares);
  std::string body = llvm::formatv(R"(
    %q = quantir.quantize %0 : {0} -> {1}
    %s = quantir.softmax %q : {1} -> {2}
    %r = quantir.dequantize %s : {2} -> {3})",
                                   in, from, to, out);
  EXPECT_TRUE(sameAsInterpreted(kernelModule({in}, body, out)));
}

TEST_P(GpuRowsOfCodes, Norms) {
  for (const char *element : {kBytes, kShorts})
    for (const char *form : {"house", "ibert", "ivit"}) {
      std::string in = type(5, GetParam(), element);
      std::string v = llvm::formatv("tensor<{0}xf32>", GetParam());
      std::string body = llvm::formatv(
          R"(
    %s = quantir.constant dense<1.5> : {1} -> {1}
    %b = quantir.constant dense<-0.25> : {1} -> {1}
    %r = quantir.layer_norm %0, %s, %b {{epsilon = 1.0e-5 : f32, form = #quantir.norm_form<{2}>} : {0}, {1}, {1} -> {0})",
          in, v, form);
      EXPECT_TRUE(sameAsInterpreted(kernelModule({in}, body, in)));
      if (llvm::StringRef(form) != "house")
        continue;
      body = llvm::formatv(R"(
    %s = quantir.constant dense<1.5> : {1} -> {1}
    %r = quantir.rms_norm %0, %s {{epsilon = 1.0e-5 : f32} : {0}, {1} -> {0})",
                           in, v);
      EXPECT_TRUE(sameAsInterpreted(kernelModule({in}, body, in)));
    }
}

INSTANTIATE_TEST_SUITE_P(Lengths, GpuRowsOfCodes,
                         testing::Values<int64_t>(1, 10, 33, 3584, 4001),
                         [](const auto &info) {
                           return std::to_string(info.param);
                         });

TEST_F(OnGpu, PublishedSoftmaxForms) {
  for (auto [form, from, to] :
       {std::tuple{"ibert", "i8:f32, 0.05", "u8:f32, 0.00390625"},
        {"shiftmax", "i8:f32, 0.05", "i8:f32, 0.0078125"},
        {"log2", "i8:f32, 0.05", "u8:f32, 0.00390625"},
        {"hyq", "i8:f32, 0.05", "u8:f32, 0.00390625"},
        {"litert", "i8:f32, 0.05", "i8:f32, 0.00390625:-128"},
        {"litert16", "i16:f32, 0.001", "i16:f32, 3.0517578125E-5"},
        {"index", "i8:f32, 0.05", "u8:f32, 0.00392156886"},
        {"xnnpack", "u8:f32, 0.05", "u8:f32, 0.00390625"}}) {
    std::string in = llvm::formatv("tensor<3x37x!quant.uniform<{0}>>", from);
    std::string out = llvm::formatv("tensor<3x37x!quant.uniform<{0}>>", to);
    std::string body = llvm::formatv(
        "%r = quantir.softmax %0 {{form = #quantir.softmax_form<{0}>} : {1} -> "
        "{2}",
        form, in, out);
    EXPECT_TRUE(sameAsInterpreted(kernelModule({in}, body, out)));
  }
}
