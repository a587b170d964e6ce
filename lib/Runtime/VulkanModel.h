/* A program on a device: what VulkanModel.c makes in its parts. */
#ifndef QUANTIR_LIB_RUNTIME_VULKANMODEL_H
#define QUANTIR_LIB_RUNTIME_VULKANMODEL_H

#include "VulkanCommandBuffer.h"

enum { QUANTIR_GPU_MAX_BINDINGS = 64, QUANTIR_GPU_MAX_FORMS = 16 };

struct quantir_gpu_model {
  quantir_gpu *gpu;
  const quantir_gpu_program *program;
  uint32_t num_inputs, num_outputs;
  uint32_t used_needs; /* enum quantir_gpu_need, of all chosen forms */
  quantir_gpu_buffer memories[3]; /* by enum quantir_gpu_memory */
  /* By number of bindings, where a kernel has so many. */
  VkDescriptorSetLayout set_layouts[QUANTIR_GPU_MAX_BINDINGS + 1];
  VkPipelineLayout layouts[QUANTIR_GPU_MAX_BINDINGS + 1];
  VkPipeline *pipelines; /* one for each kernel */
  VkDescriptorPool descriptors;
  VkDescriptorSet *sets; /* one for each dispatch */
  quantir_gpu_commands commands;
  /* When each dispatch began and ended in the last run, or NULL. */
  VkQueryPool queries;
  uint64_t *ticks;
};

/* The words of the program's code, to be freed; NULL, with the reason, when it
 * is not packed as Artifact.h says. */
uint32_t *quantir_gpu_unpack(const quantir_gpu_program *program,
                             quantir_error *error);

/* Whether the pieces of the program's constants are valid, as quantir_gpu_check
 * says too. */
bool quantir_gpu_check_constants(const quantir_gpu_program *program,
                                 quantir_error *error);

/* Whether every number of the program stays within its tables, its words, its
 * memories and the device's limits. */
bool quantir_gpu_check(const quantir_gpu *gpu,
                       const quantir_gpu_program *program,
                       const uint32_t *words, uint32_t num_inputs,
                       uint32_t num_outputs, quantir_error *error);

/* quantir_gpu_record of a program whose code is unpacked. */
quantir_gpu_model *quantir_gpu_record_words(
    quantir_gpu *gpu, const quantir_gpu_program *program, const uint32_t *words,
    uint32_t num_inputs, uint32_t num_outputs,
    const quantir_gpu_options *options, quantir_error *error);

/* What is wrong with a form of a kernel, such as "needs more than it says", or
 * NULL. A driver need not survive these. */
const char *quantir_gpu_flaw_of_module(const quantir_gpu *gpu,
                                       const quantir_gpu_kernel *kernel,
                                       const uint32_t *words,
                                       uint32_t num_words, uint32_t needs);

/* Makes the layouts, and each kernel's pipeline. */
bool quantir_gpu_make_pipelines(quantir_gpu_model *model, const uint32_t *words,
                                const quantir_gpu_options *options,
                                quantir_error *error);

/* Makes the descriptors, the queries, the commands and the fence. */
bool quantir_gpu_record_commands(quantir_gpu_model *model,
                                 const quantir_gpu_options *options,
                                 quantir_error *error);

#endif /* QUANTIR_LIB_RUNTIME_VULKANMODEL_H */
