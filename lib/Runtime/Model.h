/* A loaded model: the library's code on the CPU, and its program on a GPU. */
#ifndef QUANTIR_LIB_RUNTIME_MODEL_H
#define QUANTIR_LIB_RUNTIME_MODEL_H

#include "quantir/Runtime/Vulkan.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct quantir_model {
  void *library;
  /* With the target and steps of what runs. */
  quantir_description description;
  int (*run)(const quantir_context *);
  /* The arena between runs; a run takes it, and one that finds it taken makes
   * its own. */
  _Atomic(void *) spare_arena;
  /* Where it runs, or NULLs: on the CPU. One thread at a time runs on a GPU. */
  quantir_gpu *gpu;
  quantir_gpu_model *gpu_model;
  pthread_mutex_t gpu_lock;
  bool may_leave_gpu;   /* when a run on it fails */
  atomic_bool left_gpu; /* that has happened */
  char gpu_lacks[160];
  const quantir_step *cpu_steps;
  uint32_t num_cpu_steps;
};

/* Whether the next run is for the GPU. */
bool quantir_model_is_on_gpu(const quantir_model *model);

/* The buffers are those of the description. 0, or -1. */
int quantir_model_run_on_cpu(quantir_model *model, const void *const *inputs,
                             void *const *outputs, quantir_pool *pool,
                             void (*on_step)(void *observer, uint32_t step),
                             void *observer, quantir_error *error);
int quantir_model_run_on_gpu(quantir_model *model, const void *const *inputs,
                             void *const *outputs, quantir_error *error);

/* Has later runs be done by the CPU. */
void quantir_model_leave_gpu(quantir_model *model);

#endif /* QUANTIR_LIB_RUNTIME_MODEL_H */
