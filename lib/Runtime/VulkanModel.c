#include "VulkanModel.h"

#include "Level.h"

#include <stdlib.h>
#include <string.h>

static bool make_memories(quantir_gpu_model *model,
                          const quantir_gpu_options *options,
                          quantir_error *error) {
  quantir_gpu *gpu = model->gpu;
  const quantir_gpu_program *program = model->program;
  quantir_gpu_buffer *constants = &model->memories[QUANTIR_GPU_CONSTANTS];
  quantir_gpu_buffer *interface = &model->memories[QUANTIR_GPU_INTERFACE];
  if (!quantir_gpu_make_buffer(gpu, "working memory", program->arena_size,
                               QUANTIR_GPU_FOR_DEVICE,
                               &model->memories[QUANTIR_GPU_ARENA], error) ||
      !quantir_gpu_make_buffer(gpu, "constants", program->constants_size,
                               QUANTIR_GPU_FOR_DEVICE, constants, error) ||
      !quantir_gpu_make_buffer(gpu, "inputs and outputs",
                               program->interface_size, QUANTIR_GPU_FOR_HOST,
                               interface, error))
    return false;
  if (options->staged)
    constants->mapped = NULL;
  if (interface->size > 0)
    memset(interface->mapped, 0, interface->size);
  return quantir_gpu_upload(gpu, constants, program, error);
}

quantir_gpu_model *quantir_gpu_record_words(
    quantir_gpu *gpu, const quantir_gpu_program *program, const uint32_t *words,
    uint32_t num_inputs, uint32_t num_outputs,
    const quantir_gpu_options *options, quantir_error *error) {
  static const quantir_gpu_options usual;
  if (!options)
    options = &usual;
  if (!quantir_gpu_check(gpu, program, words, num_inputs, num_outputs, error))
    return NULL;
  quantir_gpu_model *model = calloc(1, sizeof *model);
  if (!model) {
    quantir_report(error, "out of memory");
    return NULL;
  }
  model->gpu = gpu;
  model->program = program;
  model->num_inputs = num_inputs;
  model->num_outputs = num_outputs;
  if (quantir_gpu_make_pipelines(model, words, options, error) &&
      make_memories(model, options, error) &&
      quantir_gpu_record_commands(model, options, error))
    return model;
  quantir_gpu_free(model);
  return NULL;
}

quantir_gpu_model *quantir_gpu_record(quantir_gpu *gpu,
                                      const quantir_gpu_program *program,
                                      uint32_t num_inputs, uint32_t num_outputs,
                                      const quantir_gpu_options *options,
                                      quantir_error *error) {
  uint32_t *words = quantir_gpu_unpack(program, error);
  if (!words)
    return NULL;
  quantir_gpu_model *model = quantir_gpu_record_words(
      gpu, program, words, num_inputs, num_outputs, options, error);
  free(words);
  return model;
}

void quantir_gpu_free(quantir_gpu_model *model) {
  if (!model)
    return;
  const quantir_vk *vk = &model->gpu->vk;
  VkDevice device = model->gpu->device;
  /* A run that failed may have left its commands with the device. */
  (void)vk->DeviceWaitIdle(device);
  quantir_gpu_free_commands(model->gpu, &model->commands);
  if (model->queries)
    vk->DestroyQueryPool(device, model->queries, NULL);
  if (model->descriptors)
    vk->DestroyDescriptorPool(device, model->descriptors, NULL);
  for (uint32_t i = 0; model->pipelines && i < model->program->num_kernels; ++i)
    if (model->pipelines[i])
      vk->DestroyPipeline(device, model->pipelines[i], NULL);
  for (uint32_t i = 0; i <= QUANTIR_GPU_MAX_BINDINGS; ++i) {
    if (model->layouts[i])
      vk->DestroyPipelineLayout(device, model->layouts[i], NULL);
    if (model->set_layouts[i])
      vk->DestroyDescriptorSetLayout(device, model->set_layouts[i], NULL);
  }
  for (int i = 0; i < 3; ++i)
    quantir_gpu_free_buffer(model->gpu, &model->memories[i]);
  free(model->pipelines);
  free(model->sets);
  free(model->ticks);
  free(model);
}

/* Copies rows that lie one after the other into ones `into` apart. */
static void copy_rows(char *to, uint64_t into, const char *from,
                      uint64_t out_of, const quantir_gpu_tensor *tensor) {
  if (tensor->pitch == tensor->row_bytes || tensor->rows == 1) {
    memcpy(to, from, tensor->rows * tensor->row_bytes);
    return;
  }
  for (uint64_t row = 0; row < tensor->rows; ++row)
    memcpy(to + row * into, from + row * out_of, tensor->row_bytes);
}

static VkResult submit_and_wait(quantir_gpu_model *model) {
  quantir_gpu *gpu = model->gpu;
  VkResult result = quantir_gpu_submit_and_wait(gpu, &model->commands);
  if (result == VK_SUCCESS && model->queries) {
    uint32_t queries = 2 * model->program->num_dispatches;
    result = gpu->vk.GetQueryPoolResults(
        gpu->device, model->queries, 0, queries,
        (size_t)queries * sizeof(uint64_t), model->ticks, sizeof(uint64_t),
        VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT);
  }
  return result;
}

int quantir_gpu_run(quantir_gpu_model *model, const void *const *inputs,
                    void *const *outputs, quantir_error *error) {
  const quantir_gpu_program *program = model->program;
  char *shared = model->memories[QUANTIR_GPU_INTERFACE].mapped;
  for (uint32_t i = 0; i < model->num_inputs; ++i) {
    const quantir_gpu_tensor *tensor = &program->inputs[i];
    copy_rows(shared + tensor->offset, tensor->pitch, inputs[i],
              tensor->row_bytes, tensor);
  }
  VkResult result = submit_and_wait(model);
  if (result != VK_SUCCESS) {
    quantir_gpu_failed(model->gpu, "the run failed", result, error);
    return -1;
  }
  for (uint32_t i = 0; i < model->num_outputs; ++i) {
    const quantir_gpu_tensor *tensor = &program->outputs[i];
    copy_rows(outputs[i], tensor->row_bytes, shared + tensor->offset,
              tensor->pitch, tensor);
  }
  return 0;
}

double quantir_gpu_step_time(const quantir_gpu_model *model, uint32_t i) {
  if (!model->ticks || i >= model->program->num_dispatches)
    return -1;
  uint32_t bits = model->gpu->timestamp_bits;
  const uint64_t *of_step = model->ticks + (size_t)2 * i;
  uint64_t ticks = of_step[1] - of_step[0];
  if (bits < 64)
    ticks &= (UINT64_C(1) << bits) - 1;
  return (double)ticks * model->gpu->properties.limits.timestampPeriod;
}
