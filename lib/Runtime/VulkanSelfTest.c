#include "VulkanSelfTest.h"

#include "Level.h"
#include "VulkanModel.h"
#include "VulkanProbe.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What drivers get wrong is left out step by step: first nothing, then the
 * device's own division and square root, saturating dot products, all dot
 * products and short floats. */
enum { RUNGS = 4 };

static quantir_gpu_verdict rung(int number, uint32_t exact_constants) {
  return (quantir_gpu_verdict){
      .is_right = 1,
      .exact_constants = number == 0 ? exact_constants : 0,
      .skipped_forms = number == 2,
      .hidden_needs = number == 3 ? QUANTIR_GPU_DOT | QUANTIR_GPU_F16 : 0};
}

/* Of a program that need not be exact: to the largest value of an output. */
static const double tolerance = 1e-3;

/* Made-up inputs, and the outputs of both. */
typedef struct trial {
  void **inputs, **expected, **found;
} trial;

static void **make_buffers(const quantir_tensor *tensors, uint32_t count) {
  void **buffers = calloc(count ? count : 1, sizeof *buffers);
  for (uint32_t i = 0; buffers && i < count; ++i)
    buffers[i] = calloc(1, quantir_tensor_bytes(&tensors[i]));
  return buffers;
}

static void free_buffers(void **buffers, uint32_t count) {
  for (uint32_t i = 0; buffers && i < count; ++i)
    free(buffers[i]);
  free(buffers);
}

static bool are_there(void **buffers, uint32_t count) {
  bool all = buffers;
  for (uint32_t i = 0; all && i < count; ++i)
    all = buffers[i];
  return all;
}

/* xorshift; George Marsaglia, Xorshift RNGs, 2003. */
static uint32_t next(uint32_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  return *state ^= *state << 5;
}

/* Floats from [-1, 1), codes from their whole range, and of other integers 0 or
 * 1: they may be indices. */
static void make_up(const quantir_tensor *tensor, void *into, uint32_t *state) {
  size_t size = quantir_type_size(tensor->type);
  size_t count = quantir_tensor_bytes(tensor) / size;
  for (size_t i = 0; i < count; ++i) {
    uint32_t bits = next(state);
    float real = (float)bits * 0x1p-31f - 1;
    int64_t small = bits >> 16 & 1;
    int32_t small32 = (int32_t)small;
    uint8_t code =
        tensor->type == QUANTIR_BOOL ? (uint8_t)small : (uint8_t)(bits >> 16);
    const void *value = tensor->type == QUANTIR_F32   ? (const void *)&real
                        : tensor->type == QUANTIR_I64 ? (const void *)&small
                        : tensor->type == QUANTIR_I32 ? (const void *)&small32
                                                      : (const void *)&code;
    memcpy((char *)into + i * size, value, size);
  }
}

static void close_trial(const quantir_description *d, trial *t) {
  free_buffers(t->inputs, d->num_inputs);
  free_buffers(t->expected, d->num_outputs);
  free_buffers(t->found, d->num_outputs);
}

/* Runs the CPU's code. */
static bool open_trial(quantir_model *model, quantir_pool *pool, trial *t,
                       quantir_error *error) {
  const quantir_description *d = &model->description;
  t->inputs = make_buffers(d->inputs, d->num_inputs);
  t->expected = make_buffers(d->outputs, d->num_outputs);
  t->found = make_buffers(d->outputs, d->num_outputs);
  if (!are_there(t->inputs, d->num_inputs) ||
      !are_there(t->expected, d->num_outputs) ||
      !are_there(t->found, d->num_outputs)) {
    quantir_report(error, "no memory for the test of the device");
    return false;
  }
  uint32_t state = 2463534242u;
  for (uint32_t i = 0; i < d->num_inputs; ++i)
    make_up(&d->inputs[i], t->inputs[i], &state);
  return quantir_model_run_on_cpu(model, (const void *const *)t->inputs,
                                  t->expected, pool, NULL, NULL, error) == 0;
}

static double element(const quantir_tensor *tensor, const void *data,
                      size_t i) {
  switch (tensor->type) {
  case QUANTIR_F32:
    return (double)((const float *)data)[i];
  case QUANTIR_I64:
    return (double)((const int64_t *)data)[i];
  case QUANTIR_I32:
    return ((const int32_t *)data)[i];
  case QUANTIR_I8:
    return ((const int8_t *)data)[i];
  default:
    return ((const uint8_t *)data)[i];
  }
}

/* How far elements may be apart: of integers by one, when rounding differs. */
static double allowed_difference(const quantir_tensor *tensor,
                                 const void *expected, size_t count) {
  if (tensor->type != QUANTIR_F32)
    return 1;
  double largest = 0;
  for (size_t i = 0; i < count; ++i) {
    double value = element(tensor, expected, i);
    value = value < 0 ? -value : value;
    if (value > largest && value - value == 0)
      largest = value;
  }
  return tolerance * largest;
}

/* True when an element is so far from the expected one. */
static bool differs(double value, double expected, double allowed) {
  if (value == expected || (value != value && expected != expected))
    return false;
  double distance = value - expected;
  return !(distance <= allowed && -distance <= allowed);
}

