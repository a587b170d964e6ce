// Whether Winograd's forms of 3x3 convolutions pay: the layers of ResNet-18
// that they fit, directly and as F(2x2, 3x3) and F(4x4, 3x3), with the same
// inner tile. f32 with all transforms; int8 the products alone, which are 16
// bits wide once inputs and filters are transformed, so that what is printed is
// more than could be reached. Needs AVX512-VNNI.
//
//   clang-22 -O3 -march=native test/benchmarks/winograd.c -o winograd &&
//   ./winograd
#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { Rows = 6, Columns = 64 }; // of the tiles of transformed inputs

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static void *numbers(long bytes) {
  char *data = aligned_alloc(64, (bytes + 127) / 64 * 64);
  for (long i = 0; i < bytes; ++i)
    data[i] = i % 4 == 3 ? 60 : i * 37; // small and positive as f32
  return data;
}

// ---- Tiles of products: rows x 16 * vectors sums, in three types ----

#define TILE(name, rows, vectors, element, type, per, load, multiply, zero)    \
  /* `lines` runs of `depth` elements, `jump` apart, of each row. */           \
  __attribute__((noinline)) static void name##rows(                            \
      const element *a, long pitch, long lines, long jump, long depth,         \
      const element *w, void *out, long outPitch) {                            \
    type sums[rows][vectors];                                                  \
    _Pragma("unroll") for (int r = 0; r < rows; ++r)                           \
        _Pragma("unroll") for (int v = 0; v < vectors; ++v) sums[r][v] = zero; \
    for (long line = 0; line < lines; ++line)                                  \
      for (long k = 0; k < depth; k += per, w += 16 * vectors * per) {         \
        _Pragma("unroll") for (int r = 0; r < rows; ++r) {                     \
          type left = load(a + line * jump + r * pitch + k);                   \
          _Pragma("unroll") for (int v = 0; v < vectors; ++v) sums[r][v] =     \
              multiply(left, w + v * 16 * per, sums[r][v]);                    \
        }                                                                      \
      }                                                                        \
    _Pragma("unroll") for (int r = 0; r < rows; ++r)                           \
        _Pragma("unroll") for (int v = 0; v < vectors; ++v) memcpy(            \
            (char *)out + (r * outPitch + v * 16) * 4, &sums[r][v], 64);       \
  }

static inline int32_t word(const void *at) {
  int32_t value;
  memcpy(&value, at, 4);
  return value;
}
#define LOAD_F32(at) _mm512_set1_ps(*(at))
#define FMA(l, w, s) _mm512_fmadd_ps(l, _mm512_loadu_ps(w), s)
#define LOAD_WORD(at) _mm512_set1_epi32(word(at))
#define DOT8(l, w, s) _mm512_dpbusd_epi32(s, l, _mm512_loadu_si512(w))
#define DOT16(l, w, s) _mm512_dpwssd_epi32(s, l, _mm512_loadu_si512(w))
#define F32(rows, vectors)                                                     \
  TILE(f32_, rows, vectors, float, __m512, 1, LOAD_F32, FMA,                   \
       _mm512_setzero_ps())
#define INT(name, rows, vectors, element, per, multiply)                       \
  TILE(name, rows, vectors, element, __m512i, per, LOAD_WORD, multiply,        \
       _mm512_setzero_si512())
F32(6, 4)
F32(7, 4)
F32(14, 2)
INT(i8_, 7, 4, int8_t, 4, DOT8)
INT(i8_, 14, 2, int8_t, 4, DOT8)
INT(i16_, 6, 4, int16_t, 2, DOT16)

typedef void Tile(const void *, long, long, long, long, const void *, void *,
                  long);

// ---- A layer ----

typedef struct {
  long side, channels, out; // out: outputs of a tile along a side
  long width;               // bytes of an element
  void *image, *filter, *result, *moved, *products;
  Tile *tile;
} Layer;

