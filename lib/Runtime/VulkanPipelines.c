#include "VulkanModel.h"

#include "Level.h"
#include "VulkanCache.h"
#include "VulkanDots.h"
#include "VulkanFloats.h"

#include <stdlib.h>

static VkResult make_layouts(quantir_gpu_model *model, uint32_t bindings) {
  quantir_gpu *gpu = model->gpu;
  if (model->layouts[bindings])
    return VK_SUCCESS;
  VkDescriptorSetLayoutBinding list[QUANTIR_GPU_MAX_BINDINGS];
  for (uint32_t i = 0; i < bindings; ++i)
    list[i] = (VkDescriptorSetLayoutBinding){
        .binding = i,
        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
        .descriptorCount = 1,
        .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
  VkDescriptorSetLayoutCreateInfo set = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .bindingCount = bindings,
      .pBindings = list};
  VkDescriptorSetLayout *set_layout = &model->set_layouts[bindings];
  VkResult result =
      gpu->vk.CreateDescriptorSetLayout(gpu->device, &set, NULL, set_layout);
  if (result != VK_SUCCESS) {
    *set_layout = VK_NULL_HANDLE;
    return result;
  }
  /* For the words of any kernel: every device has so many. */
  VkPushConstantRange push = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
                              .size = QUANTIR_GPU_MAX_PUSH * 4};
  VkPipelineLayoutCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = set_layout,
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &push};
  result = gpu->vk.CreatePipelineLayout(gpu->device, &info, NULL,
                                        &model->layouts[bindings]);
  if (result != VK_SUCCESS)
    model->layouts[bindings] = VK_NULL_HANDLE;
  return result;
}

/* The first form that the device can and the options leave, or NULL. Those with
 * dot products that it lacks in hardware come behind all others. */
static const quantir_gpu_code *choose_form(const quantir_gpu *gpu,
                                           const quantir_gpu_kernel *kernel,
                                           const uint32_t *words,
                                           const quantir_gpu_options *options) {
  uint32_t has = gpu->has & ~options->hidden_needs;
  const quantir_gpu_code *chosen = NULL;
  uint32_t skip = options->skipped_forms;
  for (int slow = 0; slow < 2; ++slow)
    for (uint32_t i = 0; i < kernel->num_forms; ++i) {
      const quantir_gpu_code *form = &kernel->forms[i];
      if ((form->needs & ~has) != 0 ||
          quantir_gpu_dots_are_slow(gpu, words + form->first_word,
                                    form->num_words) != slow)
        continue;
      chosen = form;
      if (skip-- == 0)
        return chosen;
    }
  return chosen;
}

/* What makes pipelines, several at once. */
typedef struct builder {
  quantir_gpu_model *model;
  const uint32_t *words; /* of the program's code, unpacked */
  uint32_t exact_constants;
  VkPipelineCache cache;
  /* By kernel: the chosen form, and what came of it. */
  const quantir_gpu_code **codes;
  VkResult *results;
} builder;

static VkResult make_pipeline(const builder *by, uint32_t kernel) {
  quantir_gpu_model *model = by->model;
  const quantir_gpu_code *code = by->codes[kernel];
  uint32_t bindings = model->program->kernels[kernel].num_bindings;
  VkPipeline *pipeline = &model->pipelines[kernel];
  quantir_gpu *gpu = model->gpu;
  uint32_t num_words;
  uint32_t *words = quantir_gpu_ask_floats(
      gpu, code, by->words + code->first_word, &num_words);
  if (!words)
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  VkShaderModuleCreateInfo module = {
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
      .codeSize = (size_t)num_words * 4,
      .pCode = words};
  VkShaderModule shader;
  VkResult result =
      gpu->vk.CreateShaderModule(gpu->device, &module, NULL, &shader);
  free(words);
  if (result != VK_SUCCESS)
    return result;
  enum { CONSTANTS = QUANTIR_GPU_EXACT_ROOT + 1 };
  VkSpecializationMapEntry entries[CONSTANTS];
  uint32_t values[CONSTANTS];
  for (uint32_t i = 0; i < CONSTANTS; ++i) {
    values[i] = by->exact_constants >> i & 1;
    entries[i] = (VkSpecializationMapEntry){i, i * 4, 4};
  }
  VkSpecializationInfo constants = {CONSTANTS, entries, sizeof values, values};
  VkComputePipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                .module = shader,
                .pName = "main",
                .pSpecializationInfo = &constants},
      .layout = model->layouts[bindings]};
  result = gpu->vk.CreateComputePipelines(gpu->device, by->cache, 1, &info,
                                          NULL, pipeline);
  if (result != VK_SUCCESS)
    *pipeline = VK_NULL_HANDLE;
  gpu->vk.DestroyShaderModule(gpu->device, shader, NULL);
  return result;
}

