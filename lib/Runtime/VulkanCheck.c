#include "VulkanModel.h"

#include "Level.h"

enum {
  MAX_KERNELS = 1 << 16,
  MAX_DISPATCHES = 1 << 20,
  MAX_BINDINGS = 1 << 24,
  MAX_PUSH = 1 << 24
};

typedef unsigned long long ull;

static bool check_tables(const quantir_gpu_program *p, uint32_t num_inputs,
                         uint32_t num_outputs, quantir_error *error) {
  if (p->num_kernels <= MAX_KERNELS && p->num_dispatches <= MAX_DISPATCHES &&
      p->num_bindings <= MAX_BINDINGS && p->num_push <= MAX_PUSH &&
      (p->num_push == 0 || p->push) && (p->num_kernels == 0 || p->kernels) &&
      (p->num_dispatches == 0 || p->dispatches) &&
      (p->num_bindings == 0 || p->bindings) && (num_inputs == 0 || p->inputs) &&
      (num_outputs == 0 || p->outputs) && p->constants_size <= PTRDIFF_MAX &&
      p->arena_size <= PTRDIFF_MAX && p->interface_size <= PTRDIFF_MAX)
    return true;
  quantir_report(error,
                 "the GPU program's tables are not valid: %u kernels, %u "
                 "dispatches, %u bindings, %u push words",
                 p->num_kernels, p->num_dispatches, p->num_bindings,
                 p->num_push);
  return false;
}

static uint32_t max_bindings(const VkPhysicalDeviceLimits *limits) {
  uint32_t most = QUANTIR_GPU_MAX_BINDINGS;
  if (most > limits->maxPerStageDescriptorStorageBuffers)
    most = limits->maxPerStageDescriptorStorageBuffers;
  if (most > limits->maxDescriptorSetStorageBuffers)
    most = limits->maxDescriptorSetStorageBuffers;
  return most;
}

static bool is_within(uint64_t offset, uint64_t bytes, uint64_t size) {
  return offset <= size && bytes <= size - offset;
}

static bool check_kernel(const quantir_gpu *gpu,
                         const quantir_gpu_program *program,
                         const uint32_t *words, uint32_t number,
                         quantir_error *error) {
  const quantir_gpu_kernel *kernel = &program->kernels[number];
  uint32_t most = max_bindings(&gpu->properties.limits);
  if (kernel->num_bindings < 1 || kernel->num_bindings > most) {
    quantir_report(error, "kernel %u has %u bindings, but %s takes 1 to %u",
                   number, kernel->num_bindings, gpu->properties.deviceName,
                   most);
    return false;
  }
  if (kernel->num_push > QUANTIR_GPU_MAX_PUSH) {
    quantir_report(error, "kernel %u has %u push words, not 0 to %d", number,
                   kernel->num_push, QUANTIR_GPU_MAX_PUSH);
    return false;
  }
  if (!kernel->forms || kernel->num_forms < 1 ||
      kernel->num_forms > QUANTIR_GPU_MAX_FORMS) {
    quantir_report(error, "kernel %u has %u forms, not 1 to %d", number,
                   kernel->num_forms, QUANTIR_GPU_MAX_FORMS);
    return false;
  }
  for (uint32_t i = 0; i < kernel->num_forms; ++i) {
    const quantir_gpu_code *code = &kernel->forms[i];
    const char *flaw = "lies outside the program's code";
    if (is_within(code->first_word, code->num_words, program->code_words))
      flaw = quantir_gpu_flaw_of_module(gpu, kernel, words + code->first_word,
                                        code->num_words, code->needs);
    if (flaw) {
      quantir_report(error, "form %u of kernel %u %s", i, number, flaw);
      return false;
    }
  }
  return true;
}

static uint64_t size_of(const quantir_gpu_program *p, uint32_t memory) {
  switch (memory) {
  case QUANTIR_GPU_ARENA:
    return p->arena_size;
  case QUANTIR_GPU_CONSTANTS:
    return p->constants_size;
  case QUANTIR_GPU_INTERFACE:
    return p->interface_size;
  default:
    return 0;
  }
}

