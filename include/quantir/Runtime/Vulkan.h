/* Runs compiled models on GPUs through Vulkan 1.1 or later, whose loader is
 * opened when it is asked for. Plain C. One thread at a time may use a device
 * and the models on it. */
#ifndef QUANTIR_RUNTIME_VULKAN_H
#define QUANTIR_RUNTIME_VULKAN_H

#include "quantir/Runtime/Runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct quantir_gpu quantir_gpu;
typedef struct quantir_gpu_model quantir_gpu_model;

/* Opens device `index` in the loader's order; -1: the one that suits best (a
 * discrete GPU before an integrated one before others). NULL on failure, and
 * `error` says why. */
QUANTIR_API quantir_gpu *quantir_gpu_open(int32_t index, quantir_error *error);
QUANTIR_API void quantir_gpu_close(quantir_gpu *gpu); /* NULL is allowed */

/* "llvmpipe (LLVM 15.0.6, 256 bits)"; lives as long as the device. */
QUANTIR_API const char *quantir_gpu_name(const quantir_gpu *gpu);

/* What a program may ask of `quantir_gpu_record`; zeros are the usual. */
typedef struct quantir_gpu_options {
  /* Pipelines and verdicts are read from and saved to this folder; NULL: not
   * kept. */
  const char *cache_folder;
  /* Bits of quantir_gpu_need that are taken as missing, and specialization
   * constants (1 << quantir_gpu_constant) that are set; for tests. */
  uint32_t hidden_needs;
  uint32_t exact_constants;
  /* Of the forms that the device can, so many are passed over, as far as a
   * later one is there. */
  uint32_t skipped_forms;
  /* 1: times every dispatch, and lets none begin before the last has ended. */
  uint32_t timed;
  /* For tests of barriers: leaves out the barrier before dispatch `n - 1`. */
  uint32_t drop_barrier;
  /* 1, for tests: copies constants as if the host did not see the memory. */
  uint32_t staged;
  /* Threads that make pipelines; may be NULL. */
  quantir_pool *pool;
} quantir_gpu_options;

/* Makes pipelines, memory, descriptors and the command buffer of a program,
 * which must outlive the model. NULL on failure. */
QUANTIR_API quantir_gpu_model *
quantir_gpu_record(quantir_gpu *gpu, const quantir_gpu_program *program,
                   uint32_t num_inputs, uint32_t num_outputs,
                   const quantir_gpu_options *options, quantir_error *error);
QUANTIR_API void quantir_gpu_free(quantir_gpu_model *model);

/* One run: copies the inputs in, submits once, waits, copies the outputs out.
 * Tensors are dense. 0, or -1 with the reason in `error`. */
QUANTIR_API int quantir_gpu_run(quantir_gpu_model *model,
                                const void *const *inputs, void *const *outputs,
                                quantir_error *error);

/* Nanoseconds of dispatch `i` in the last run; negative when not timed. */
QUANTIR_API double quantir_gpu_step_time(const quantir_gpu_model *model,
                                         uint32_t i);

/* What the runtime has asked of the driver since `quantir_gpu_open`. */
typedef struct quantir_gpu_counters {
  uint64_t submits, recordings, descriptor_updates, allocations;
} quantir_gpu_counters;
QUANTIR_API void quantir_gpu_count(const quantir_gpu *gpu,
                                   quantir_gpu_counters *counters);

#ifdef __cplusplus
}
#endif

#endif /* QUANTIR_RUNTIME_VULKAN_H */
