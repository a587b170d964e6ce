#include "quantir/Gpu/GpuProgram.h"

#include "Quantir/QuantirDialect.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVDialect.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"
#include <cstring>

using namespace mlir;
using namespace quantir;

namespace {
/// A module as the passes leave it, and what `gpuProgramOf` says of it.
class GpuProgramTest : public testing::Test {
protected:
  GpuProgramTest()
      : handler(&context, [this](Diagnostic &diagnostic) {
          llvm::raw_string_ostream(messages) << diagnostic << "\n";
        }) {
    context.loadDialect<QuantirDialect, arith::ArithDialect, func::FuncDialect,
                        memref::MemRefDialect, quant::QuantDialect,
                        spirv::SPIRVDialect>();
  }

  /// A kernel that does nothing, for workgroups of `threads`.
  static std::string kernel(const std::string &name, int threads,
                            const std::string &capabilities = "Shader") {
    return "spirv.module @" + name +
           " Logical GLSL450 requires #spirv.vce<v1.3, [" + capabilities +
           "], [SPV_KHR_storage_buffer_storage_class]> {\n"
           "  spirv.func @main() \"None\" { spirv.Return }\n"
           "  spirv.EntryPoint \"GLCompute\" @main\n"
           "  spirv.ExecutionMode @main \"LocalSize\", " +
           std::to_string(threads) + ", 1, 1\n}\n";
  }

  /// Of inputs and outputs with the types of a function without a body.
  FailureOr<GpuProgram> program(const std::string &text,
                                const std::string &type) {
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    auto tensors = dyn_cast_if_present<FunctionType>(parseType(type, &context));
    if (!module || !tensors) {
      ADD_FAILURE() << messages;
      return failure();
    }
    return gpuProgramOf(*module, tensors.getInputs(), tensors.getResults());
  }

  MLIRContext context;
  std::string messages;
  ScopedDiagnosticHandler handler;
};
} // namespace

TEST_F(GpuProgramTest, PutsRowsAtWordsAndTensorsAtBindableOffsets) {
  auto made = program("func.func @main(%a: memref<6xi32>, %b: memref<4xi32>, "
                      "%c: memref<80xi32>, %arena: memref<0xi8>) "
                      "attributes {quantir.arena_size = 0 : i64} { return }",
                      "(tensor<2x10x!quant.uniform<u8:f32, 0.5:3>>, "
                      "tensor<4x3xi1>) -> tensor<40xi64>");
  ASSERT_TRUE(succeeded(made)) << messages;
  auto expect = [](const quantir_gpu_tensor &tensor, uint64_t offset,
                   uint64_t rows, uint64_t rowBytes, uint64_t pitch) {
    EXPECT_EQ(tensor.offset, offset);
    EXPECT_EQ(tensor.rows, rows);
    EXPECT_EQ(tensor.row_bytes, rowBytes);
    EXPECT_EQ(tensor.pitch, pitch);
  };
  ASSERT_EQ(made->inputs.size(), 2u);
  expect(made->inputs[0], 0, 2, 10, 12);
  expect(made->inputs[1], 256, 4, 3, 4);
  ASSERT_EQ(made->outputs.size(), 1u);
  expect(made->outputs[0], 512, 1, 320, 320);
  EXPECT_EQ(made->interfaceSize, 832u);
}

