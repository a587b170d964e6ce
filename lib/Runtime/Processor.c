#include "Processor.h"

#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
/* The builtin takes nothing but literals. Order and names are those of
 * lib/Target/CheckedFeatures.cpp. */
static bool has(const char *name, size_t length) {
  char feature[32] = "";
  if (length >= sizeof feature)
    return false;
  memcpy(feature, name, length);
#define ASK(literal)                                                           \
  if (strcmp(feature, literal) == 0)                                           \
    return __builtin_cpu_supports(literal) != 0;
  ASK("sse3")
  ASK("ssse3")
  ASK("sse4.1")
  ASK("sse4.2")
  ASK("popcnt")
  ASK("avx")
  ASK("avx2")
  ASK("bmi")
  ASK("bmi2")
  ASK("fma")
  ASK("f16c")
  ASK("lzcnt")
  ASK("movbe")
  ASK("gfni")
  ASK("avxvnni")
  ASK("avx512f")
  ASK("avx512bw")
  ASK("avx512cd")
  ASK("avx512dq")
  ASK("avx512vl")
  ASK("avx512vnni")
  ASK("avx512vbmi")
  ASK("avx512vbmi2")
  ASK("avx512ifma")
  ASK("avx512bitalg")
  ASK("avx512vpopcntdq")
  ASK("avx512bf16")
#undef ASK
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
