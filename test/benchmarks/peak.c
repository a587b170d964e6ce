/* Prints the int8 multiply-accumulates per second that one core can do at best:
 * the widest dot-product instruction it has, on registers, with enough
 * independent sums to hide its latency. */
#include <immintrin.h>
#include <stdio.h>
#include <time.h>

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

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* The best of ten short runs, in 1e9 multiply-accumulates per second. */
static double best(void (*loop)(long), int macsPerInstruction) {
  const long iterations = 2000000;
  double fastest = 0;
  loop(iterations);
  for (int i = 0; i < 10; ++i) {
    double start = seconds();
    loop(iterations);
    double rate =
        12.0 * macsPerInstruction * (double)iterations / (seconds() - start);
    fastest = rate > fastest ? rate : fastest;
  }
  return fastest * 1e-9;
}

int main(void) {
  const char *name = "vpmaddwd";
  double rate = 0;
  if (__builtin_cpu_supports("avx512vnni")) {
    name = "vpdpbusd 512";
    rate = best(dot512, 64);
  } else if (__builtin_cpu_supports("avxvnni")) {
    name = "vpdpbusd 256";
    rate = best(dot256, 32);
  } else if (__builtin_cpu_supports("avx2")) {
    rate = best(multiplyAdd256, 16);
  } else {
    fputs("peak: needs AVX2\n", stderr);
    return 1;
  }
  printf("{\"instruction\": \"%s\", \"gmacs\": %.2f}\n", name, rate);
  return 0;
}
