// Whether weights of which two of four neighbours are zero are worth packing:
// one row of codes times a matrix, from whole panels and from panels of half
// the bytes and a mask, which vpexpandb spreads. Needs AVX512-VNNI and VBMI2.
//
//   clang-22 -O2 -march=native test/benchmarks/two_of_four.c -o two_of_four &&
//   ./two_of_four
#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { Vectors = 8, Columns = 16 * Vectors }; // as the compiler cuts one row

static double nanoseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static __m512i left(const uint8_t *x) {
  int32_t four;
  memcpy(&four, x, sizeof four);
  return _mm512_set1_epi32(four);
}

__attribute__((noinline)) static void whole(const uint8_t *x, const int8_t *w,
                                            int32_t *y, long size) {
  for (long n = 0; n < size; n += Columns) {
    __m512i sums[Vectors] = {0};
    for (long k = 0; k < size; k += 4)
      for (int v = 0; v < Vectors; ++v, w += 64)
        sums[v] =
            _mm512_dpbusd_epi32(sums[v], left(x + k), _mm512_loadu_si512(w));
    memcpy(y + n, sums, sizeof sums);
  }
}

__attribute__((noinline)) static void halves(const uint8_t *x, const int8_t *w,
                                             const uint64_t *masks, int32_t *y,
                                             long size) {
  for (long n = 0; n < size; n += Columns) {
    __m512i sums[Vectors] = {0};
    for (long k = 0; k < size; k += 4)
      for (int v = 0; v < Vectors; ++v, w += 32) {
        __m256i kept = _mm256_loadu_si256((const __m256i *)w);
        __m512i spread =
            _mm512_maskz_expand_epi8(*masks++, _mm512_castsi256_si512(kept));
        sums[v] = _mm512_dpbusd_epi32(sums[v], left(x + k), spread);
      }
    memcpy(y + n, sums, sizeof sums);
  }
}

static uint64_t twoOfFour(void) {
  uint64_t mask = 0;
  for (int group = 0; group < 16; ++group) {
    int first = rand() & 3, second = (first + 1 + rand() % 3) & 3;
    mask |= (UINT64_C(1) << (4 * group + first)) |
            (UINT64_C(1) << (4 * group + second));
  }
  return mask;
}

static void measure(long size) {
  uint8_t *x = aligned_alloc(64, size);
  int8_t *w = aligned_alloc(64, size * size);
  int8_t *kept = aligned_alloc(64, size * size / 2 + 64);
  uint64_t *masks = aligned_alloc(64, size * size / 8);
  int32_t *y = aligned_alloc(64, 4 * size), *z = aligned_alloc(64, 4 * size);
  for (long i = 0; i < size; ++i)
    x[i] = rand();
  for (long i = 0, at = 0; i < size * size; ++i) {
    if (i % 64 == 0)
      masks[i / 64] = twoOfFour();
    bool stays = masks[i / 64] >> i % 64 & 1;
    w[i] = stays ? rand() % 254 - 127 : 0;
    if (stays)
      kept[at++] = w[i];
  }
  double best[2] = {1e30, 1e30};
  int runs = size <= 1024 ? 200 : size <= 4096 ? 20 : 6;
  for (int round = 0; round < 9; ++round) {
    double start = nanoseconds();
    for (int i = 0; i < runs; ++i)
      whole(x, w, y, size);
    double middle = nanoseconds();
    for (int i = 0; i < runs; ++i)
      halves(x, kept, masks, z, size);
    double end = nanoseconds();
    if ((middle - start) / runs < best[0])
      best[0] = (middle - start) / runs;
    if ((end - middle) / runs < best[1])
      best[1] = (end - middle) / runs;
  }
  printf("%5.1f MiB of weights: whole %8.1f us, 2:4 %8.1f us, %.2f x%s\n",
         size * size / 1048576.0, best[0] / 1e3, best[1] / 1e3,
         best[0] / best[1], memcmp(y, z, 4 * size) ? ", but other sums" : "");
  free(x), free(w), free(kept), free(masks), free(y), free(z);
}

int main(void) {
  for (long size = 512; size <= 8192; size *= 2)
    measure(size);
}
