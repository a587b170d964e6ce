/* Numbers in LEB128, which Artifact.h has in several places. */
#ifndef QUANTIR_LIB_RUNTIME_NUMBERS_H
#define QUANTIR_LIB_RUNTIME_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct quantir_reader {
  const uint8_t *at, *end;
  bool failed; /* a number was cut, or too large */
} quantir_reader;

/* The next number, of at most so many bits: 32 or 64. */
static inline uint64_t quantir_read_number(quantir_reader *from, int bits) {
  uint64_t value = 0, part;
  for (int shift = 0; shift < bits && from->at < from->end; shift += 7) {
    part = *from->at & 127;
    from->failed |= part << shift >> shift != part;
    value |= part << shift;
    if (*from->at++ < 128) {
      from->failed |= bits < 64 && value >> bits != 0;
      return value;
    }
  }
  from->failed = true;
  return 0;
}

#endif /* QUANTIR_LIB_RUNTIME_NUMBERS_H */
