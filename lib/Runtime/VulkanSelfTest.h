/* Whether a device computes a model's program as the CPU's code does. */
#ifndef QUANTIR_LIB_RUNTIME_VULKANSELFTEST_H
#define QUANTIR_LIB_RUNTIME_VULKANSELFTEST_H

#include "Model.h"
#include "VulkanCache.h"

/* Records the model's program on a device, with the first settings of a ladder
 * that compute what the CPU computes of made-up inputs; a cached verdict stands
 * for the test. `gpu` may be opened anew, as device `index`, when a run has
 * failed. NULL when no settings do; else `verdict` has them. */
quantir_gpu_model *quantir_gpu_prove(quantir_model *model, quantir_gpu **gpu,
                                     int32_t index,
                                     const quantir_device_options *options,
                                     quantir_gpu_verdict *verdict,
                                     quantir_error *error);

#endif /* QUANTIR_LIB_RUNTIME_VULKANSELFTEST_H */
