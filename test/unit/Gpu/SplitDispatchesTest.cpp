// Small models on a device that binds little and runs few workgroups.
#include "../../../lib/Runtime/VulkanModel.h"
#include "../Interpret/AttentionModule.h"
#include "CompareWithInterpreter.h"
#include "llvm/Support/FormatVariadic.h"

using namespace quantir;
using namespace quantir::test;

static_assert(kMostBindings <= QUANTIR_GPU_MAX_BINDINGS);

namespace {
struct SplitCase {
  std::string name;
  std::vector<std::string> arguments;
  std::string body, result;
  /// The largest binding, and what comes of it: so many dispatches, of which
  /// none binds more buffers.
  int64_t largestBinding;
  size_t dispatches;
  uint32_t bindings;
};

class SplitDispatches : public OnGpu,
                        public testing::WithParamInterface<SplitCase> {};
} // namespace

/// Checks a model on a device that binds no more bytes in one piece than that.
static void expectSplit(const std::string &text, int64_t largestBinding,
                        size_t dispatches, uint32_t bindings) {
  DispatchLimits limits;
  limits.largestBinding = largestBinding;
  auto model = GpuModel::compile(text, "generic", limits);
  ASSERT_TRUE(bool(model)) << llvm::toString(model.takeError());
  const GpuProgram &program = (*model)->program;
  EXPECT_EQ(program.dispatches.size(), dispatches);
  uint32_t most = 0;
  for (const GpuProgram::Kernel &kernel : program.kernels)
    most = std::max(most, kernel.bindings);
  EXPECT_LE(most, bindings);
  for (const quantir_gpu_binding &binding : program.bindings)
    EXPECT_LE(binding.size, uint64_t(largestBinding));
  EXPECT_TRUE(sameAsInterpreted(text, {Inputs::ordinary, Inputs::extreme},
                                "generic", limits));
}

TEST_P(SplitDispatches, GiveTheSameBytes) {
  const SplitCase &it = GetParam();
  expectSplit(kernelModule(it.arguments, it.body, it.result), it.largestBinding,
              it.dispatches, it.bindings);
}

static SplitCase splitCase(std::string name, std::vector<std::string> arguments,
                           std::string op, std::string result,
                           int64_t largestBinding, size_t dispatches,
                           uint32_t bindings) {
  std::string body = "%r = quantir." + op + " : ";
  for (const std::string &argument : arguments)
    body += (&argument == &arguments[0] ? "" : ", ") + argument;
  return {name,       arguments, body + " -> " + result, result, largestBinding,
          dispatches, bindings};
}

INSTANTIATE_TEST_SUITE_P(
    Ops, SplitDispatches,
    testing::Values(
        splitCase("elementwise", {"tensor<3001xf32>", "tensor<3001xf32>"},
                  "mul %0, %1", "tensor<3001xf32>", 4096, 4, 3),
        splitCase("rowsThatDataChoose", {"tensor<500x12xi8>", "tensor<7xi64>"},
                  "gather %0, %1 {axis = 0 : i64}", "tensor<7x12xi8>", 2048, 1,
                  5),
        splitCase("columnsToRows", {"tensor<96x64xf32>"},
                  "transpose %0 {permutation = array<i64: 1, 0>}",
                  "tensor<64x96xf32>", 4096, 6, 8),
        splitCase("rows", {"tensor<64x50xf32>"}, "softmax %0 {axis = 1 : i64}",
                  "tensor<64x50xf32>", 2048, 8, 2),
        splitCase("matrices", {"tensor<64x40xf32>", "tensor<40x48xf32>"},
                  "matmul %0, %1", "tensor<64x48xf32>", 2048, 2, 10)),
    [](const auto &info) { return info.param.name; });

