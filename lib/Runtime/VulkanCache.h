/* What is kept between processes, in a folder that the user names: for each
 * device, driver and program the driver's pipelines, and the settings with
 * which the device has computed rightly. */
#ifndef QUANTIR_LIB_RUNTIME_VULKANCACHE_H
#define QUANTIR_LIB_RUNTIME_VULKANCACHE_H

#include "VulkanDevice.h"

/* Fills a pipeline cache with what the folder holds; empty when that is nothing
 * or damaged. A folder of NULL: nothing is kept. `loaded` tells
 * quantir_gpu_save_pipelines what is there already. */
VkResult quantir_gpu_load_pipelines(quantir_gpu *gpu,
                                    const quantir_gpu_program *program,
                                    const char *folder, VkPipelineCache *cache,
                                    size_t *loaded);
void quantir_gpu_save_pipelines(quantir_gpu *gpu,
                                const quantir_gpu_program *program,
                                const char *folder, VkPipelineCache cache,
                                size_t loaded);

/* How a program computes rightly on a device. */
typedef struct quantir_gpu_verdict {
  uint32_t is_right;                                     /* 0: in no way */
  uint32_t exact_constants, skipped_forms, hidden_needs; /* as in options */
} quantir_gpu_verdict;

bool quantir_gpu_load_verdict(const quantir_gpu *gpu,
                              const quantir_gpu_program *program,
                              const char *folder, quantir_gpu_verdict *verdict);
void quantir_gpu_save_verdict(const quantir_gpu *gpu,
                              const quantir_gpu_program *program,
                              const char *folder,
                              const quantir_gpu_verdict *verdict);

#endif /* QUANTIR_LIB_RUNTIME_VULKANCACHE_H */