TEST_F(GpuProgramTest, BindsInterfaceConstantsAndArena) {
  auto made = program(kernel("kernel_0_conv", 64) + R"(
memref.global "private" constant @a : memref<3xi32> = dense<[1, 2, -3]>
memref.global "private" constant @b : memref<2xi32> = dense<7>
func.func @main(%x: memref<4xi32>, %y: memref<4xi32>, %arena: memref<512xi8>)
    attributes {quantir.arena_size = 512 : i64} {
  %a = memref.get_global @a : memref<3xi32>
  %b = memref.get_global @b : memref<2xi32>
  %at = arith.constant 256 : index
  %t = memref.view %arena[%at][] : memref<512xi8> to memref<8xi32>
  quantir.dispatch [@kernel_0_conv] groups [5, 2, 1] (%x, %a, %b, %t) written [false, false, false, true] {macs = 9 : i64, bytes = 8 : i64} : memref<4xi32>, memref<3xi32>, memref<2xi32>, memref<8xi32> loc("conv1")
  quantir.dispatch [@kernel_0_conv] groups [1, 1, 1] (%t, %a, %b, %y) written [false, false, false, true] {after_barrier} : memref<8xi32>, memref<3xi32>, memref<2xi32>, memref<4xi32>
  return
})",
                      "(tensor<4xf32>) -> tensor<4xf32>");
  ASSERT_TRUE(succeeded(made)) << messages;
  ASSERT_EQ(made->kernels.size(), 1u);
  EXPECT_EQ(made->kernels[0].bindings, 4u);
  ASSERT_EQ(made->kernels[0].forms.size(), 1u);
  EXPECT_EQ(made->kernels[0].forms[0].words[0], 0x07230203u);
  EXPECT_EQ(made->kernels[0].forms[0].words[1], 0x00010300u);
  ASSERT_EQ(made->dispatches.size(), 2u);
  EXPECT_EQ(made->dispatches[0].groups[0], 5u);
  EXPECT_EQ(made->dispatches[0].groups[1], 2u);
  EXPECT_EQ(made->dispatches[0].after_barrier, 0u);
  EXPECT_EQ(made->dispatches[1].after_barrier, 1u);
  EXPECT_EQ(made->dispatches[1].first_binding, 4u);
  std::vector<std::array<uint64_t, 4>> expected = {
      {QUANTIR_GPU_INTERFACE, 0, 16, 0},  {QUANTIR_GPU_CONSTANTS, 0, 12, 0},
      {QUANTIR_GPU_CONSTANTS, 256, 8, 0}, {QUANTIR_GPU_ARENA, 256, 32, 1},
      {QUANTIR_GPU_ARENA, 256, 32, 0},    {QUANTIR_GPU_CONSTANTS, 0, 12, 0},
      {QUANTIR_GPU_CONSTANTS, 256, 8, 0}, {QUANTIR_GPU_INTERFACE, 256, 16, 1}};
  std::vector<std::array<uint64_t, 4>> found;
  for (const quantir_gpu_binding &it : made->bindings)
    found.push_back({it.memory, it.offset, it.size, it.written});
  EXPECT_EQ(found, expected);
  EXPECT_EQ(made->arenaSize, 512u);
  EXPECT_EQ(made->constantsSize, 264u);
  ASSERT_EQ(made->constants.size(), 2u);
  auto words = [](const GpuProgram::Constant &constant) {
    std::vector<int32_t> words(constant.bytes.size() / 4);
    std::memcpy(words.data(), constant.bytes.data(), constant.bytes.size());
    return words;
  };
  EXPECT_EQ(made->constants[0].offset, 0u);
  EXPECT_EQ(words(made->constants[0]), (std::vector<int32_t>{1, 2, -3}));
  EXPECT_EQ(made->constants[1].offset, 256u);
  EXPECT_EQ(words(made->constants[1]), (std::vector<int32_t>{7, 7}));
  ASSERT_EQ(made->steps.size(), 2u);
  EXPECT_EQ(made->steps[0].name, "conv");
  EXPECT_EQ(made->steps[0].nodes, "conv1");
  EXPECT_EQ(made->steps[0].macs, 9u);
  EXPECT_EQ(made->steps[0].bytes, 8u);
}

TEST_F(GpuProgramTest, BindsPartsOfBuffers) {
  auto made = program(kernel("kernel_0_conv", 64) + R"(
memref.global "private" constant @a : memref<80xi32> = dense<7>
func.func @main(%x: memref<4xi32>, %y: memref<80xi32>, %arena: memref<512xi8>)
    attributes {quantir.arena_size = 512 : i64} {
  %a = memref.get_global @a : memref<80xi32>
  %at = arith.constant 256 : index
  %t = memref.view %arena[%at][] : memref<512xi8> to memref<64xi32>
  %a1 = memref.subview %a[64] [16] [1] : memref<80xi32> to memref<16xi32, strided<[1], offset: 64>>
  %y1 = memref.subview %y[64] [12] [1] : memref<80xi32> to memref<12xi32, strided<[1], offset: 64>>
  %t0 = memref.subview %t[0] [8] [1] : memref<64xi32> to memref<8xi32, strided<[1]>>
  quantir.dispatch [@kernel_0_conv] groups [1, 1, 1] (%a1, %t0, %y1) written [false, true, true] : memref<16xi32, strided<[1], offset: 64>>, memref<8xi32, strided<[1]>>, memref<12xi32, strided<[1], offset: 64>>
  return
})",
                      "(tensor<4xf32>) -> tensor<80xf32>");
  ASSERT_TRUE(succeeded(made)) << messages;
  std::vector<std::array<uint64_t, 4>> expected = {
      {QUANTIR_GPU_CONSTANTS, 256, 64, 0},
      {QUANTIR_GPU_ARENA, 256, 32, 1},
      {QUANTIR_GPU_INTERFACE, 512, 48, 1}};
  std::vector<std::array<uint64_t, 4>> found;
  for (const quantir_gpu_binding &it : made->bindings)
    found.push_back({it.memory, it.offset, it.size, it.written});
  EXPECT_EQ(found, expected);
}

