/* What a model computes of made-up inputs on the CPU, and elsewhere. */
#ifndef QUANTIR_LIB_RUNTIME_VULKANTRIAL_H
#define QUANTIR_LIB_RUNTIME_VULKANTRIAL_H

#include "Model.h"

typedef struct quantir_gpu_trial {
  void **inputs, **expected, **found; /* a buffer for each tensor */
} quantir_gpu_trial;

/* Makes up inputs and runs the CPU's code; to be closed in any case. */
bool quantir_gpu_open_trial(quantir_model *model, quantir_pool *pool,
                            quantir_gpu_trial *t, quantir_error *error);
void quantir_gpu_close_trial(const quantir_description *d,
                             quantir_gpu_trial *t);

/* Whether what was found is what was expected: the same bytes if the program is
 * exact, else nearly the same numbers. */
bool quantir_gpu_is_right(const quantir_description *d, const char *device,
                          const quantir_gpu_trial *t, quantir_error *error);

#endif /* QUANTIR_LIB_RUNTIME_VULKANTRIAL_H */
