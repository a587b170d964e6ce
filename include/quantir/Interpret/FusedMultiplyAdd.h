#ifndef QUANTIR_INTERPRET_FUSEDMULTIPLYADD_H
#define QUANTIR_INTERPRET_FUSEDMULTIPLYADD_H

#include <cstdint>

/// Fused multiply-add over arrays, with the processor's instruction where it
/// has one and the C library's exact function elsewhere: the same bits.
namespace quantir {

/// out[i] = a[i] * b[i] + c[i], rounded once. `out` may be any of the inputs.
void fusedMultiplyAdd(const float *a, const float *b, const float *c,
                      float *out, int64_t size);

/// sums[i] = factor * b[i] + sums[i], rounded once.
void accumulateScaled(float factor, const float *b, float *sums, int64_t size);

} // namespace quantir

#endif // QUANTIR_INTERPRET_FUSEDMULTIPLYADD_H