TEST_F(GpuProgramTest, RefusesPartsThatNoBindingBeginsAt) {
  auto made = program(kernel("kernel_0_conv", 64) + R"(
func.func @main(%x: memref<80xi32>, %arena: memref<0xi8>)
    attributes {quantir.arena_size = 0 : i64} {
  %p = memref.subview %x[8] [8] [1] : memref<80xi32> to memref<8xi32, strided<[1], offset: 8>>
  quantir.dispatch [@kernel_0_conv] groups [1, 1, 1] (%p) written [false] : memref<8xi32, strided<[1], offset: 8>>
  return
})",
                      "(tensor<80xf32>) -> ()");
  EXPECT_TRUE(failed(made));
  EXPECT_EQ(messages, "internal error: binds 32 bytes at 32; was it split?\n");
}

static const char *const kTwoDispatches = R"(
func.func @main(%x: memref<4xi32>, %y: memref<4xi32>, %arena: memref<0xi8>)
    attributes {quantir.arena_size = 0 : i64} {
  quantir.dispatch [@kernel_0_a] groups [1, 1, 1] (%x, %y) written [false, true] : memref<4xi32>, memref<4xi32>
  quantir.dispatch [@kernel_1_b, @kernel_2_b] groups [1, 1, 1] (%x, %y) written [false, true] : memref<4xi32>, memref<4xi32>
  return
})";

TEST_F(GpuProgramTest, KeepsEqualKernelsOnce) {
  std::string two = kTwoDispatches;
  two.replace(two.find(", @kernel_2_b"), 13, "");
  auto made = program(kernel("kernel_0_a", 64) + kernel("kernel_1_b", 64) + two,
                      "(tensor<4xf32>) -> tensor<4xf32>");
  ASSERT_TRUE(succeeded(made)) << messages;
  EXPECT_EQ(made->kernels.size(), 1u);
  EXPECT_EQ(made->dispatches[1].kernel, 0u);
}

TEST_F(GpuProgramTest, GivesEachDispatchItsPushWords) {
  auto made = program(kernel("kernel_0_a", 64) + R"(
func.func @main(%x: memref<4xi32>, %y: memref<4xi32>, %arena: memref<0xi8>)
    attributes {quantir.arena_size = 0 : i64} {
  quantir.dispatch [@kernel_0_a] groups [1, 1, 1] (%x, %y) written [false, true] push [3, -1] : memref<4xi32>, memref<4xi32>
  quantir.dispatch [@kernel_0_a] groups [1, 1, 1] (%x, %y) written [false, true] push [3, 7] : memref<4xi32>, memref<4xi32>
  return
})",
                      "(tensor<4xf32>) -> tensor<4xf32>");
  ASSERT_TRUE(succeeded(made)) << messages;
  ASSERT_EQ(made->kernels.size(), 1u);
  EXPECT_EQ(made->kernels[0].push, 2u);
  EXPECT_EQ(made->push, (std::vector<uint32_t>{3, ~0u, 3, 7}));
  EXPECT_EQ(made->dispatches[0].first_push, 0u);
  EXPECT_EQ(made->dispatches[1].first_push, 2u);
}