// By tiles of 14 pixels and 32 channels, or 7 and 64, that fit the pictures.
static void direct(const Layer *l) {
  long c = l->channels, line = l->side + 2;
  long rows = l->side < 14 ? 7 : 14, columns = 16 * 28 / rows;
  for (long n = 0; n < c; n += columns)
    for (long y = 0; y < l->side; ++y)
      for (long x = 0; x < l->side; x += rows)
        l->tile((char *)l->image + (y * line + x) * c * l->width, c, 3,
                line * c, 3 * c, (char *)l->filter + n * 9 * c * l->width,
                (char *)l->result + ((y * l->side + x) * c + n) * 4, c);
}

typedef int16_t Shorts __attribute__((vector_size(64)));
typedef int32_t Words __attribute__((vector_size(64)));

#define D(i) d[(i) * step]
#define N(x) _mm512_set1_ps(x)

// B^T d and A^T m of F(2x2, 3x3) on four vectors `step` apart, in place.
#define TRANSFORM2(type)                                                       \
  static inline void forth2##type(type *d, long step) {                        \
    type a = D(0) - D(2), b = D(1) + D(2), c = D(2) - D(1), e = D(1) - D(3);   \
    D(0) = a, D(1) = b, D(2) = c, D(3) = e;                                    \
  }                                                                            \
  static inline void back2##type(type *d, long step) {                         \
    type a = D(0) + D(1) + D(2), b = D(1) - D(2) - D(3);                       \
    D(0) = a, D(1) = b;                                                        \
  }
TRANSFORM2(__m512)
TRANSFORM2(Shorts)
TRANSFORM2(Words)

// The same of F(4x4, 3x3) on six.
static inline void forth4__m512(__m512 *d, long step) {
  __m512 p = D(4) - N(4) * D(2), q = D(3) - N(4) * D(1);
  __m512 r = D(4) - D(2), s = N(2) * (D(3) - D(1));
  __m512 first = N(4) * D(0) - N(5) * D(2) + D(4),
         last = N(4) * D(1) - N(5) * D(3) + D(5);
  D(0) = first, D(1) = p + q, D(2) = p - q, D(3) = r + s, D(4) = r - s;
  D(5) = last;
}
static inline void back4__m512(__m512 *d, long step) {
  __m512 p = D(1) + D(2), q = D(1) - D(2), r = D(3) + D(4), s = D(3) - D(4);
  __m512 e = D(5);
  D(0) = D(0) + p + r, D(1) = q + N(2) * s, D(2) = p + N(4) * r;
  D(3) = q + N(8) * s + e;
}

static inline Shorts widened(const uint8_t *at) {
  return (Shorts)_mm512_cvtepu8_epi16(_mm256_loadu_si256((const void *)at));
}

// Tiles first to first + count, from the image to `moved` and from `products`
// to the result; `lanes` channels at a time.
#define MOVE(out, type, source, load, element, lanes, sums, word)              \
  static void scatter##out##type(const Layer *l, long first, long count,       \
                                 long padded) {                                \
    long c = l->channels, in = out + 2, line = l->side + 2;                    \
    long across = (l->side + out - 1) / out;                                   \
    for (long t = 0; t < count; ++t)                                           \
      for (long ch = 0; ch < c; ch += lanes) {                                 \
        long top = (first + t) / across * out,                                 \
             left = (first + t) % across * out;                                \
        type d[in * in];                                                       \
        for (long y = 0; y < in; ++y)                                          \
          for (long x = 0; x < in; ++x) {                                      \
            long ry = top + y < line ? top + y : line - 1,                     \
                 rx = left + x < line ? left + x : line - 1;                   \
            d[y * in + x] =                                                    \
                load((const source *)l->image + (ry * line + rx) * c + ch);    \
          }                                                                    \
        for (long x = 0; x < in; ++x)                                          \
          forth##out##type(d + x, in);                                         \
        for (long y = 0; y < in; ++y)                                          \
          forth##out##type(d + y * in, 1);                                     \
        for (long i = 0; i < in * in; ++i)                                     \
          memcpy((element *)l->moved + (i * padded + t) * c + ch, &d[i], 64);  \
      }                                                                        \
  }                                                                            \
  static void gather##out##type(const Layer *l, long first, long count,        \
                                long padded) {                                 \
    long c = l->channels, in = out + 2;                                        \
    long across = (l->side + out - 1) / out;                                   \
    for (long t = 0; t < count; ++t)                                           \
      for (long ch = 0; ch < c; ch += 16) {                                    \
        long top = (first + t) / across * out,                                 \
             left = (first + t) % across * out;                                \
        sums d[in * in];                                                       \
        for (long i = 0; i < in * in; ++i)                                     \
          memcpy(&d[i], (word *)l->products + (i * padded + t) * c + ch, 64);  \
        for (long x = 0; x < in; ++x)                                          \
          back##out##sums(d + x, in);                                          \
        for (long y = 0; y < out; ++y)                                         \
          back##out##sums(d + y * in, 1);                                      \
        for (long y = 0; y < out && top + y < l->side; ++y)                    \
          for (long x = 0; x < out && left + x < l->side; ++x)                 \
            memcpy((word *)l->result + ((top + y) * l->side + left + x) * c +  \
                       ch,                                                     \
                   &d[y * in + x], 64);                                        \
      }                                                                        \
  }
