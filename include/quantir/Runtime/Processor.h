/* What this processor has, as words of bits. Freestanding C: loaders include
 * it, and it is compiled into artifacts for several processors. */
#ifndef QUANTIR_RUNTIME_PROCESSOR_H
#define QUANTIR_RUNTIME_PROCESSOR_H

#include <stdint.h>

/* Enough for every architecture; words that one does not name are 0. */
#define QUANTIR_PROCESSOR_WORDS 8

/* The words of an x86-64 processor: registers of CPUID's leaves, and the state
 * that the system saves (XCR0). */
enum quantir_x86_word {
  QUANTIR_LEAF1_ECX,
  QUANTIR_LEAF7_EBX,
  QUANTIR_LEAF7_ECX,
  QUANTIR_LEAF7_EDX,
  QUANTIR_LEAF7_1_EAX,
  QUANTIR_EXTENDED_ECX,
  QUANTIR_STATE
};
enum quantir_x86_state {
  QUANTIR_STATE_0 = 0,
  QUANTIR_STATE_AVX = 0x6,
  QUANTIR_STATE_AVX512 = 0xe6,
  QUANTIR_STATE_TILES = 0x60000
};

/* Those of an AArch64 processor, as Linux tells them. */
enum quantir_aarch64_word {
  QUANTIR_HWCAP,
  QUANTIR_HWCAP2,
  QUANTIR_HWCAP2_HIGH
};

#if defined(__x86_64__)
#define QUANTIR_KNOWS_PROCESSOR 1

static inline void quantir_cpuid(uint32_t leaf, uint32_t part,
                                 uint32_t result[4]) {
  __asm__ volatile("cpuid"
                   : "=a"(result[0]), "=b"(result[1]), "=c"(result[2]),
                     "=d"(result[3])
                   : "0"(leaf), "2"(part));
}

static inline void
quantir_read_processor(uint32_t words[QUANTIR_PROCESSOR_WORDS]) {
  for (int i = 0; i < QUANTIR_PROCESSOR_WORDS; ++i)
    words[i] = 0;
  uint32_t r[4];
  quantir_cpuid(0, 0, r);
  uint32_t last = r[0];
  quantir_cpuid(1, 0, r);
  words[QUANTIR_LEAF1_ECX] = r[2];
  if (r[2] >> 27 & 1) { /* the system uses XSAVE */
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    words[QUANTIR_STATE] = low;
  }
  if (last >= 7) {
    quantir_cpuid(7, 0, r);
    uint32_t parts = r[0];
    words[QUANTIR_LEAF7_EBX] = r[1];
    words[QUANTIR_LEAF7_ECX] = r[2];
    words[QUANTIR_LEAF7_EDX] = r[3];
    if (parts >= 1) {
      quantir_cpuid(7, 1, r);
      words[QUANTIR_LEAF7_1_EAX] = r[0];
    }
  }
  quantir_cpuid(0x80000000, 0, r);
  if (r[0] >= 0x80000001) {
    quantir_cpuid(0x80000001, 0, r);
    words[QUANTIR_EXTENDED_ECX] = r[2];
  }
}

#elif defined(__aarch64__) && defined(__linux__)
#define QUANTIR_KNOWS_PROCESSOR 1

static inline long quantir_system_call(long number, long a, long b, long c,
                                       long d) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3)
                   : "memory", "cc");
  return x0;
}

/* What getauxval reads, without the C library. The processor's own registers
 * would be an illegal instruction under Linux before 4.11. */
static inline void
quantir_read_processor(uint32_t words[QUANTIR_PROCESSOR_WORDS]) {
  enum {
    OPENAT = 56,
    CLOSE = 57,
    READ = 63,
    HERE = -100,
    CLOSE_ON_EXEC = 02000000
  };
  enum { AT_HWCAP_ENTRY = 16, AT_HWCAP2_ENTRY = 26 };
  for (int i = 0; i < QUANTIR_PROCESSOR_WORDS; ++i)
    words[i] = 0;
  long file = quantir_system_call(OPENAT, HERE, (long)"/proc/self/auxv",
                                  CLOSE_ON_EXEC, 0);
  if (file < 0)
    return;
  uint64_t entries[128];
  long size = quantir_system_call(READ, file, (long)entries, sizeof entries, 0);
  quantir_system_call(CLOSE, file, 0, 0, 0);
  for (long i = 0; i + 1 < size / 8 && entries[i] != 0; i += 2) {
    if (entries[i] == AT_HWCAP_ENTRY)
      words[QUANTIR_HWCAP] = (uint32_t)entries[i + 1];
    if (entries[i] == AT_HWCAP2_ENTRY) {
      words[QUANTIR_HWCAP2] = (uint32_t)entries[i + 1];
      words[QUANTIR_HWCAP2_HIGH] = (uint32_t)(entries[i + 1] >> 32);
    }
  }
}

#else
#define QUANTIR_KNOWS_PROCESSOR 0 /* nothing there can ask it */

static inline void
quantir_read_processor(uint32_t words[QUANTIR_PROCESSOR_WORDS]) {
  for (int i = 0; i < QUANTIR_PROCESSOR_WORDS; ++i)
    words[i] = 0;
}
#endif

#if defined(__x86_64__) && defined(__linux__)
/* arch_prctl: 0x1023 asks for the AMX registers, 0x1022 whether they may be
 * used already. */
static inline long quantir_arch_prctl(long code, unsigned long argument) {
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "0"(158), "D"(code), "S"(argument)
                   : "rcx", "r11", "memory");
  return result;
}

/* Whether this process has been given the AMX registers. */
static inline int quantir_may_use_tiles(void) {
  uint64_t given = 0;
  return quantir_arch_prctl(0x1022, (unsigned long)&given) == 0 &&
         (given >> 18 & 1);
}

/* Asks for them, for this process and all its threads. 0 when the system does
 * not let programs use them. */
static inline int quantir_ask_for_tiles(void) {
  return quantir_arch_prctl(0x1023, 18) == 0;
}
#else
static inline int quantir_may_use_tiles(void) { return 0; }
static inline int quantir_ask_for_tiles(void) { return 0; }
#endif

/* Whether `words` has every bit of `needs`. */
static inline int
quantir_has_all(const uint32_t words[QUANTIR_PROCESSOR_WORDS],
                const uint32_t needs[QUANTIR_PROCESSOR_WORDS]) {
  for (int i = 0; i < QUANTIR_PROCESSOR_WORDS; ++i)
    if (needs[i] & ~words[i])
      return 0;
  return 1;
}

#endif /* QUANTIR_RUNTIME_PROCESSOR_H */
