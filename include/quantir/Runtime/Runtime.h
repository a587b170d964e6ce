/* Loads and runs artifacts, spreads a run over threads or has a GPU do it.
 * Plain C; a program that links an artifact itself needs at most the pool, or
 * nothing of this. */
#ifndef QUANTIR_RUNTIME_RUNTIME_H
#define QUANTIR_RUNTIME_RUNTIME_H

#include "quantir/Runtime/Artifact.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define QUANTIR_API __attribute__((visibility("default")))
#else
#define QUANTIR_API
#endif

/* Filled by the call that fails; always ends with a zero. */
typedef struct quantir_error {
  char message[512];
} quantir_error;

/* --- Threads ------------------------------------------------------------- */

typedef struct quantir_pool quantir_pool;

/* A pool of `threads` threads, the caller of each loop among them; at most 256.
 * NULL when the number is below 1 or the system gives no more threads. */
QUANTIR_API quantir_pool *quantir_pool_create(int32_t threads);

/* Ends the threads. No loop may be running. NULL is allowed. */
QUANTIR_API void quantir_pool_destroy(quantir_pool *pool);

QUANTIR_API int32_t quantir_pool_threads(const quantir_pool *pool);

/* The parallel_for of a context whose `pool` is a quantir_pool (or NULL: one
 * thread). A loop inside a tile, or one started while another thread's loop
 * runs on the same pool, runs on its caller's thread alone. */
QUANTIR_API void quantir_pool_parallel_for(void *pool, int32_t tiles,
                                           void (*fn)(void *ctx, int32_t tile),
                                           void *ctx);

/* --- Models -------------------------------------------------------------- */

typedef struct quantir_model quantir_model;

/* Opens the shared library `path` and checks its description. NULL on failure;
 * then `error`, when not NULL, says why. Loading runs code of the file: load
 * only what you trust as much as a program. What the first run would wait for
 * is done here: the description's constants are mapped, where Linux knows how
 * (5.14), and an arena of up to 16 MiB is made. */
QUANTIR_API quantir_model *quantir_load(const char *path, quantir_error *error);

/* The same for one processor's code: `level` is the `cpu` of one of the
 * description's levels. NULL, and quantir_load, take what the environment
 * variable QUANTIR_LEVEL names, where the artifact has levels, else the best
 * one that this processor can run. */
QUANTIR_API quantir_model *
quantir_load_level(const char *path, const char *level, quantir_error *error);

/* The same for a model that is linked into the program:
 * quantir_adopt(&NAME_description, NAME_run, &error). */
QUANTIR_API quantir_model *quantir_adopt(const quantir_description *description,
                                         int (*run)(const quantir_context *),
                                         quantir_error *error);

/* No run may be going on. NULL is allowed. */
QUANTIR_API void quantir_unload(quantir_model *model);

/* Lives as long as the model. Of an artifact for several processors the
 * target's and the steps' fields are those of the level that runs, and on a
 * GPU the steps' are those of its program. */
QUANTIR_API const quantir_description *
quantir_model_description(const quantir_model *model);

/* Bytes of one element of a type; 0 for an unknown type. */
QUANTIR_API size_t quantir_type_size(int32_t type);

/* Bytes of a tensor; 0 when its shape or type is not valid. */
QUANTIR_API size_t quantir_tensor_bytes(const quantir_tensor *tensor);

/* Runs the model once. Every buffer comes with its length in bytes, which must
 * be exactly that of the tensor. Several threads may run one model at once.
 * `pool` may be NULL. Returns 0, or -1 with the reason in `error`. */
QUANTIR_API int quantir_model_run(
    quantir_model *model, const void *const *inputs, const size_t *input_bytes,
    uint32_t num_inputs, void *const *outputs, const size_t *output_bytes,
    uint32_t num_outputs, quantir_pool *pool, quantir_error *error);

/* The same, with `on_step(observer, i)` called when step i has ended, on the
 * caller's thread. Steps are those of the description, in its order. */
QUANTIR_API int
quantir_model_run_observed(quantir_model *model, const void *const *inputs,
                           const size_t *input_bytes, uint32_t num_inputs,
                           void *const *outputs, const size_t *output_bytes,
                           uint32_t num_outputs, quantir_pool *pool,
                           void (*on_step)(void *observer, uint32_t step),
                           void *observer, quantir_error *error);

/* --- Devices ------------------------------------------------------------- */

/* How a model is to run on a device; zeros are the usual. */
typedef struct quantir_device_options {
  /* Where the device's pipelines are kept, and whether it computes this model
   * rightly, so that only the first load waits for them; trusted as much as the
   * model. NULL: the folder that the environment variable QUANTIR_GPU_CACHE
   * names, else nothing is kept. */
  const char *cache_folder;
  /* Threads that make the device's pipelines and the processor's side of the
   * test; may be NULL. */
  quantir_pool *pool;
  /* 1: quantir_model_step_time tells; steps then wait for one another. */
  uint32_t timed;
} quantir_device_options;

/* Has later runs be done by `device`:
 *   "cpu"       the processor, as after quantir_load;
 *   "vulkan:1"  the Vulkan device of that number in the system's order;
 *   "vulkan"    the Vulkan device that suits best;
 *   "auto"      a GPU if there is one and the model runs rightly on it, else
 *               the processor, also from a run on that the GPU fails.
 * The model must have been compiled for GPUs too (--gpu). It runs once on
 * made-up inputs, on the device and on the processor: a device that computes
 * something else is tried again without what drivers get wrong, then refused.
 * Returns 0; 1 when "auto" has come to the processor, and -1 on failure, when
 * the model stays where it was; for both `error` says why. No run may be going
 * on; `options` may be NULL. */
QUANTIR_API int quantir_model_use_device(quantir_model *model,
                                         const char *device,
                                         const quantir_device_options *options,
                                         quantir_error *error);

/* "cpu", or the name of the GPU, such as "Mali-G610"; lives until the model
 * uses another device or is unloaded. The description's steps are those of the
 * device; a GPU's run calls no `on_step`. */
QUANTIR_API const char *quantir_model_device(const quantir_model *model);

/* What the GPU does not do for the model although others do, because it lacks
 * that or gets it wrong, such as "dot products, its own square roots"; empty
 * when there is nothing. Lives like the name. */
QUANTIR_API const char *quantir_model_device_lacks(const quantir_model *model);

/* Nanoseconds of step `step` in the last run on a GPU; negative when not timed.
 */
QUANTIR_API double quantir_model_step_time(const quantir_model *model,
                                           uint32_t step);

#ifdef __cplusplus
}
#endif

#endif /* QUANTIR_RUNTIME_RUNTIME_H */
