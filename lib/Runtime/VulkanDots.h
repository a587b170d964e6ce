/* Which dot products a device has in hardware. */
#ifndef QUANTIR_LIB_RUNTIME_VULKANDOTS_H
#define QUANTIR_LIB_RUNTIME_VULKANDOTS_H

#include "VulkanDevice.h"

/* Reads it of the chosen device, which has shaderIntegerDotProduct. */
void quantir_gpu_read_dots(quantir_gpu *gpu);

/* Whether a form, a checked module, has dot products that the driver makes of
 * other instructions: of many more than a form without them has. */
bool quantir_gpu_dots_are_slow(const quantir_gpu *gpu, const uint32_t *module,
                               uint32_t num_words);

#endif /* QUANTIR_LIB_RUNTIME_VULKANDOTS_H */