/// Codes times constant codes, 48 KiB of them.
static std::string productOfWeights() {
  std::string weights = "dense<\"0x";
  for (int i = 0; i < 64 * 768; ++i)
    weights += llvm::formatv("{0:X-2}", (i * i % 255) ^ 128).str();
  return R"(
!left = tensor<5x64x!quant.uniform<u8:f32, 0.5:131>>
!right = tensor<64x768x!quant.uniform<i8:f32, 0.25>>
!sums = tensor<5x768x!quant.uniform<i32:f32, 0.125>>
func.func @main(%x: !left) -> !sums {
  %w = quantir.constant )" +
         weights + R"("> : tensor<64x768xi8> -> !right
  %q = quantir.kernel (%x, %w) {
  ^bb0(%a: !left, %f: !right):
    %s = quantir.matmul %a, %f : !left, !right -> !sums
    quantir.yield %s : !sums
  } : (!left, !right) -> !sums
  return %q : !sums
})";
}

TEST_F(OnGpu, WeightsAreBoundByBlocksOfColumns) {
  std::string text = productOfWeights();
  DispatchLimits limits;
  limits.largestBinding = 16384;
  auto model = GpuModel::compile(text, "generic", limits);
  ASSERT_TRUE(bool(model)) << llvm::toString(model.takeError());
  const GpuProgram &program = (*model)->program;
  EXPECT_EQ(program.dispatches.size(), 3u);
  for (const quantir_gpu_dispatch &dispatch : program.dispatches)
    EXPECT_EQ(dispatch.after_barrier, 0u);
  ASSERT_EQ(program.kernels.size(), 1u);
  // Codes, weights, starts and sums.
  EXPECT_EQ(program.kernels[0].bindings, 4u);
  EXPECT_TRUE(sameAsInterpreted(text, {Inputs::ordinary, Inputs::extreme},
                                "generic", limits));
}

/// Keys and values are bound for the workgroups of their heads alone.
TEST_F(OnGpu, AttentionIsSplitByHeads) {
  expectSplit(
      moduleOf({.name = "Heads", .queries = 16, .keys = 64, .depth = 16},
               /*inKernel=*/false),
      1024, 2, 4);
}

/// Those of one head are too large as well.
TEST_F(OnGpu, AttentionBindsKeysInPieces) {
  expectSplit(moduleOf({.name = "Keys", .queries = 4, .keys = 64, .depth = 8},
                       /*inKernel=*/false),
              256, 2, 6);
}

TEST_F(OnGpu, MasksAreSplitByQueries) {
  expectSplit(moduleOf({.name = "Masked",
                        .heads = 1,
                        .queries = 16,
                        .keys = 64,
                        .depth = 16,
                        .keyHeads = 1,
                        .headsInside = true,
                        .mask = "tensor<16x64xf32>"},
                       /*inKernel=*/false),
              1024, 4, 5);
}

TEST_F(OnGpu, ManyWorkgroupsOfAttentionBecomeDispatches) {
  DispatchLimits limits;
  limits.mostGroups = 3;
  EXPECT_TRUE(sameAsInterpreted(
      moduleOf({.name = "Many", .queries = 40, .keys = 20, .depth = 8},
               /*inKernel=*/false),
      {Inputs::ordinary}, "generic", limits));
}

TEST_F(OnGpu, ManyWorkgroupsBecomeDispatches) {
  std::string text =
      kernelModule({"tensor<3001xf32>"},
                   "%r = quantir.abs %0 : tensor<3001xf32> -> tensor<3001xf32>",
                   "tensor<3001xf32>");
  DispatchLimits limits;
  limits.mostGroups = 5;
  auto model = GpuModel::compile(text, "generic", limits);
  ASSERT_TRUE(bool(model)) << llvm::toString(model.takeError());
  EXPECT_EQ((*model)->program.dispatches.size(), 3u);
  EXPECT_EQ((*model)->program.kernels.size(), 1u);
  EXPECT_TRUE(sameAsInterpreted(text, {Inputs::ordinary}, "generic", limits));
}