TEST_F(GpuProgramTest, KnowsWhatFormsNeed) {
  auto made =
      program(kernel("kernel_0_a", 64, "Shader, Float16") +
                  kernel("kernel_1_b", 64,
                         "Shader, DotProduct, DotProductInput4x8BitPacked") +
                  kernel("kernel_2_b", 64) + kTwoDispatches,
              "(tensor<4xf32>) -> tensor<4xf32>");
  ASSERT_TRUE(succeeded(made)) << messages;
  ASSERT_EQ(made->kernels.size(), 2u);
  EXPECT_EQ(made->kernels[0].forms[0].needs, uint32_t(QUANTIR_GPU_F16));
  ASSERT_EQ(made->kernels[1].forms.size(), 2u);
  EXPECT_EQ(made->kernels[1].forms[0].needs, uint32_t(QUANTIR_GPU_DOT));
  EXPECT_EQ(made->kernels[1].forms[0].name, "kernel_1_b");
  EXPECT_EQ(made->kernels[1].forms[1].needs, 0u);
}

TEST_F(GpuProgramTest, RefusesCapabilitiesNobodyCanOffer) {
  auto made = program(kernel("kernel_0_a", 64, "Shader, Int64") +
                          kernel("kernel_1_b", 64) + kernel("kernel_2_b", 64) +
                          kTwoDispatches,
                      "(tensor<4xf32>) -> tensor<4xf32>");
  EXPECT_TRUE(failed(made));
  EXPECT_EQ(messages, "internal error: 'kernel_0_a' needs the capability "
                      "Int64\n");
}

TEST_F(GpuProgramTest, RefusesLargeWorkgroups) {
  auto made = program(kernel("kernel_0_a", 256) + kernel("kernel_1_b", 64) +
                          kernel("kernel_2_b", 64) + kTwoDispatches,
                      "(tensor<4xf32>) -> tensor<4xf32>");
  EXPECT_TRUE(failed(made));
  EXPECT_EQ(messages, "internal error: 'kernel_0_a' has workgroups of 256 "
                      "invocations that share 0 bytes\n");
}

TEST_F(GpuProgramTest, RefusesMuchSharedMemory) {
  std::string first = kernel("kernel_0_a", 64);
  first.insert(first.find("  spirv.func"),
               "  spirv.GlobalVariable @shared : "
               "!spirv.ptr<!spirv.array<5000 x i32>, Workgroup>\n");
  auto made = program(first + kernel("kernel_1_b", 64) +
                          kernel("kernel_2_b", 64) + kTwoDispatches,
                      "(tensor<4xf32>) -> tensor<4xf32>");
  EXPECT_TRUE(failed(made));
  EXPECT_EQ(messages, "internal error: 'kernel_0_a' has workgroups of 64 "
                      "invocations that share 20000 bytes\n");
}

TEST_F(GpuProgramTest, RefusesMoreWorkgroupsThanEveryDeviceHas) {
  std::string wide = kTwoDispatches;
  wide.replace(wide.find("[1, 1, 1]"), 9, "[1, 65536, 1]");
  auto made = program(kernel("kernel_0_a", 64) + kernel("kernel_1_b", 64) +
                          kernel("kernel_2_b", 64) + wide,
                      "(tensor<4xf32>) -> tensor<4xf32>");
  EXPECT_TRUE(failed(made));
  EXPECT_EQ(messages, "internal error: has 65536 workgroups in a row, not "
                      "65535; was it split?\n");
}

TEST_F(GpuProgramTest, RefusesBindingsThatNotEveryDeviceCan) {
  auto made = program(kernel("kernel_0_a", 64) + R"(
func.func @main(%x: memref<33554433xi32>, %arena: memref<0xi8>)
    attributes {quantir.arena_size = 0 : i64} {
  quantir.dispatch [@kernel_0_a] groups [1, 1, 1] (%x) written [false] : memref<33554433xi32>
  return
})",
                      "(tensor<33554433xf32>) -> ()");
  EXPECT_TRUE(failed(made));
  EXPECT_EQ(messages, "internal error: binds 134217732 bytes at 0; was it "
                      "split?\n");
}

TEST_F(GpuProgramTest, RefusesWhatIsNoDispatch) {
  auto made = program(R"(
func.func @main(%x: memref<4xi32>, %y: memref<4xi32>, %arena: memref<0xi8>)
    attributes {quantir.arena_size = 0 : i64} {
  memref.copy %x, %y : memref<4xi32> to memref<4xi32>
  return
})",
                      "(tensor<4xf32>) -> tensor<4xf32>");
  EXPECT_TRUE(failed(made));
  EXPECT_NE(messages.find("internal error"), std::string::npos);
}
