#include "quantir/Interpret/MultiplyAdd.h"

using namespace quantir;

namespace {
struct Functions {
  void (*fuse)(const float *, const float *, const float *, float *, int64_t);
  void (*scale)(float, const float *, float *, int64_t);
  void (*scaleInt)(int32_t, const int32_t *, int32_t *, int64_t);
  void (*productsInt)(const int32_t *, const int32_t *, int32_t *, int64_t);
};
} // namespace

// The same loops twice: the attribute lets the compiler use instructions that
// the rest of the program must not.
#define QUANTIR_MULTIPLY_ADD(NAME, ATTRIBUTE)                                  \
  ATTRIBUTE static void fuse##NAME(const float *a, const float *b,             \
                                   const float *c, float *out, int64_t size) { \
    for (int64_t i = 0; i < size; ++i)                                         \
      out[i] = __builtin_fmaf(a[i], b[i], c[i]);                               \
  }                                                                            \
  ATTRIBUTE static void scale##NAME(float factor, const float *b, float *sums, \
                                    int64_t size) {                            \
    for (int64_t i = 0; i < size; ++i)                                         \
      sums[i] = __builtin_fmaf(factor, b[i], sums[i]);                         \
  }                                                                            \
  ATTRIBUTE static void scaleInt##NAME(int32_t factor, const int32_t *b,       \
                                       int32_t *sums, int64_t size) {          \
    for (int64_t i = 0; i < size; ++i)                                         \
      sums[i] =                                                                \
          int32_t(uint32_t(factor) * uint32_t(b[i]) + uint32_t(sums[i]));      \
  }                                                                            \
  ATTRIBUTE static void productsInt##NAME(const int32_t *a, const int32_t *b,  \
                                          int32_t *sums, int64_t size) {       \
    for (int64_t i = 0; i < size; ++i)                                         \
      sums[i] = int32_t(uint32_t(a[i]) * uint32_t(b[i]) + uint32_t(sums[i]));  \
  }                                                                            \
  static constexpr Functions NAME = {fuse##NAME, scale##NAME, scaleInt##NAME,  \
                                     productsInt##NAME};

QUANTIR_MULTIPLY_ADD(anywhere, )
#if defined(__x86_64__)
QUANTIR_MULTIPLY_ADD(haswell, __attribute__((target("avx2,fma"))))
#endif

static Functions choose() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return haswell;
#endif
  return anywhere;
}

static const Functions functions = choose();

void quantir::fusedMultiplyAdd(const float *a, const float *b, const float *c,
                               float *out, int64_t size) {
  functions.fuse(a, b, c, out, size);
}

void quantir::accumulateScaled(float factor, const float *b, float *sums,
                               int64_t size) {
  functions.scale(factor, b, sums, size);
}

void quantir::accumulateProducts(const float *a, const float *b, float *sums,
                                 int64_t size) {
  functions.fuse(a, b, sums, sums, size);
}

void quantir::accumulateScaled(int32_t factor, const int32_t *b, int32_t *sums,
                               int64_t size) {
  functions.scaleInt(factor, b, sums, size);
}

void quantir::accumulateProducts(const int32_t *a, const int32_t *b,
                                 int32_t *sums, int64_t size) {
  functions.productsInt(a, b, sums, size);
}
