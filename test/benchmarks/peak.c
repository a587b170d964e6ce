/* Prints the int8 multiply-accumulates per second that one core can do at best:
 * the widest dot-product instruction it has, on registers, with enough
 * independent sums to hide its latency. */
#define _DEFAULT_SOURCE
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define REPEAT12(X)                                                            \
  X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)

#define DEFINE_LOOP(NAME, FEATURES, VECTOR, INSTRUCTION)                       \
  __attribute__((target(FEATURES))) static void NAME(long iterations) {        \
    VECTOR sum[12] = {0}, a = {0}, b = {0};                                    \
    for (long i = 0; i < iterations; ++i) {                                    \
      REPEAT12(INSTRUCTION)                                                    \
    }                                                                          \
    for (int i = 0; i < 12; ++i)                                               \
      __asm__ volatile("" ::"v"(sum[i]));                                      \
  }

#define DOT(I)                                                                 \
  __asm__ volatile("vpdpbusd %2, %1, %0" : "+v"(sum[I]) : "v"(a), "v"(b));
#define VEX_DOT(I)                                                             \
  __asm__ volatile("%{vex%} vpdpbusd %2, %1, %0"                               \
                   : "+x"(sum[I])                                              \
                   : "x"(a), "x"(b));
#define MULTIPLY_ADD(I)                                                        \
  {                                                                            \
    __m256i product;                                                           \
    __asm__ volatile("vpmaddwd %3, %2, %0\n\tvpaddd %0, %1, %1"                \
                     : "=&x"(product), "+x"(sum[I])                            \
                     : "x"(a), "x"(b));                                        \
  }

DEFINE_LOOP(dot512, "avx512f,avx512vnni", __m512i, DOT)
DEFINE_LOOP(dot256, "avx2,avxvnni", __m256i, VEX_DOT)
DEFINE_LOOP(multiplyAdd256, "avx2", __m256i, MULTIPLY_ADD)

/* Four registers of sums of two by two operands. */
__attribute__((target("amx-tile,amx-int8"))) static void
tiles(long iterations) {
  struct {
    uint8_t palette, row, zeros[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } config = {.palette = 1};
  for (int i = 0; i < 8; ++i) {
    config.bytes[i] = 64;
    config.rows[i] = 16;
  }
  _tile_loadconfig(&config);
  for (long i = 0; i < iterations; ++i)
    __asm__ volatile("tdpbusd %tmm6, %tmm4, %tmm0\n\t"
                     "tdpbusd %tmm7, %tmm4, %tmm1\n\t"
                     "tdpbusd %tmm6, %tmm5, %tmm2\n\t"
                     "tdpbusd %tmm7, %tmm5, %tmm3");
  _tile_release();
}

static int has_tiles(void) {
  return __builtin_cpu_supports("amx-int8") &&
         syscall(SYS_arch_prctl, 0x1023, 18) == 0;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* The best of ten short runs, in 1e9 multiply-accumulates per second. */
static double best(void (*loop)(long), long iterations, int macsPerIteration) {
  double fastest = 0;
  loop(iterations);
  for (int i = 0; i < 10; ++i) {
    double start = seconds();
    loop(iterations);
    double rate = macsPerIteration * (double)iterations / (seconds() - start);
    fastest = rate > fastest ? rate : fastest;
  }
  return fastest * 1e-9;
}

int main(void) {
  const char *name = "vpmaddwd";
  double rate = 0;
  if (has_tiles()) {
    name = "tdpbusd";
    rate = best(tiles, 200000, 4 * 16 * 16 * 64);
  } else if (__builtin_cpu_supports("avx512vnni")) {
    name = "vpdpbusd 512";
    rate = best(dot512, 2000000, 12 * 64);
  } else if (__builtin_cpu_supports("avxvnni")) {
    name = "vpdpbusd 256";
    rate = best(dot256, 2000000, 12 * 32);
  } else if (__builtin_cpu_supports("avx2")) {
    rate = best(multiplyAdd256, 2000000, 12 * 16);
  } else {
    fputs("peak: needs AVX2\n", stderr);
    return 1;
  }
  printf("{\"instruction\": \"%s\", \"gmacs\": %.2f}\n", name, rate);
  return 0;
}