MOVE(2, __m512, float, _mm512_loadu_ps, float, 16, __m512, float)
MOVE(4, __m512, float, _mm512_loadu_ps, float, 16, __m512, float)
MOVE(2, Shorts, uint8_t, widened, int16_t, 32, Words, int32_t)

// Tiles are worked on in blocks that stay in the second cache.
static void winograd(const Layer *l) {
  long c = l->channels, out = l->out, in = out + 2;
  long across = (l->side + out - 1) / out, tiles = across * across;
  long block = 24576 / (in * in * c / 16) / Rows * Rows;
  block = block < Rows ? Rows : block;
  bool shorts = l->width == 2;
  for (long first = 0; first < tiles; first += block) {
    long count = tiles - first < block ? tiles - first : block;
    long padded = (count + Rows - 1) / Rows * Rows;
    (shorts     ? scatter2Shorts
     : out == 2 ? scatter2__m512
                : scatter4__m512)(l, first, count, padded);
    for (long i = 0; i < in * in; ++i)
      for (long n = 0; n < c; n += Columns)
        for (long t = 0; t < count; t += Rows)
          l->tile((char *)l->moved + (i * padded + t) * c * l->width, c, 1, 0,
                  c, (char *)l->filter + (i * c + n) * c * l->width,
                  (char *)l->products + ((i * padded + t) * c + n) * 4, c);
    (shorts     ? gather2Shorts
     : out == 2 ? gather2__m512
                : gather4__m512)(l, first, count, padded);
  }
}

static double best(void (*run)(const Layer *), const Layer *l) {
  double least = 1e9, until = seconds() + 0.5;
  while (seconds() < until) {
    double start = seconds();
    run(l);
    double took = seconds() - start;
    least = took < least ? took : least;
  }
  return least * 1e6;
}

int main(void) {
  const long shapes[][2] = {{56, 64}, {28, 128}, {14, 256}, {7, 512}};
  puts("layer        f32: direct us  F(2x2)  F(4x4)   int8: direct us  F(2x2)");
  for (int i = 0; i < 4; ++i) {
    long side = shapes[i][0], c = shapes[i][1], most = side + 12;
    Layer l = {.side = side, .channels = c};
    l.image = numbers(most * most * c * 4);
    l.result = numbers(most * most * c * 4);
    l.filter = numbers(36 * c * c * 4);
    l.moved = numbers(36 * most * most * c * 4);
    l.products = numbers(36 * most * most * c * 4);
    l.width = 4;
    l.tile = (Tile *)(side < 14 ? f32_7 : f32_14);
    double f = best(direct, &l);
    l.tile = (Tile *)f32_6;
    l.out = 2;
    double f2 = best(winograd, &l);
    l.out = 4;
    double f4 = best(winograd, &l);
    l.width = 1;
    l.tile = (Tile *)(side < 14 ? i8_7 : i8_14);
    double b = best(direct, &l);
    l.width = 2;
    l.tile = (Tile *)i16_6;
    l.out = 2;
    double w = best(winograd, &l);
    printf("%2ldx%-2ld %4ld   %12.0f %8.2fx %6.2fx   %12.0f %8.2fx\n", side,
           side, c, f, f / f2, f / f4, b, b / w);
    free(l.image), free(l.result), free(l.filter), free(l.moved);
    free(l.products);
  }
}
