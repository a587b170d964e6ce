#include "Processor.h"

#include <stdio.h>
#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if defined(__x86_64__)
#include <cpuid.h>

/* A bit of leaf 7 that the builtin does not know. */
static bool has_bit_of_leaf7(int bit) {
  unsigned eax, ebx, ecx, edx;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (edx >> bit & 1);
}

/* The builtin takes nothing but literals. */
static bool has(const char *name, size_t length) {
  char feature[32] = "";
  if (length >= sizeof feature)
    return false;
  memcpy(feature, name, length);
  if (strcmp(feature, "amx-tile") == 0)
    return has_bit_of_leaf7(24);
  if (strcmp(feature, "amx-int8") == 0)
    return has_bit_of_leaf7(25);
#define QUANTIR_FEATURE(literal)                                               \
  if (strcmp(feature, literal) == 0)                                           \
    return __builtin_cpu_supports(literal) != 0;
#include "quantir/Runtime/ProcessorFeatures.def"
  return false;
}
#else
static bool has(const char *name, size_t length) {
  (void)name;
  (void)length;
  return false;
}
#endif

bool quantir_processor_has(const char *features, char *missing, size_t size) {
  while (*features) {
    size_t length = strcspn(features, ",");
    if (length > 0 && !has(features, length)) {
      snprintf(missing, size, "%.*s", (int)(length < 64 ? length : 64),
               features);
      return false;
    }
    features += length;
    features += *features == ',';
  }
  return true;
}

#if defined(__x86_64__) && defined(__linux__)
bool quantir_processor_allow_tiles(void) {
  enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
  return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}
#else
bool quantir_processor_allow_tiles(void) { return false; }
#endif
