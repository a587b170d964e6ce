/* What shaders ask of a device's f32 arithmetic. */
#ifndef QUANTIR_LIB_RUNTIME_VULKANFLOATS_H
#define QUANTIR_LIB_RUNTIME_VULKANFLOATS_H

#include "VulkanDevice.h"

/* Without these a driver may take NaN and infinity for impossible, subnormal
 * numbers for 0, and any rounding for right. As bits. */
enum quantir_gpu_floats {
  QUANTIR_GPU_KEEPS_NAN = 1, /* infinity and the sign of 0 too */
  QUANTIR_GPU_KEEPS_SUBNORMALS = 2,
  QUANTIR_GPU_ROUNDS_TO_NEAREST = 4
};

/* What the chosen device can promise; it has VK_KHR_shader_float_controls or
 * Vulkan 1.2. */
void quantir_gpu_read_floats(quantir_gpu *gpu);

/* The words of a form, a checked module, with all that the device can promise,
 * to be freed; NULL without memory. */
uint32_t *quantir_gpu_ask_floats(const quantir_gpu *gpu,
                                 const quantir_gpu_code *code,
                                 const uint32_t *module, uint32_t *num_words);

#endif /* QUANTIR_LIB_RUNTIME_VULKANFLOATS_H */
