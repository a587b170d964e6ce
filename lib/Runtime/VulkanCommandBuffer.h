/* Commands that the host records, submits and waits for. */
#ifndef QUANTIR_LIB_RUNTIME_VULKANCOMMANDBUFFER_H
#define QUANTIR_LIB_RUNTIME_VULKANCOMMANDBUFFER_H

#include "VulkanDevice.h"

typedef struct quantir_gpu_commands {
  VkCommandPool pool;
  VkCommandBuffer buffer;
  VkFence fence;
} quantir_gpu_commands;

/* `flags` are the pool's. What was made when it fails is freed like all. */
VkResult quantir_gpu_make_commands(quantir_gpu *gpu,
                                   VkCommandPoolCreateFlags flags,
                                   quantir_gpu_commands *commands);

/* Runs what was recorded. */
VkResult quantir_gpu_submit_and_wait(quantir_gpu *gpu,
                                     const quantir_gpu_commands *commands);

/* The device is done with them. */
void quantir_gpu_free_commands(quantir_gpu *gpu,
                               quantir_gpu_commands *commands);

#endif /* QUANTIR_LIB_RUNTIME_VULKANCOMMANDBUFFER_H */
