#include "PackLiterally.h"
#include "VulkanDevice.h"

#include "gtest/gtest.h"
#include <memory>
#include <vector>

/// How many calls of the driver a test has made, and which of them fails.
static int numCalls, failingCall;

namespace {

const uint32_t addWords[] = {
#include "add.inc"
};

/// Stands before an entry point of the driver.
template <auto Member, typename Call> struct Fault;
template <auto Member, typename... Args>
struct Fault<Member, VkResult (*)(Args...)> {
  static inline VkResult (*real)(Args...);
  static VkResult call(Args... args) {
    return ++numCalls == failingCall ? VK_ERROR_OUT_OF_HOST_MEMORY
                                     : real(args...);
  }
};

template <auto Member, typename Call>
void putBefore(quantir_vk &vk, Call quantir_vk::*) {
  Fault<Member, Call>::real = vk.*Member;
  vk.*Member = Fault<Member, Call>::call;
}

template <auto... Members> void putBeforeAll(quantir_vk &vk) {
  (putBefore<Members>(vk, Members), ...);
}

using Gpu = std::unique_ptr<quantir_gpu, decltype(&quantir_gpu_close)>;

/// y = x + constants, one group of words.
bool recordsAndRuns(quantir_gpu *gpu, quantir_error &error) {
  const uint32_t numWords = std::size(addWords);
  const quantir_gpu_code code = {0, numWords, 0};
  std::vector<uint8_t> packed(5 * size_t(numWords));
  const quantir_gpu_kernel kernel = {&code, 1, 3, 0};
  const quantir_gpu_binding bindings[] = {{0, 256, QUANTIR_GPU_INTERFACE, 0},
                                          {0, 256, QUANTIR_GPU_CONSTANTS, 0},
                                          {256, 256, QUANTIR_GPU_INTERFACE, 1}};
  const quantir_gpu_dispatch dispatch = {0, {1, 1, 1}, 0, 0, 0};
  const quantir_gpu_tensor x = {0, 1, 256, 256}, y = {256, 1, 256, 256};
  const std::vector<uint32_t> constants(64, 3);
  quantir_gpu_program program = {};
  program.kernels = &kernel;
  program.code = packed.data();
  program.code_size =
      pack_literally(packed.data(), addWords, numWords) - packed.data();
  program.code_words = numWords;
  program.bindings = bindings;
  program.dispatches = &dispatch;
  program.inputs = &x;
  program.outputs = &y;
  const uint8_t pieces[] = {0, 0, 0, 0x80, 2, 0}; // 256 bytes of literals
  program.sources[QUANTIR_GPU_LITERALS] = constants.data();
  program.source_sizes[QUANTIR_GPU_LITERALS] = 256;
  program.pieces = pieces;
  program.pieces_size = sizeof pieces;
  program.constants_size = program.arena_size = 256;
  program.interface_size = 512;
  program.num_kernels = program.num_dispatches = 1;
  program.num_bindings = 3;
  quantir_gpu_options options = {};
  options.staged = options.timed = 1;
  std::unique_ptr<quantir_gpu_model, decltype(&quantir_gpu_free)> model(
      quantir_gpu_record(gpu, &program, 1, 1, &options, &error),
      quantir_gpu_free);
  std::vector<uint32_t> in(64, 4), out(64);
  const void *input = in.data();
  void *output = out.data();
  return model && quantir_gpu_run(model.get(), &input, &output, &error) == 0 &&
         out == std::vector<uint32_t>(64, 7);
}

} // namespace

/// The validation layer, under which this program runs too, sees what is left.
TEST(VulkanFaults, EveryFailingCallIsAnErrorAndLeavesNothing) {
  quantir_error error = {};
  Gpu gpu(quantir_gpu_open(-1, &error), quantir_gpu_close);
  if (!gpu)
    GTEST_SKIP() << error.message;
  putBeforeAll<
      &quantir_vk::CreateBuffer, &quantir_vk::AllocateMemory,
      &quantir_vk::BindBufferMemory, &quantir_vk::MapMemory,
      &quantir_vk::CreateShaderModule, &quantir_vk::CreateDescriptorSetLayout,
      &quantir_vk::CreatePipelineLayout, &quantir_vk::CreatePipelineCache,
      &quantir_vk::CreateComputePipelines, &quantir_vk::CreateDescriptorPool,
      &quantir_vk::AllocateDescriptorSets, &quantir_vk::CreateCommandPool,
      &quantir_vk::AllocateCommandBuffers, &quantir_vk::BeginCommandBuffer,
      &quantir_vk::EndCommandBuffer, &quantir_vk::CreateQueryPool,
      &quantir_vk::CreateFence, &quantir_vk::ResetFences,
      &quantir_vk::QueueSubmit, &quantir_vk::WaitForFences,
      &quantir_vk::GetQueryPoolResults>(gpu->vk);
  failingCall = 0;
  numCalls = 0;
  ASSERT_TRUE(recordsAndRuns(gpu.get(), error)) << error.message;
  int all = numCalls;
  EXPECT_GT(all, 30);
  for (failingCall = 1; failingCall <= all; ++failingCall) {
    numCalls = 0;
    error = {};
    // Where memory of one kind is short, that of another may do.
    if (!recordsAndRuns(gpu.get(), error))
      EXPECT_NE(std::string(error.message).find("out of memory"),
                std::string::npos)
          << "call " << failingCall << ": " << error.message;
  }
}
