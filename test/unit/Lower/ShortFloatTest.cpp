#include "CompareWithInterpreter.h"
#include "llvm/Support/FormatVariadic.h"

using namespace quantir::test;

namespace {
struct Product {
  std::string name, type, attributes, lhs, rhs, out;
  std::string op = "matmul";
};

/// The short-float rows that this machine runs.
std::vector<TestTarget> targets() {
  std::vector<TestTarget> targets = testTargets();
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    targets.push_back({"avx512", "x86-64-v4", ""});
#endif
  return targets;
}

/// Operands are inputs, cast within the kernel's module; a constant right one
/// has few different values.
std::string moduleOf(const Product &p, bool constant) {
  bool both = p.type == "bf16";
  std::string left = both ? p.type : "f32";
  auto tensor = [](llvm::StringRef dims, llvm::StringRef element) {
    return ("tensor<" + dims + "x" + element + ">").str();
  };
  std::string lf = tensor(p.lhs, "f32"), ls = tensor(p.lhs, left),
              rf = tensor(p.rhs, "f32"), rs = tensor(p.rhs, p.type),
              out = tensor(p.out, "f32");
  std::string castLeft = llvm::formatv(
      "  %l = quantir.kernel (%x) {{\n  ^bb0(%a: {0}):\n    %c = quantir.cast "
      "%a : {0} -> {1}\n    quantir.yield %c : {1}\n  } : ({0}) -> {1}\n",
      lf, ls);
  std::string right =
      constant
          ? llvm::formatv("  %r = quantir.constant dense<{0}> : {1} -> {1}\n",
                          "1.500000e-01", rs)
                .str()
          : llvm::formatv(
                "  %r = quantir.kernel (%y) {{\n  ^bb0(%a: {0}):\n    %c = "
                "quantir.cast %a : {0} -> {1}\n    quantir.yield %c : {1}\n  } "
                ": ({0}) -> {1}\n",
                rf, rs)
                .str();
  return llvm::formatv(R"(func.func @main(%x: {0}, %y: {2}) -> {4} {{
{5}{6}  %q = quantir.kernel (%l, %r) {{
  ^bb0(%a: {1}, %b: {3}):
    %s = quantir.{7} %a, %b {{{8}} : {1}, {3} -> {4}
    %e = quantir.relu %s : {4} -> {4}
    quantir.yield %e : {4}
  } : ({1}, {3}) -> {4}
  return %q : {4}
}
)",
                       lf, ls, rf, rs, out, castLeft, right, p.op,
                       p.attributes);
}

class ShortFloats : public testing::TestWithParam<Product> {};
} // namespace

TEST_P(ShortFloats, SameAsInterpreted) {
  for (const TestTarget &target : targets()) {
    if (GetParam().op == "matmul")
      EXPECT_TRUE(sameAsInterpreted(moduleOf(GetParam(), false), target));
    EXPECT_TRUE(sameAsInterpreted(moduleOf(GetParam(), true), target));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Products, ShortFloats,
    testing::Values(
        Product{"bf16", "bf16", "", "5x24", "24x33", "5x33"},
        Product{"bf16_odd", "bf16", "", "2x7x13", "2x13x19", "2x7x19"},
        Product{"bf16_one", "bf16", "", "1x1", "1x3", "1x3"},
        Product{"bf16_columns", "bf16", "transpose_rhs", "9x37", "21x37",
                "9x21"},
        Product{"f16", "f16", "", "5x13", "13x33", "5x33"},
        Product{"bf16_taps", "bf16", "pads = array<i64: 1, 1, 1, 1>", "1x5x6x3",
                "18x3x3x3", "1x5x6x18", "conv"},
        Product{"bf16_lines", "bf16", "strides = array<i64: 2, 1>", "1x6x5x4",
                "8x2x3x4", "1x3x3x8", "conv"},
        Product{"bf16_groups", "bf16", "groups = 2 : i64", "1x4x4x6", "4x2x2x3",
                "1x3x3x4", "conv"},
        Product{"f16_channels", "f16", "groups = 4 : i64", "1x4x4x4", "4x2x2x1",
                "1x3x3x4", "conv"}),
    [](const auto &info) { return info.param.name; });
