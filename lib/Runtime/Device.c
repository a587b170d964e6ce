#include "Level.h"
#include "VulkanModel.h"
#include "VulkanSelfTest.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_INDEX = 999 };

/* The number behind "vulkan:", -1 for "vulkan" itself; false for other texts.
 */
static bool parse_vulkan(const char *device, int32_t *index) {
  size_t length = strlen("vulkan");
  if (strncmp(device, "vulkan", length) != 0)
    return false;
  device += length;
  *index = -1;
  if (*device == 0)
    return true;
  if (device[0] != ':' || device[1] < '0' || device[1] > '9')
    return false;
  char *end;
  long number = strtol(device + 1, &end, 10);
  if (*end != 0 || number > MAX_INDEX)
    return false;
  *index = (int32_t)number;
  return true;
}

/* What quantir_gpu_check cannot know: that tensors are those of the model, and
 * that steps have texts. */
static bool fits(const quantir_description *d, quantir_error *error) {
  const quantir_gpu_program *gpu = d->gpu;
  bool valid = (gpu->num_dispatches == 0 || gpu->steps) &&
               (d->num_inputs == 0 || gpu->inputs) &&
               (d->num_outputs == 0 || gpu->outputs) && d->step_texts;
  for (uint32_t i = 0; valid && i < gpu->num_dispatches; ++i)
    valid = gpu->steps[i].name < d->step_texts_size &&
            gpu->steps[i].nodes < d->step_texts_size;
  for (uint32_t i = 0; valid && i < d->num_inputs + d->num_outputs; ++i) {
    bool is_input = i < d->num_inputs;
    uint32_t j = is_input ? i : i - d->num_inputs;
    const quantir_gpu_tensor *t = is_input ? &gpu->inputs[j] : &gpu->outputs[j];
    uint64_t bytes;
    valid = !__builtin_mul_overflow(t->rows, t->row_bytes, &bytes) &&
            bytes ==
                quantir_tensor_bytes(is_input ? &d->inputs[j] : &d->outputs[j]);
  }
  if (!valid)
    quantir_report(error, "the program for GPUs is not one of this model");
  return valid;
}

/* Which of the things that forms of the program need or skip are not used. */
static void list_lacks(quantir_model *model,
                       const quantir_gpu_verdict *verdict) {
  const quantir_gpu_program *program = model->description.gpu;
  uint32_t wished = 0, exact = verdict->exact_constants;
  for (uint32_t i = 0; i < program->num_kernels; ++i)
    for (uint32_t j = 0; j < program->kernels[i].num_forms; ++j)
      wished |= program->kernels[i].forms[j].needs;
  uint32_t without = wished & ~model->gpu_model->used_needs;
  const struct {
    bool lacks;
    const char *what;
  } list[] = {
      {without & QUANTIR_GPU_DOT, "dot products"},
      {without & QUANTIR_GPU_F16, "short floats"},
      {verdict->skipped_forms, "the first form of kernels"},
      {!(exact >> QUANTIR_GPU_EXACT_FMA & 1), "its own fused multiply-adds"},
      {!(exact >> QUANTIR_GPU_EXACT_DIVISION & 1), "its own divisions"},
      {!(exact >> QUANTIR_GPU_EXACT_ROOT & 1), "its own square roots"}};
  char *text = model->gpu_lacks;
  *text = 0;
  for (size_t i = 0; i < sizeof list / sizeof *list; ++i)
    if (list[i].lacks) {
      strcat(text, *text ? ", " : "");
      strcat(text, list[i].what);
    }
}

static void stay_on_gpu(quantir_model *model, quantir_gpu *gpu,
                        quantir_gpu_model *gpu_model, bool may_leave) {
  quantir_model_leave_gpu(model);
  model->gpu = gpu;
  model->gpu_model = gpu_model;
  model->may_leave_gpu = may_leave;
  atomic_store(&model->left_gpu, false);
  quantir_description *d = &model->description;
  model->cpu_steps = d->steps;
  model->num_cpu_steps = d->num_steps;
  d->steps = d->gpu->steps;
  d->num_steps = d->gpu->num_dispatches;
}

static bool use_vulkan(quantir_model *model, int32_t index, bool is_auto,
                       const quantir_device_options *options,
                       quantir_error *error) {
  if (!model->description.gpu) {
    quantir_report(error,
                   "'%s' has no code for GPUs: compile it with "
                   "--gpu=vulkan",
                   model->description.name);
    return false;
  }
  if (!fits(&model->description, error))
    return false;
  quantir_gpu *gpu = quantir_gpu_open(index, error);
  if (!gpu)
    return false;
  quantir_gpu_model *gpu_model = NULL;
  quantir_gpu_verdict verdict;
  if (is_auto && gpu->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU)
    quantir_report(error, "%s is no GPU", quantir_gpu_name(gpu));
  else
    gpu_model = quantir_gpu_prove(model, &gpu, index, options, &verdict, error);
  if (gpu_model) {
    stay_on_gpu(model, gpu, gpu_model, is_auto);
    list_lacks(model, &verdict);
  } else {
    quantir_gpu_close(gpu);
  }
  return gpu_model;
}

int quantir_model_use_device(quantir_model *model, const char *device,
                             const quantir_device_options *options,
                             quantir_error *error) {
  quantir_device_options all = {0};
  if (options)
    all = *options;
  if (!all.cache_folder)
    all.cache_folder = getenv("QUANTIR_GPU_CACHE");
  if (all.cache_folder && !*all.cache_folder)
    all.cache_folder = NULL;
  int32_t index = -1;
  bool is_auto = strcmp(device, "auto") == 0;
  bool is_cpu = strcmp(device, "cpu") == 0;
  if (!is_auto && !is_cpu && !parse_vulkan(device, &index)) {
    quantir_report(error,
                   "there is no device '%s': name cpu, auto, vulkan or "
                   "vulkan:0, vulkan:1, ...",
                   device);
    return -1;
  }
  if (is_cpu)
    quantir_model_leave_gpu(model);
  if (is_cpu || use_vulkan(model, index, is_auto, &all, error))
    return 0;
  if (!is_auto)
    return -1;
  quantir_model_leave_gpu(model);
  return 1;
}

void quantir_model_leave_gpu(quantir_model *model) {
  if (!model->gpu)
    return;
  quantir_gpu_free(model->gpu_model);
  quantir_gpu_close(model->gpu);
  model->gpu = NULL;
  model->gpu_model = NULL;
  model->description.steps = model->cpu_steps;
  model->description.num_steps = model->num_cpu_steps;
}

bool quantir_model_is_on_gpu(const quantir_model *model) {
  return model->gpu && !atomic_load(&model->left_gpu);
}

int quantir_model_run_on_gpu(quantir_model *model, const void *const *inputs,
                             void *const *outputs, quantir_error *error) {
  pthread_mutex_lock(&model->gpu_lock);
  int status = quantir_gpu_run(model->gpu_model, inputs, outputs, error);
  pthread_mutex_unlock(&model->gpu_lock);
  return status;
}

const char *quantir_model_device(const quantir_model *model) {
  return quantir_model_is_on_gpu(model) ? quantir_gpu_name(model->gpu) : "cpu";
}

const char *quantir_model_device_lacks(const quantir_model *model) {
  return quantir_model_is_on_gpu(model) ? model->gpu_lacks : "";
}

double quantir_model_step_time(const quantir_model *model, uint32_t step) {
  return model->gpu_model ? quantir_gpu_step_time(model->gpu_model, step) : -1;
}
