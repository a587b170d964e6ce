#ifndef QUANTIR_INTERPRET_MULTIPLYADD_H
#define QUANTIR_INTERPRET_MULTIPLYADD_H

#include <cstdint>

/// Multiply-add over arrays, with the processor's widest instructions where it
/// has them and the C library's exact function elsewhere: the same bits.
namespace quantir {

/// out[i] = a[i] * b[i] + c[i], rounded once. `out` may be any of the inputs.
void fusedMultiplyAdd(const float *a, const float *b, const float *c,
                      float *out, int64_t size);

/// sums[i] = factor * b[i] + sums[i], rounded once.
void accumulateScaled(float factor, const float *b, float *sums, int64_t size);

/// sums[i] = a[i] * b[i] + sums[i], rounded once.
void accumulateProducts(const float *a, const float *b, float *sums,
                        int64_t size);

/// The same in 32-bit integers, which wrap.
void accumulateScaled(int32_t factor, const int32_t *b, int32_t *sums,
                      int64_t size);
void accumulateProducts(const int32_t *a, const int32_t *b, int32_t *sums,
                        int64_t size);

} // namespace quantir

#endif // QUANTIR_INTERPRET_MULTIPLYADD_H
