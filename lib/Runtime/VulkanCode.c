#include "VulkanModel.h"

#include "Level.h"
#include "Numbers.h"

#include <stdlib.h>

/* Artifact.h says how code is packed. */
enum {
  MAX_WORDS = 1 << 26,
  MAGIC = 0x07230203, /* the first of a module's HEADER_WORDS */
  HEADER_WORDS = 5,
  NEAR = 64,
  BACKWARDS = 48
};

static uint32_t number(quantir_reader *from) {
  return (uint32_t)quantir_read_number(from, 32);
}

/* Whether the code is all that is needed for so many words. */
static bool expand(quantir_reader *from, uint32_t *words, uint32_t count) {
  uint32_t distance = 0;
  for (uint32_t at = 0; at < count;) {
    uint32_t token = number(from), length = token / 8;
    uint64_t literals = token % 4;
    if (literals == 3)
      literals += number(from);
    if (literals > count - at)
      return false;
    for (; literals > 0; --literals)
      words[at++] = number(from);
    if (token / 4 % 2 == 0)
      distance = number(from);
    if (from->failed || length > count - at ||
        (length > 0 && (distance < 1 || distance > at)))
      return false;
    for (; length > 0; --length, ++at)
      words[at] = words[at - distance];
  }
  return from->at == from->end;
}

/* Makes what is relative in instructions absolute. */
static void resolve(uint32_t *words, uint32_t count) {
  uint32_t last = 0, left;
  for (uint32_t at = 0; at < count;) {
    uint32_t head = words[at++];
    if (head == MAGIC) {
      at += HEADER_WORDS - 1;
      last = 0;
      continue;
    }
    left = head >> 16;
    for (uint32_t i = 1; i < left && at < count; ++i, ++at) {
      uint32_t low = last - BACKWARDS <= INT32_MAX ? last - BACKWARDS : 0;
      if (words[at] < NEAR)
        words[at] += low;
      else if (words[at] - NEAR < low)
        words[at] -= NEAR;
      if (i == 2)
        last = words[at];
    }
  }
}

uint32_t *quantir_gpu_unpack(const quantir_gpu_program *program,
                             quantir_error *error) {
  const uint8_t *code = program->code;
  uint64_t size = program->code_size;
  uint32_t count = program->code_words, *words = NULL;
  bool valid = count <= MAX_WORDS && size <= PTRDIFF_MAX && (code || size == 0);
  if (valid && !(words = malloc(((size_t)count + 1) * sizeof *words))) {
    quantir_report(error, "out of memory");
    return NULL;
  }
  quantir_reader from = {code, valid && size > 0 ? code + size : code, false};
  if (!valid || !expand(&from, words, count)) {
    quantir_report(error,
                   "the GPU program's code is not valid: %llu bytes are not "
                   "%u words",
                   (unsigned long long)size, count);
    free(words);
    return NULL;
  }
  resolve(words, count);
  return words;
}
