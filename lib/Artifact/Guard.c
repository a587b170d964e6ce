/* The run of an artifact whose code uses the AMX registers, where no other code
 * is to choose from. It is compiled and embedded as Dispatch.c is. */
#include "quantir/Runtime/Artifact.h"
#include "quantir/Runtime/Processor.h"

/* Of the artifact. */
int quantir_run_with_tiles(const quantir_context *context)
    __attribute__((visibility("hidden")));

/* 0 until a run has found that it may use them, which stays so. */
static _Atomic(uint32_t) quantir_chosen_level;

int quantir_run_guarded(const quantir_context *context) {
  if (!__c11_atomic_load(&quantir_chosen_level, __ATOMIC_RELAXED)) {
    if (!quantir_may_use_tiles())
      return QUANTIR_NO_TILES;
    __c11_atomic_store(&quantir_chosen_level, 1, __ATOMIC_RELAXED);
  }
  return quantir_run_with_tiles(context);
}
