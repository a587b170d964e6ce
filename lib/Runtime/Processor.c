#include "Processor.h"

#include "quantir/Runtime/Processor.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

typedef struct feature {
  const char *name;
  int word;
  uint32_t bit, state;
} feature;

static const feature features_here[] = {
#if defined(__x86_64__)
#define QUANTIR_X86_FEATURE(name, word, bit, state)                            \
  {name, word, 1U << (bit), state},
#elif defined(__aarch64__)
#define QUANTIR_AARCH64_FEATURE(name, word, bit) {name, word, 1U << (bit), 0},
#endif
#include "quantir/Runtime/ProcessorFeatures.def"
    {NULL, 0, 0, 0}};

static void read_words(uint32_t words[QUANTIR_PROCESSOR_WORDS]) {
#if defined(__aarch64__) && defined(__linux__)
  uint64_t first = getauxval(AT_HWCAP), second = getauxval(AT_HWCAP2);
  memset(words, 0, QUANTIR_PROCESSOR_WORDS * sizeof *words);
  words[QUANTIR_HWCAP] = (uint32_t)first;
  words[QUANTIR_HWCAP2] = (uint32_t)second;
  words[QUANTIR_HWCAP2_HIGH] = (uint32_t)(second >> 32);
#else
  quantir_read_processor(words);
#endif
}

static bool has(const uint32_t words[QUANTIR_PROCESSOR_WORDS], const char *name,
                size_t length) {
  for (const feature *f = features_here; f->name; ++f)
    if (strncmp(f->name, name, length) == 0 && f->name[length] == 0) {
#if defined(__x86_64__)
      if (f->state & ~words[QUANTIR_STATE])
        return false;
#endif
      return !QUANTIR_KNOWS_PROCESSOR || (words[f->word] & f->bit);
    }
  return false;
}

bool quantir_processor_has(const char *features, char *missing, size_t size) {
  uint32_t words[QUANTIR_PROCESSOR_WORDS];
  read_words(words);
  while (*features) {
    size_t length = strcspn(features, ",");
    if (length > 0 && !has(words, features, length)) {
      snprintf(missing, size, "%.*s", (int)(length < 64 ? length : 64),
               features);
      return false;
    }
    features += length;
    features += *features == ',';
  }
  return true;
}

bool quantir_processor_is_known(void) { return QUANTIR_KNOWS_PROCESSOR; }
