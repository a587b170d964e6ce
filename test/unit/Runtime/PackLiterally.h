/* Packs code for GPUs as Artifact.h says, without looking for repetitions. */
#ifndef QUANTIR_TEST_UNIT_RUNTIME_PACKLITERALLY_H
#define QUANTIR_TEST_UNIT_RUNTIME_PACKLITERALLY_H

#include <stdint.h>

static inline uint8_t *put_number(uint8_t *to, uint64_t number) {
  for (; number >= 128; number >>= 7)
    *to++ = (uint8_t)(number | 128);
  *to++ = (uint8_t)number;
  return to;
}

/* A SPIR-V module of 8 words or more; returns the end of what it
 * wrote, at most 5 bytes a word. */
static inline uint8_t *pack_literally(uint8_t *to, const uint32_t *words,
                                      uint32_t count) {
  uint32_t last = 0, i = 0, in_instruction = 0;
  to = put_number(put_number(to, 7), count - 3);
  for (uint32_t at = 0; at < count; ++at, ++i) {
    uint32_t word = words[at], low = last >= 48 ? last - 48 : 0;
    if (at >= 5 && i >= in_instruction) {
      i = 0;
      in_instruction = word >> 16;
    } else if (at >= 5) {
      to = put_number(to, word < low        ? word + 64
                          : word - low < 64 ? word - low
                                            : word);
      if (i == 2)
        last = word;
      continue;
    }
    to = put_number(to, word);
  }
  return to;
}

#endif /* QUANTIR_TEST_UNIT_RUNTIME_PACKLITERALLY_H */
