#include "Processor.h"

#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
/* The builtin takes nothing but literals. */
static bool has(const char *name, size_t length) {
  char feature[32] = "";
  if (length >= sizeof feature)
    return false;
  memcpy(feature, name, length);
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
