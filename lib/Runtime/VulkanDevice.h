/* An opened Vulkan device, and its memory. */
#ifndef QUANTIR_LIB_RUNTIME_VULKANDEVICE_H
#define QUANTIR_LIB_RUNTIME_VULKANDEVICE_H

#include "VulkanLoader.h"

#include "quantir/Runtime/Vulkan.h"

struct quantir_gpu {
  quantir_vk vk;
  VkInstance instance;
  VkPhysicalDevice physical;
  VkDevice device;
  VkQueue queue;
  uint32_t queue_family;
  uint32_t timestamp_bits; /* that mean something; 0: it has no clock */
  uint32_t has;            /* enum quantir_gpu_need */
  uint32_t fast_dots;      /* bit i: dot products of SPIR-V's number 4450 + i
                              are in hardware */
  /* enum quantir_gpu_floats, and where there are short floats as well */
  uint32_t floats, floats_beside_f16;
  VkPhysicalDeviceProperties properties;
  VkPhysicalDeviceMemoryProperties memory;
  uint64_t max_allocation; /* bytes */
  uint8_t uuid[VK_UUID_SIZE];
  quantir_gpu_counters counters;
};

/* Reports "NAME: WHAT: the device was lost". Always false. */
bool quantir_gpu_failed(const quantir_gpu *gpu, const char *what,
                        VkResult result, quantir_error *error);

/* A storage buffer with memory of its own; zeros: there is none. */
typedef struct quantir_gpu_buffer {
  VkBuffer buffer;
  VkDeviceMemory memory;
  uint64_t size; /* bytes */
  void *mapped;  /* where the host sees it, if it does so coherently */
} quantir_gpu_buffer;

/* For whom a buffer should be near. The host sees every one for itself. */
enum quantir_gpu_side { QUANTIR_GPU_FOR_DEVICE, QUANTIR_GPU_FOR_HOST };

/* `what` names it in errors. A size of 0 makes none. */
bool quantir_gpu_make_buffer(quantir_gpu *gpu, const char *what, uint64_t size,
                             enum quantir_gpu_side side,
                             quantir_gpu_buffer *buffer, quantir_error *error);
void quantir_gpu_free_buffer(quantir_gpu *gpu, quantir_gpu_buffer *buffer);

/* Puts bytes [begin, end) of a program's constants together, which are valid;
 * multiples of 4. */
void quantir_gpu_put_constants(const quantir_gpu_program *program,
                               uint64_t begin, uint64_t end, void *into);

/* Fills the buffer with the program's constants, as many as it holds, through a
 * smaller one where the host cannot see it. */
bool quantir_gpu_upload(quantir_gpu *gpu, const quantir_gpu_buffer *buffer,
                        const quantir_gpu_program *program,
                        quantir_error *error);

#endif /* QUANTIR_LIB_RUNTIME_VULKANDEVICE_H */
