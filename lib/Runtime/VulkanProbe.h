/* How a device rounds floats; Vulkan lets it choose. */
#ifndef QUANTIR_LIB_RUNTIME_VULKANPROBE_H
#define QUANTIR_LIB_RUNTIME_VULKANPROBE_H

#include "VulkanDevice.h"

/* Runs a small program of our own on operands that tell: with normal numbers as
 * operands and results. `exact_constants` gets bit 1 << quantir_gpu_constant of
 * every operation that rounds to nearest even, and `rounds` whether sums,
 * products and conversions do. */
bool quantir_gpu_probe(quantir_gpu *gpu, uint32_t *exact_constants,
                       bool *rounds, quantir_error *error);

#endif /* QUANTIR_LIB_RUNTIME_VULKANPROBE_H */