/* Every NaN is like every other. */
static bool is_same(const char *device, const quantir_tensor *tensor,
                    const void *found, const void *expected, bool exact,
                    quantir_error *error) {
  size_t bytes = quantir_tensor_bytes(tensor);
  if (memcmp(found, expected, bytes) == 0)
    return true;
  size_t size = quantir_type_size(tensor->type), count = bytes / size, i = 0;
  double allowed = exact ? 0 : allowed_difference(tensor, expected, count);
  for (; i < count; ++i) {
    double value = element(tensor, found, i);
    double wanted = element(tensor, expected, i);
    bool equal = memcmp((const char *)found + i * size,
                        (const char *)expected + i * size, size) == 0;
    if (!equal && (exact ? value == value || wanted == wanted
                         : differs(value, wanted, allowed)))
      break;
  }
  if (i == count)
    return true;
  quantir_report(error,
                 "%s computes the model wrongly: of made-up inputs element %zu "
                 "of output '%s' is %.9g instead of %.9g",
                 device, i, tensor->name, element(tensor, found, i),
                 element(tensor, expected, i));
  return false;
}

static quantir_gpu_model *record(const quantir_model *model, quantir_gpu *gpu,
                                 const quantir_gpu_verdict *settings,
                                 const quantir_device_options *options,
                                 quantir_error *error) {
  const quantir_description *d = &model->description;
  quantir_gpu_options all = {.cache_folder = options->cache_folder,
                             .hidden_needs = settings->hidden_needs,
                             .exact_constants = settings->exact_constants,
                             .skipped_forms = settings->skipped_forms,
                             .timed = options->timed};
  return quantir_gpu_record(gpu, d->gpu, d->num_inputs, d->num_outputs, &all,
                            error);
}

enum outcome { RIGHT, WRONG, FAILED };

/* Records with a rung's settings, runs and compares. A run that fails may have
 * lost the device, which is then closed. */
static enum outcome try_rung(const quantir_model *model, quantir_gpu **gpu,
                             const trial *t, const quantir_gpu_verdict *rung,
                             const quantir_device_options *options,
                             quantir_gpu_model **recorded,
                             quantir_error *error) {
  const quantir_description *d = &model->description;
  *recorded = record(model, *gpu, rung, options, error);
  if (!*recorded)
    return FAILED;
  bool ran = quantir_gpu_run(*recorded, (const void *const *)t->inputs,
                             t->found, error) == 0;
  bool right = ran;
  for (uint32_t i = 0; right && i < d->num_outputs; ++i)
    right = is_same(quantir_gpu_name(*gpu), &d->outputs[i], t->found[i],
                    t->expected[i], d->gpu->exact, error);
  if (right)
    return RIGHT;
  quantir_gpu_free(*recorded);
  *recorded = NULL;
  if (ran)
    return WRONG;
  quantir_gpu_close(*gpu);
  *gpu = NULL;
  return FAILED;
}

/* Goes down the ladder. The verdict is saved when it is one: no device is
 * called wrong for what failed to run. */
static quantir_gpu_model *climb_down(const quantir_model *model,
                                     quantir_gpu **gpu, int32_t index,
                                     const trial *t, uint32_t exact_constants,
                                     const quantir_device_options *options,
                                     quantir_gpu_verdict *verdict,
                                     quantir_error *error) {
  enum outcome outcome = WRONG;
  bool all_ran = true;
  quantir_gpu_model *recorded = NULL;
  for (int i = exact_constants ? 0 : 1; outcome != RIGHT && i < RUNGS; ++i) {
    if (!*gpu && !(*gpu = quantir_gpu_open(index, error)))
      return NULL;
    *verdict = rung(i, exact_constants);
    outcome = try_rung(model, gpu, t, verdict, options, &recorded, error);
    all_ran &= outcome != FAILED;
  }
  verdict->is_right = outcome == RIGHT;
  if (outcome == RIGHT || all_ran)
    quantir_gpu_save_verdict(*gpu, model->description.gpu,
                             options->cache_folder, verdict);
  return recorded;
}

/* Whether floats can be computed exactly at all, for a program that must. */
static bool check_rounding(quantir_gpu *gpu, const quantir_gpu_program *program,
                           uint32_t *exact_constants, quantir_error *error) {
  bool rounds;
  if (!quantir_gpu_probe(gpu, exact_constants, &rounds, error))
    return false;
  if (rounds || !program->exact)
    return true;
  quantir_report(error, "%s does not round sums and products to nearest even",
                 quantir_gpu_name(gpu));
  return false;
}

quantir_gpu_model *quantir_gpu_prove(quantir_model *model, quantir_gpu **gpu,
                                     int32_t index,
                                     const quantir_device_options *options,
                                     quantir_gpu_verdict *verdict,
                                     quantir_error *error) {
  const quantir_description *d = &model->description;
  if (!quantir_gpu_check(*gpu, d->gpu, d->num_inputs, d->num_outputs, error))
    return NULL;
  if (quantir_gpu_load_verdict(*gpu, d->gpu, options->cache_folder, verdict)) {
    if (verdict->is_right)
      return record(model, *gpu, verdict, options, error);
    quantir_report(error,
                   "%s computes the model wrongly, as an earlier test found",
                   quantir_gpu_name(*gpu));
    return NULL;
  }
  uint32_t exact_constants;
  if (!check_rounding(*gpu, d->gpu, &exact_constants, error))
    return NULL;
  trial t = {0};
  quantir_gpu_model *recorded = NULL;
  if (open_trial(model, options->pool, &t, error))
    recorded = climb_down(model, gpu, index, &t, exact_constants, options,
                          verdict, error);
  close_trial(d, &t);
  return recorded;
}
