/* Loads and runs artifacts, and spreads a run over threads. Plain C; a program
 * that links an artifact itself needs at most the pool, or nothing of this. */
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

/* No run may be going on. NULL is allowed. */
QUANTIR_API void quantir_unload(quantir_model *model);

/* Lives as long as the model. Of an artifact for several processors the
 * target's and the steps' fields are those of the level that runs. */
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

#ifdef __cplusplus
}
#endif

#endif /* QUANTIR_RUNTIME_RUNTIME_H */
