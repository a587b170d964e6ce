#include "VulkanModel.h"

#include "Level.h"

/* Numbers of the SPIR-V specification, version 1.3. */
enum {
  MAGIC = 0x07230203,
  VERSION = 0x00010300,
  HEADER_WORDS = 5,
  OP_EXECUTION_MODE = 16,
  OP_CAPABILITY = 17,
  OP_DECORATE = 71,
  MODE_LOCAL_SIZE = 17,
  DECORATION_BINDING = 33,
  DECORATION_SET = 34,
  CAPABILITY_MATRIX = 0,
  CAPABILITY_SHADER = 1,
  CAPABILITY_FLOAT16 = 9,
  CAPABILITY_DOT_FIRST = 6016,
  CAPABILITY_DOT_LAST = 6019
};

typedef struct instruction {
  uint32_t op, count; /* of words, the first one among them */
  const uint32_t *words;
} instruction;

/* What code with this capability needs of a device; false for one that no
 * kernel has. */
static bool needs_of(uint32_t capability, uint32_t *needs) {
  *needs = 0;
  if (capability == CAPABILITY_FLOAT16)
    *needs = QUANTIR_GPU_F16;
  else if (capability >= CAPABILITY_DOT_FIRST &&
           capability <= CAPABILITY_DOT_LAST)
    *needs = QUANTIR_GPU_DOT;
  return *needs || capability == CAPABILITY_MATRIX ||
         capability == CAPABILITY_SHADER;
}

static bool check_group(const VkPhysicalDeviceLimits *limits,
                        const uint32_t *size) {
  uint64_t invocations = 1;
  for (int i = 0; i < 3; ++i) {
    if (size[i] < 1 || size[i] > limits->maxComputeWorkGroupSize[i])
      return false;
    invocations *= size[i];
    if (invocations > limits->maxComputeWorkGroupInvocations)
      return false;
  }
  return true;
}

/* What is wrong with an instruction, or NULL. */
static const char *flaw_of(const quantir_gpu *gpu,
                           const quantir_gpu_kernel *kernel, uint32_t declared,
                           const instruction *i) {
  uint32_t needs;
  switch (i->op) {
  case OP_CAPABILITY:
    if (i->count != 2 || !needs_of(i->words[1], &needs))
      return "uses a capability that kernels do not have";
    return needs & ~declared ? "needs more than it says" : NULL;
  case OP_EXECUTION_MODE:
    if (i->count == 6 && i->words[2] == MODE_LOCAL_SIZE &&
        !check_group(&gpu->properties.limits, i->words + 3))
      return "has larger groups than the device takes";
    return NULL;
  case OP_DECORATE:
    if (i->count != 4)
      return NULL;
    if ((i->words[2] == DECORATION_BINDING &&
         i->words[3] >= kernel->num_bindings) ||
        (i->words[2] == DECORATION_SET && i->words[3] != 0))
      return "has bindings that the kernel lacks";
    return NULL;
  default:
    return NULL;
  }
}

const char *quantir_gpu_flaw_of_module(const quantir_gpu *gpu,
                                       const quantir_gpu_kernel *kernel,
                                       const uint32_t *words,
                                       uint32_t num_words, uint32_t needs) {
  if (num_words < HEADER_WORDS || words[0] != MAGIC || words[1] > VERSION)
    return "is not a SPIR-V 1.3 module";
  for (uint32_t at = HEADER_WORDS; at < num_words;) {
    instruction i = {.op = words[at] & 0xffff,
                     .count = words[at] >> 16,
                     .words = words + at};
    if (i.count == 0 || i.count > num_words - at)
      return "is not a SPIR-V 1.3 module";
    const char *flaw = flaw_of(gpu, kernel, needs, &i);
    if (flaw)
      return flaw;
    at += i.count;
  }
  return NULL;
}
