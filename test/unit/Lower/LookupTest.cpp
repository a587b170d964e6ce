#include "CompareWithInterpreter.h"

#include <numeric>

using namespace quantir::test;

static std::string codes(std::string shape, bool isSigned) {
  return llvm::formatv("tensor<{0}x!quant.uniform<{1}:f32, 0.5>>", shape,
                       isSigned ? "i8" : "u8");
}

namespace {
class Lookup
    : public testing::TestWithParam<std::tuple<TestTarget, int64_t, bool>> {
protected:
  const TestTarget &target() { return std::get<0>(GetParam()); }
  std::string shape() { return std::to_string(std::get<1>(GetParam())); }
  std::string type() { return codes(shape(), std::get<2>(GetParam())); }
  std::string table() { return codes("256", !std::get<2>(GetParam())); }
  std::string result() { return codes(shape(), !std::get<2>(GetParam())); }
};
} // namespace

TEST_P(Lookup, AloneInItsKernel) {
  std::string body =
      llvm::formatv("%r = quantir.lookup %0, %1 : {0}, {1} -> {2}", type(),
                    table(), result());
  EXPECT_TRUE(sameAsInterpreted(kernelModule({type(), table()}, body, result()),
                                target()));
}

TEST_P(Lookup, BetweenOtherOps) {
  std::string real = "tensor<" + shape() + "xf32>";
  std::string body = llvm::formatv(R"(
    %q = quantir.quantize %0 : {0} -> {1}
    %l = quantir.lookup %q, %1 : {1}, {2} -> {3}
    %r = quantir.dequantize %l : {3} -> {0})",
                                   real, type(), table(), result());
  EXPECT_TRUE(
      sameAsInterpreted(kernelModule({real, table()}, body, real), target()));
}

INSTANTIATE_TEST_SUITE_P(
    Lengths, Lookup,
    testing::Combine(testing::ValuesIn(testTargets()),
                     testing::Values<int64_t>(1, 16, 63, 64, 65, 250, 1000001),
                     testing::Bool()),
    [](const auto &info) {
      return std::get<0>(info.param).name + "x" +
             std::to_string(std::get<1>(info.param)) +
             (std::get<2>(info.param) ? "Signed" : "Unsigned");
    });

namespace {
/// Instruction sets that a look-up has code of its own for.
class EveryCode : public testing::TestWithParam<TestTarget> {};
} // namespace

// Each of the 256 codes meets its own entry.
TEST_P(EveryCode, FindsItsEntry) {
  std::string type = codes("256", false);
  std::string body =
      llvm::formatv("%r = quantir.lookup %0, %1 : {0}, {0} -> {0}", type);
  auto model = CompiledModel::compile(kernelModule({type, type}, body, type),
                                      GetParam());
  ASSERT_TRUE(bool(model)) << toString(model.takeError());
  std::vector<uint8_t> input(256), table(256), output(256);
  std::iota(input.begin(), input.end(), 0);
  for (int i = 0; i < 256; ++i)
    table[i] = uint8_t(i * 167 + 13);
  model->run({input.data(), table.data()}, {output.data()});
  EXPECT_EQ(output, table);
}

static std::vector<TestTarget> lookupTargets() {
  std::vector<TestTarget> targets = testTargets();
#if defined(__x86_64__)
  targets.push_back({"sse41", "x86-64-v2", ""});
  if (__builtin_cpu_supports("avx512bw"))
    targets.push_back({"avx512bw", "x86-64-v4", ""});
#endif
  return targets;
}

INSTANTIATE_TEST_SUITE_P(Targets, EveryCode, testing::ValuesIn(lookupTargets()),
                         [](const auto &info) { return info.param.name; });

namespace {
/// Rows of bytes long enough for a table of their own; the form, or what else
/// the softmax is.
class ByteSoftmax : public testing::TestWithParam<
                        std::tuple<TestTarget, std::string, int64_t, bool>> {};
} // namespace

TEST_P(ByteSoftmax, SameAsInterpreted) {
  auto [target, attribute, columns, isSigned] = GetParam();
  auto typeOf = [&](std::string element) {
    return llvm::formatv("tensor<5x{0}x!quant.uniform<{1}>>", columns, element)
        .str();
  };
  std::string in = typeOf(isSigned ? "i8:f32, 0.03125" : "u8:f32, 0.03125:9");
  std::string out =
      typeOf(isSigned ? "u8:f32, 0.00390625" : "i8:f32, 0.00390625:-128");
  std::string body = llvm::formatv(
      "%r = quantir.softmax %0 {{{0}} : {1} -> {2}", attribute, in, out);
  EXPECT_TRUE(sameAsInterpreted(kernelModule({in}, body, out), target));
}

static std::vector<std::string> softmaxAttributes() {
  std::vector<std::string> attributes = {"", "unnormalized"};
  for (llvm::StringRef form :
       {"ibert", "log2", "hyq", "litert", "litert16", "index", "xnnpack"})
    attributes.push_back("form = #quantir.softmax_form<" + form.str() + ">");
  return attributes;
}

// Other targets than the host's have no code of their own here.
INSTANTIATE_TEST_SUITE_P(
    Rows, ByteSoftmax,
    testing::Combine(testing::Values(testTargets().front()),
                     testing::ValuesIn(softmaxAttributes()),
                     testing::Values<int64_t>(128, 197), testing::Bool()),
    [](const auto &info) { return "Case" + std::to_string(info.index); });
