#include "VulkanModel.h"

#include "Level.h"

/* Numbers of the SPIR-V specification, version 1.3. */
enum {
  MAGIC = 0x07230203,
  VERSION = 0x00010300,
  HEADER_WORDS = 5,
  OP_EXECUTION_MODE = 16,
  OP_CAPABILITY = 17,
  OP_TYPE_INT = 21,
  OP_TYPE_ARRAY = 28,
  OP_TYPE_STRUCT = 30,
  OP_TYPE_POINTER = 32,
  OP_CONSTANT = 43,
  OP_DECORATE = 71,
  OP_MEMBER_DECORATE = 72,
  MODE_LOCAL_SIZE = 17,
  STORAGE_PUSH_CONSTANT = 9,
  DECORATION_ARRAY_STRIDE = 6,
  DECORATION_BINDING = 33,
  DECORATION_SET = 34,
  DECORATION_OFFSET = 35,
  CAPABILITY_MATRIX = 0,
  CAPABILITY_SHADER = 1,
  CAPABILITY_FLOAT16 = 9,
  CAPABILITY_DOT_FIRST = 6016,
  CAPABILITY_DOT_LAST = 6019
};

typedef struct module {
  const quantir_gpu *gpu;
  const quantir_gpu_kernel *kernel;
  const uint32_t *words;
  uint32_t num_words, needs;
} module;

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

/* Goes to the next instruction; false where none is whole. */
static bool next(const module *m, instruction *i) {
  const uint32_t *at = i->words + i->count;
  uint32_t left = m->num_words - (uint32_t)(at - m->words);
  if (left == 0 || *at >> 16 == 0 || *at >> 16 > left)
    return false;
  *i = (instruction){*at & 0xffff, *at >> 16, at};
  return true;
}
static instruction header(const module *m) {
  return (instruction){.count = HEADER_WORDS, .words = m->words};
}

/* The first instruction of so many words with `id` at `place`, or NULL. */
static const uint32_t *find(const module *m, uint32_t op, uint32_t count,
                            uint32_t place, uint32_t id) {
  for (instruction i = header(m); next(m, &i);)
    if (i.op == op && i.count == count && i.words[place] == id)
      return i.words;
  return NULL;
}

/* Words of what a pointer to push constants points to: one, or a block of one
 * array of them. 0: it is nothing that kernels have. */
static uint32_t push_words(const module *m, uint32_t type) {
  if (find(m, OP_TYPE_INT, 4, 1, type))
    return 1;
  const uint32_t *block = find(m, OP_TYPE_STRUCT, 3, 1, type);
  const uint32_t *offset = find(m, OP_MEMBER_DECORATE, 5, 1, type);
  if (!block || !offset || offset[3] != DECORATION_OFFSET || offset[4] != 0)
    return 0;
  const uint32_t *array = find(m, OP_TYPE_ARRAY, 4, 1, block[2]);
  const uint32_t *stride = find(m, OP_DECORATE, 4, 1, block[2]);
  if (!array || !find(m, OP_TYPE_INT, 4, 1, array[2]) || !stride ||
      stride[2] != DECORATION_ARRAY_STRIDE || stride[3] != 4)
    return 0;
  const uint32_t *length = find(m, OP_CONSTANT, 4, 2, array[3]);
  return length ? length[3] : 0;
}

/* What is wrong with an instruction, or NULL. */
static const char *flaw_of(const module *m, const instruction *i) {
  uint32_t needs, words;
  switch (i->op) {
  case OP_CAPABILITY:
    if (i->count != 2 || !needs_of(i->words[1], &needs))
      return "uses a capability that kernels do not have";
    return needs & ~m->needs ? "needs more than it says" : NULL;
  case OP_EXECUTION_MODE:
    if (i->count == 6 && i->words[2] == MODE_LOCAL_SIZE &&
        !check_group(&m->gpu->properties.limits, i->words + 3))
      return "has larger groups than the device takes";
    return NULL;
  case OP_TYPE_POINTER:
    if (i->count != 4 || i->words[2] != STORAGE_PUSH_CONSTANT)
      return NULL;
    words = push_words(m, i->words[3]);
    if (words < 1 || words > m->kernel->num_push)
      return "has push constants that the kernel lacks";
    return NULL;
  case OP_DECORATE:
    if (i->count != 4)
      return NULL;
    if ((i->words[2] == DECORATION_BINDING &&
         i->words[3] >= m->kernel->num_bindings) ||
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
  module m = {gpu, kernel, words, num_words, needs};
  if (num_words < HEADER_WORDS || words[0] != MAGIC || words[1] > VERSION)
    return "is not a SPIR-V 1.3 module";
  instruction i = header(&m);
  while (next(&m, &i)) {
    const char *flaw = flaw_of(&m, &i);
    if (flaw)
      return flaw;
  }
  return i.words + i.count == words + num_words ? NULL
                                                : "is not a SPIR-V 1.3 module";
}
