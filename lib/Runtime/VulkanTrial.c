#include "VulkanTrial.h"

#include "Level.h"

#include <stdlib.h>
#include <string.h>

/* Of a program that need not be exact: to the largest value of an output. */
static const double tolerance = 1e-3;

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

void quantir_gpu_close_trial(const quantir_description *d,
                             quantir_gpu_trial *t) {
  free_buffers(t->inputs, d->num_inputs);
  free_buffers(t->expected, d->num_outputs);
  free_buffers(t->found, d->num_outputs);
}

bool quantir_gpu_open_trial(quantir_model *model, quantir_pool *pool,
                            quantir_gpu_trial *t, quantir_error *error) {
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

bool quantir_gpu_is_right(const quantir_description *d, const char *device,
                          const quantir_gpu_trial *t, quantir_error *error) {
  for (uint32_t i = 0; i < d->num_outputs; ++i)
    if (!is_same(device, &d->outputs[i], t->found[i], t->expected[i],
                 d->gpu->exact, error))
      return false;
  return true;
}