static void make_pipeline_tile(void *by, int32_t kernel) {
  const builder *all = by;
  all->results[kernel] = make_pipeline(all, (uint32_t)kernel);
}

/* Chooses a form of every kernel, and makes the layouts. */
static bool choose_forms(const builder *by, const quantir_gpu_options *options,
                         quantir_error *error) {
  quantir_gpu *gpu = by->model->gpu;
  for (uint32_t i = 0; i < by->model->program->num_kernels; ++i) {
    const quantir_gpu_kernel *kernel = &by->model->program->kernels[i];
    by->codes[i] = choose_form(gpu, kernel, by->words, options);
    if (!by->codes[i]) {
      quantir_report(
          error, "%s lacks what kernel %u needs%s%s",
          gpu->properties.deviceName, i,
          kernel->forms[0].needs & QUANTIR_GPU_DOT ? ": shaderIntegerDotProduct"
                                                   : "",
          kernel->forms[0].needs & QUANTIR_GPU_F16 ? ": shaderFloat16" : "");
      return false;
    }
    by->model->used_needs |= by->codes[i]->needs;
    VkResult result = make_layouts(by->model, kernel->num_bindings);
    if (result != VK_SUCCESS)
      return quantir_gpu_failed(gpu, "no pipeline layout", result, error);
  }
  return true;
}

static bool make_all(builder *by, quantir_pool *pool, quantir_error *error) {
  uint32_t count = by->model->program->num_kernels;
  quantir_pool_parallel_for(pool, (int32_t)count, make_pipeline_tile, by);
  for (uint32_t i = 0; i < count; ++i)
    if (by->results[i] != VK_SUCCESS) {
      quantir_report(error, "%s: no pipeline for kernel %u: %s",
                     by->model->gpu->properties.deviceName, i,
                     quantir_vk_text(by->results[i]));
      return false;
    }
  return true;
}

static bool make_with_cache(builder *by, const quantir_gpu_options *options,
                            quantir_error *error) {
  quantir_gpu *gpu = by->model->gpu;
  const quantir_gpu_program *program = by->model->program;
  const char *folder = options->cache_folder;
  size_t loaded;
  VkResult result =
      quantir_gpu_load_pipelines(gpu, program, folder, &by->cache, &loaded);
  if (result != VK_SUCCESS)
    return quantir_gpu_failed(gpu, "no pipeline cache", result, error);
  bool made = make_all(by, options->pool, error);
  if (made)
    quantir_gpu_save_pipelines(gpu, program, folder, by->cache, loaded);
  gpu->vk.DestroyPipelineCache(gpu->device, by->cache, NULL);
  return made;
}

bool quantir_gpu_make_pipelines(quantir_gpu_model *model, const uint32_t *words,
                                const quantir_gpu_options *options,
                                quantir_error *error) {
  uint32_t count = model->program->num_kernels;
  if (count == 0)
    return true;
  model->pipelines = calloc(count, sizeof(VkPipeline));
  builder by = {.model = model,
                .words = words,
                .exact_constants = options->exact_constants,
                .codes = calloc(count, sizeof *by.codes),
                .results = calloc(count, sizeof *by.results)};
  bool made = false;
  if (!model->pipelines || !by.codes || !by.results)
    quantir_report(error, "out of memory");
  else
    made = choose_forms(&by, options, error) &&
           make_with_cache(&by, options, error);
  free(by.codes);
  free(by.results);
  return made;
}
