#include "VulkanProbe.h"

#include "Level.h"
#include "VulkanModel.h"

#include <stdlib.h>
#include <string.h>

enum { COUNT = 1024, GROUPS = COUNT / 64, OPERANDS = 3, RESULTS = 6 };
/* The arrays of results, as VulkanProbe.spvasm writes them. */
enum { SUM, PRODUCT, CONVERTED, FMA, QUOTIENT, ROOT };

static const uint32_t words[] = {
#include "VulkanProbe.inc"
};
static const quantir_gpu_code code = {0, sizeof words / 4, 0};
static const quantir_gpu_kernel kernel = {&code, 1, 2, 0};
static const uint64_t in_bytes = OPERANDS * COUNT * 4,
                      out_bytes = RESULTS * COUNT * 4;
static const quantir_gpu_binding bindings[] = {
    {0, OPERANDS * COUNT * 4, QUANTIR_GPU_INTERFACE, 0},
    {OPERANDS * COUNT * 4, RESULTS * COUNT * 4, QUANTIR_GPU_INTERFACE, 1}};
static const quantir_gpu_dispatch dispatch = {0, {GROUPS, 1, 1}, 0, 0, 0};

static uint32_t next(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state;
}

/* A number of either sign between 2^-20 and 2^20. Every fourth has few digits
 * that count, so that results lie on or near the middle of two floats. */
static float make_up(uint32_t *state) {
  uint32_t sign = next(state) & 0x80000000u;
  uint32_t exponent = 107 + next(state) / 0x1000 % 40;
  uint32_t digits = next(state) >> 9;
  if (next(state) >> 30 == 0)
    digits &= 0x7ff000;
  uint32_t bits = sign | exponent << 23 | digits;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

/* Every second c nearly cancels the product: what is left shows whether the
 * product was rounded. */
static void fill(float *a, float *b, float *c) {
  uint32_t state = 1;
  for (int i = 0; i < COUNT; ++i) {
    a[i] = make_up(&state);
    b[i] = make_up(&state);
    c[i] = i % 2 ? -(a[i] * b[i]) : make_up(&state) * a[i];
  }
}

/* a * b + c, rounded once. The double sum is rounded to odd, and a double has
 * more than two digits over twice those of a float, so that the second rounding
 * is that of the exact sum; S. Boldo, G. Melquiond, Emulation of a FMA and
 * correctly rounded sums: proved algorithms using rounding to odd, 2008. */
static float fused(float a, float b, float c) {
  double product = (double)a * b, addend = c;
  double sum = product + addend;
  double rest = sum - product;
  double lost = (product - (sum - rest)) + (addend - rest);
  uint64_t bits;
  memcpy(&bits, &sum, 8);
  if (lost != 0 && !(bits & 1))
    bits += (lost > 0) == (sum > 0) ? 1 : UINT64_MAX;
  memcpy(&sum, &bits, 8);
  return (float)sum;
}

/* Whether `root` is the float nearest to the root of `x`. Halfway between two
 * floats a number has 25 digits, and a double holds its square; no float is
 * one.
 */
static bool is_root(float root, float x) {
  uint32_t bits;
  memcpy(&bits, &root, 4);
  if (!(root > 0) || bits >= 0x7f800000u - 1)
    return false;
  uint32_t above_bits = bits + 1, below_bits = bits - 1;
  float above, below;
  memcpy(&above, &above_bits, 4);
  memcpy(&below, &below_bits, 4);
  double high = ((double)root + above) / 2, low = ((double)root + below) / 2;
  return low * low < x && x < high * high;
}

/* Bits 1 << i of the results i that are all right. */
static uint32_t judge(const float *in, const float *out) {
  uint32_t right = (1u << RESULTS) - 1;
  for (int i = 0; i < COUNT; ++i) {
    float a = in[i], b = in[COUNT + i], c = in[2 * COUNT + i];
    int32_t bits;
    memcpy(&bits, &a, 4);
    const float expected[RESULTS - 1] = {a + b, a * b, (float)bits,
                                         fused(a, b, c), a / b};
    for (int j = 0; j < RESULTS - 1; ++j)
      if (memcmp(&out[j * COUNT + i], &expected[j], 4) != 0)
        right &= ~(1u << j);
    if (!is_root(out[ROOT * COUNT + i], b < 0 ? -b : b))
      right &= ~(1u << ROOT);
  }
  return right;
}

bool quantir_gpu_probe(quantir_gpu *gpu, uint32_t *exact_constants,
                       bool *rounds, quantir_error *error) {
  const quantir_gpu_tensor input = {0, 1, in_bytes, in_bytes};
  const quantir_gpu_tensor output = {in_bytes, 1, out_bytes, out_bytes};
  const quantir_gpu_program program = {.code_words = sizeof words / 4,
                                       .kernels = &kernel,
                                       .num_kernels = 1,
                                       .bindings = bindings,
                                       .num_bindings = 2,
                                       .dispatches = &dispatch,
                                       .num_dispatches = 1,
                                       .inputs = &input,
                                       .outputs = &output,
                                       .interface_size = in_bytes + out_bytes};
  float *in = malloc(in_bytes + out_bytes), *out = in + OPERANDS * COUNT;
  if (!in) {
    quantir_report(error, "out of memory");
    return false;
  }
  fill(in, in + COUNT, in + 2 * COUNT);
  quantir_gpu_model *model =
      quantir_gpu_record_words(gpu, &program, words, 1, 1, NULL, error);
  const void *from = in;
  void *to = out;
  bool ran = model && quantir_gpu_run(model, &from, &to, error) == 0;
  if (ran) {
    uint32_t right = judge(in, out),
             sums = 1u << SUM | 1u << PRODUCT | 1u << CONVERTED;
    *rounds = (right & sums) == sums;
    *exact_constants = (right >> FMA & 1) << QUANTIR_GPU_EXACT_FMA |
                       (right >> QUOTIENT & 1) << QUANTIR_GPU_EXACT_DIVISION |
                       (right >> ROOT & 1) << QUANTIR_GPU_EXACT_ROOT;
  }
  quantir_gpu_free(model);
  free(in);
  return ran;
}
