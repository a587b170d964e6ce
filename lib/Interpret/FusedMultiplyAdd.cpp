#include "quantir/Interpret/FusedMultiplyAdd.h"

#include <cmath>

using namespace quantir;

namespace {
struct Functions {
  void (*fuse)(const float *, const float *, const float *, float *, int64_t);
  void (*accumulate)(float, const float *, float *, int64_t);
};
} // namespace

// The same loops twice: the attribute lets the compiler use instructions that
// the rest of the program must not.
#define QUANTIR_FMA_FUNCTIONS(NAME, ATTRIBUTE)                                 \
  ATTRIBUTE static void fuse##NAME(const float *a, const float *b,             \
                                   const float *c, float *out, int64_t size) { \
    for (int64_t i = 0; i < size; ++i)                                         \
      out[i] = __builtin_fmaf(a[i], b[i], c[i]);                               \
  }                                                                            \
  ATTRIBUTE static void accumulate##NAME(float factor, const float *b,         \
                                         float *sums, int64_t size) {          \
    for (int64_t i = 0; i < size; ++i)                                         \
      sums[i] = __builtin_fmaf(factor, b[i], sums[i]);                         \
  }

QUANTIR_FMA_FUNCTIONS(Anywhere, )
#if defined(__x86_64__)
QUANTIR_FMA_FUNCTIONS(Haswell, __attribute__((target("avx2,fma"))))
#endif

static Functions choose() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {fuseHaswell, accumulateHaswell};
#endif
  return {fuseAnywhere, accumulateAnywhere};
}

static const Functions functions = choose();

void quantir::fusedMultiplyAdd(const float *a, const float *b, const float *c,
                               float *out, int64_t size) {
  functions.fuse(a, b, c, out, size);
}

void quantir::accumulateScaled(float factor, const float *b, float *sums,
                               int64_t size) {
  functions.accumulate(factor, b, sums, size);
}