static bool check_binding(const quantir_gpu *gpu,
                          const quantir_gpu_program *program, uint32_t number,
                          quantir_error *error) {
  const VkPhysicalDeviceLimits *limits = &gpu->properties.limits;
  const quantir_gpu_binding *b = &program->bindings[number];
  uint64_t size = size_of(program, b->memory);
  if (b->size == 0 || b->size % 4 != 0 ||
      !is_within(b->offset, b->size, size) ||
      (b->memory == QUANTIR_GPU_CONSTANTS && b->written)) {
    quantir_report(error,
                   "binding %u is not valid: %llu bytes at %llu of memory %u "
                   "with %llu bytes%s",
                   number, (ull)b->size, (ull)b->offset, b->memory, (ull)size,
                   b->written ? ", written" : "");
    return false;
  }
  if (b->size > limits->maxStorageBufferRange) {
    quantir_report(error, "binding %u has %llu bytes, but %s binds at most %u",
                   number, (ull)b->size, gpu->properties.deviceName,
                   limits->maxStorageBufferRange);
    return false;
  }
  if (b->offset % limits->minStorageBufferOffsetAlignment != 0) {
    quantir_report(error, "binding %u is at %llu, but %s binds multiples of %u",
                   number, (ull)b->offset, gpu->properties.deviceName,
                   (unsigned)limits->minStorageBufferOffsetAlignment);
    return false;
  }
  return true;
}

static bool check_dispatch(const quantir_gpu *gpu,
                           const quantir_gpu_program *program, uint32_t number,
                           quantir_error *error) {
  const quantir_gpu_dispatch *d = &program->dispatches[number];
  if (d->kernel >= program->num_kernels ||
      !is_within(d->first_binding, program->kernels[d->kernel].num_bindings,
                 program->num_bindings) ||
      !is_within(d->first_push, program->kernels[d->kernel].num_push,
                 program->num_push)) {
    quantir_report(error,
                   "dispatch %u is not valid: kernel %u of %u, first binding "
                   "%u of %u, first push word %u of %u",
                   number, d->kernel, program->num_kernels, d->first_binding,
                   program->num_bindings, d->first_push, program->num_push);
    return false;
  }
  const uint32_t *most = gpu->properties.limits.maxComputeWorkGroupCount;
  for (int i = 0; i < 3; ++i)
    if (d->groups[i] < 1 || d->groups[i] > most[i]) {
      quantir_report(error,
                     "dispatch %u has %u x %u x %u groups, but %s takes 1 to "
                     "%u x %u x %u",
                     number, d->groups[0], d->groups[1], d->groups[2],
                     gpu->properties.deviceName, most[0], most[1], most[2]);
      return false;
    }
  return true;
}

static bool check_tensors(const char *role, const quantir_gpu_tensor *tensors,
                          uint32_t count, uint64_t size, quantir_error *error) {
  for (uint32_t i = 0; i < count; ++i) {
    const quantir_gpu_tensor *t = &tensors[i];
    uint64_t bytes;
    if (t->rows < 1 || t->row_bytes < 1 || t->pitch < t->row_bytes ||
        __builtin_mul_overflow(t->rows - 1, t->pitch, &bytes) ||
        __builtin_add_overflow(bytes, t->row_bytes, &bytes) ||
        !is_within(t->offset, bytes, size)) {
      quantir_report(error,
                     "GPU %s %u is not valid: %llu rows of %llu bytes, each "
                     "%llu after the last, at %llu of %llu bytes",
                     role, i, (ull)t->rows, (ull)t->row_bytes, (ull)t->pitch,
                     (ull)t->offset, (ull)size);
      return false;
    }
  }
  return true;
}

bool quantir_gpu_check(const quantir_gpu *gpu,
                       const quantir_gpu_program *program,
                       const uint32_t *words, uint32_t num_inputs,
                       uint32_t num_outputs, quantir_error *error) {
  if (!check_tables(program, num_inputs, num_outputs, error) ||
      !quantir_gpu_check_constants(program, error))
    return false;
  for (uint32_t i = 0; i < program->num_kernels; ++i)
    if (!check_kernel(gpu, program, words, i, error))
      return false;
  for (uint32_t i = 0; i < program->num_bindings; ++i)
    if (!check_binding(gpu, program, i, error))
      return false;
  for (uint32_t i = 0; i < program->num_dispatches; ++i)
    if (!check_dispatch(gpu, program, i, error))
      return false;
  return check_tensors("input", program->inputs, num_inputs,
                       program->interface_size, error) &&
         check_tensors("output", program->outputs, num_outputs,
                       program->interface_size, error);
}
