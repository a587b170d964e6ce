#include "SmallModel.h"
#include "quantir/Artifact/Codegen.h"
#include "quantir/Artifact/Header.h"
#include "quantir/Artifact/WriteArtifact.h"
#include "quantir/Runtime/Runtime.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DataLayout.h"

using namespace llvm;
using namespace quantir;
using quantir::test::ScratchFolder;
using quantir::test::SmallModel;

/// Two kernels that share a form, and two dispatches.
static GpuProgram smallProgram() {
  GpuProgram program;
  GpuProgram::Form dot{"a", {1, 2, 3}, QUANTIR_GPU_DOT}, plain{"b", {4, 5}, 0};
  program.kernels = {{{dot, plain}, 2, 0}, {{plain}, 3, 2}};
  program.bindings = {{256, 12, QUANTIR_GPU_ARENA, 1}};
  program.dispatches = {{0, {1, 2, 3}, 0, 0, 0}, {1, {4, 5, 6}, 0, 1, 1}};
  program.push = {10, 11, ~0u};
  program.steps = {{"conv", "node1", 7, 8}, {"add", "node2", 0, 9}};
  program.inputs = {{0, 2, 10, 12}};
  program.outputs = {{256, 1, 4, 4}};
  program.literals = {1, 2, 3, 4, 5, 6, 7, 8};
  program.pieces = {0, 0, 0, 8, 0};
  program.constantsSize = 12;
  program.arenaSize = 512;
  program.interfaceSize = 260;
  return program;
}

TEST(GpuDescription, ReadsBack) {
  ScratchFolder folder;
  SmallModel model("small");
  model.description.gpu = smallProgram();
  std::string path = folder / "small.so";
  ASSERT_EQ(toString(writeArtifact(*model.module, model.description,
                                   cantFail(TargetSpec::host()), path)),
            "");
  quantir_error error = {};
  quantir_model *loaded = quantir_load(path.c_str(), &error);
  ASSERT_TRUE(loaded) << error.message;
  const quantir_description *description = quantir_model_description(loaded);
  const quantir_gpu_program *gpu = description->gpu;
  ASSERT_TRUE(gpu);
  ASSERT_EQ(gpu->num_kernels, 2u);
  EXPECT_EQ(gpu->kernels[0].num_bindings, 2u);
  ASSERT_EQ(gpu->kernels[0].num_forms, 2u);
  EXPECT_EQ(gpu->kernels[0].forms[0].needs, uint32_t(QUANTIR_GPU_DOT));
  ASSERT_EQ(gpu->kernels[0].forms[0].num_words, 3u);
  EXPECT_EQ(gpu->kernels[0].forms[1].first_word, 3u);
  EXPECT_EQ(gpu->kernels[0].num_push, 0u);
  EXPECT_EQ(gpu->kernels[1].num_bindings, 3u);
  EXPECT_EQ(gpu->kernels[1].num_push, 2u);
  EXPECT_EQ(gpu->kernels[1].forms[0].first_word, 3u);
  EXPECT_EQ(gpu->code_words, 5u);
  // Five literals, 3 of them in the first number: without instructions, as is.
  const uint8_t code[] = {7, 2, 1, 2, 3, 4, 5};
  EXPECT_EQ(ArrayRef(gpu->code, gpu->code_size), ArrayRef(code));
  ASSERT_EQ(gpu->num_bindings, 1u);
  EXPECT_EQ(gpu->bindings[0].offset, 256u);
  EXPECT_EQ(gpu->bindings[0].size, 12u);
  EXPECT_EQ(gpu->bindings[0].memory, uint32_t(QUANTIR_GPU_ARENA));
  EXPECT_EQ(gpu->bindings[0].written, 1u);
  ASSERT_EQ(gpu->num_dispatches, 2u);
  EXPECT_EQ(gpu->dispatches[1].kernel, 1u);
  EXPECT_EQ(gpu->dispatches[1].groups[2], 6u);
  EXPECT_EQ(gpu->dispatches[1].after_barrier, 1u);
  EXPECT_EQ(gpu->dispatches[1].first_push, 1u);
  ASSERT_EQ(gpu->num_push, 3u);
  EXPECT_EQ(gpu->push[2], ~0u);
  EXPECT_STREQ(description->step_texts + gpu->steps[0].name, "conv");
  EXPECT_STREQ(description->step_texts + gpu->steps[1].nodes, "node2");
  EXPECT_EQ(gpu->steps[0].macs, 7u);
  EXPECT_EQ(gpu->steps[1].bytes, 9u);
  EXPECT_EQ(gpu->inputs[0].row_bytes, 10u);
  EXPECT_EQ(gpu->inputs[0].pitch, 12u);
  EXPECT_EQ(gpu->outputs[0].offset, 256u);
  EXPECT_EQ(gpu->constants_size, 12u);
  ASSERT_EQ(gpu->source_sizes[QUANTIR_GPU_LITERALS], 8u);
  auto *literals =
      static_cast<const uint8_t *>(gpu->sources[QUANTIR_GPU_LITERALS]);
  EXPECT_EQ(literals[7], 8);
  EXPECT_EQ(gpu->sources[QUANTIR_GPU_CPU_CONSTANTS], description->constants);
  EXPECT_EQ(gpu->source_sizes[QUANTIR_GPU_CPU_CONSTANTS],
            description->constants_size);
  ASSERT_EQ(gpu->pieces_size, 5u);
  EXPECT_EQ(gpu->pieces[3], 8);
  EXPECT_EQ(gpu->arena_size, 512u);
  EXPECT_EQ(gpu->interface_size, 260u);
  EXPECT_EQ(gpu->exact, 1u);
  quantir_unload(loaded);
}

