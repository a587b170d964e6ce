/* The run of an artifact for several processors. It is compiled with the
 * compiler, for each kind of target, and becomes a part of such artifacts. */
#include "quantir/Runtime/Artifact.h"
#include "quantir/Runtime/Processor.h"

/* Of the artifact: its levels, the best first, and what each needs of the
 * processor; the last one's are all zero, so that there always is one. */
extern const quantir_level quantir_levels[]
    __attribute__((visibility("hidden")));
extern const uint32_t quantir_needs[][QUANTIR_PROCESSOR_WORDS]
    __attribute__((visibility("hidden")));

/* 0 until the first run has asked; then one more than the level's number. Two
 * first runs at once find the same. */
_Atomic(uint32_t) quantir_chosen_level __attribute__((visibility("hidden")));

static __attribute__((noinline)) uint32_t choose(void) {
  uint32_t words[QUANTIR_PROCESSOR_WORDS];
  quantir_read_processor(words);
#if defined(__x86_64__)
  /* The system has to be asked for these, which a library may not do. */
  if ((words[QUANTIR_STATE] & QUANTIR_STATE_TILES) && !quantir_may_use_tiles())
    words[QUANTIR_STATE] &= ~(uint32_t)QUANTIR_STATE_TILES;
#endif
  uint32_t level = 0;
  while (!quantir_has_all(words, quantir_needs[level]))
    ++level;
  return level + 1;
}

int quantir_run_best(const quantir_context *context) {
  uint32_t level = __c11_atomic_load(&quantir_chosen_level, __ATOMIC_RELAXED);
  if (level == 0) {
    level = choose();
    __c11_atomic_store(&quantir_chosen_level, level, __ATOMIC_RELAXED);
  }
  return quantir_levels[level - 1].run(context);
}