TEST(GpuDescription, IsNullWithoutAProgram) {
  ScratchFolder folder;
  SmallModel model("small");
  std::string path = folder / "small.so";
  ASSERT_EQ(toString(writeArtifact(*model.module, model.description,
                                   cantFail(TargetSpec::host()), path)),
            "");
  quantir_error error = {};
  quantir_model *loaded = quantir_load(path.c_str(), &error);
  ASSERT_TRUE(loaded) << error.message;
  EXPECT_EQ(quantir_model_description(loaded)->gpu, nullptr);
  quantir_unload(loaded);
}

/// The description's last field is the program.
static StructType *programType(const Module &module) {
  auto *fields = cast<ConstantStruct>(
      module.getGlobalVariable("small_description")->getInitializer());
  return cast<StructType>(
      cast<GlobalVariable>(fields->getOperand(fields->getNumOperands() - 1))
          ->getValueType());
}

TEST(GpuDescription, IsLaidOutAsCDoesFor32Bits) {
  SmallModel model("small");
  model.description.gpu = smallProgram();
  TargetSpec target =
      cantFail(TargetSpec::resolve("armv7a-linux-gnueabihf", "", "", 2));
  ASSERT_EQ(toString(writeArtifact(*model.module, model.description, target,
                                   ScratchFolder() / "small.o")),
            "");
  const StructLayout *layout =
      model.module->getDataLayout().getStructLayout(programType(*model.module));
  // Twelve addresses, eight sizes at multiples of eight bytes, six counts.
  EXPECT_EQ(layout->getElementOffset(10), 48u);
  EXPECT_EQ(layout->getElementOffset(20), 128u);
  EXPECT_EQ(layout->getSizeInBytes(), 136u);
}

TEST(GpuDescription, TheHeaderSaysSo) {
  SmallModel model("small");
  model.description.gpu = smallProgram();
  EXPECT_NE(makeHeader(model.description, cantFail(TargetSpec::host()))
                .find(", and Vulkan devices; quantization: w8a8."),
            std::string::npos);
}
