/* The entry points of Vulkan that the runtime calls, found at run time. */
#ifndef QUANTIR_LIB_RUNTIME_VULKANLOADER_H
#define QUANTIR_LIB_RUNTIME_VULKANLOADER_H

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include "quantir/Runtime/Runtime.h"

#include <stdbool.h>

#define QUANTIR_VK_INSTANCE_CALLS(X)                                           \
  X(DestroyInstance)                                                           \
  X(EnumeratePhysicalDevices)                                                  \
  X(EnumerateDeviceExtensionProperties)                                        \
  X(GetPhysicalDeviceFeatures2)                                                \
  X(GetPhysicalDeviceMemoryProperties)                                         \
  X(GetPhysicalDeviceProperties2)                                              \
  X(GetPhysicalDeviceQueueFamilyProperties)                                    \
  X(CreateDevice)                                                              \
  X(GetDeviceProcAddr)

#define QUANTIR_VK_DEVICE_CALLS(X)                                             \
  X(DestroyDevice)                                                             \
  X(DeviceWaitIdle)                                                            \
  X(GetDeviceQueue)                                                            \
  X(QueueSubmit)                                                               \
  X(CreateBuffer)                                                              \
  X(DestroyBuffer)                                                             \
  X(GetBufferMemoryRequirements)                                               \
  X(AllocateMemory)                                                            \
  X(FreeMemory)                                                                \
  X(BindBufferMemory)                                                          \
  X(MapMemory)                                                                 \
  X(CreateShaderModule)                                                        \
  X(DestroyShaderModule)                                                       \
  X(CreateDescriptorSetLayout)                                                 \
  X(DestroyDescriptorSetLayout)                                                \
  X(CreatePipelineLayout)                                                      \
  X(DestroyPipelineLayout)                                                     \
  X(CreatePipelineCache)                                                       \
  X(GetPipelineCacheData)                                                      \
  X(DestroyPipelineCache)                                                      \
  X(CreateComputePipelines)                                                    \
  X(DestroyPipeline)                                                           \
  X(CreateDescriptorPool)                                                      \
  X(DestroyDescriptorPool)                                                     \
  X(AllocateDescriptorSets)                                                    \
  X(UpdateDescriptorSets)                                                      \
  X(CreateCommandPool)                                                         \
  X(DestroyCommandPool)                                                        \
  X(AllocateCommandBuffers)                                                    \
  X(BeginCommandBuffer)                                                        \
  X(EndCommandBuffer)                                                          \
  X(CmdBindPipeline)                                                           \
  X(CmdBindDescriptorSets)                                                     \
  X(CmdDispatch)                                                               \
  X(CmdPipelineBarrier)                                                        \
  X(CmdPushConstants)                                                          \
  X(CmdCopyBuffer)                                                             \
  X(CmdResetQueryPool)                                                         \
  X(CmdWriteTimestamp)                                                         \
  X(CreateQueryPool)                                                           \
  X(DestroyQueryPool)                                                          \
  X(GetQueryPoolResults)                                                       \
  X(CreateFence)                                                               \
  X(DestroyFence)                                                              \
  X(ResetFences)                                                               \
  X(WaitForFences)

typedef struct quantir_vk {
#define QUANTIR_VK_FIELD(name) PFN_vk##name name;
  QUANTIR_VK_INSTANCE_CALLS(QUANTIR_VK_FIELD)
  QUANTIR_VK_DEVICE_CALLS(QUANTIR_VK_FIELD)
#undef QUANTIR_VK_FIELD
} quantir_vk;

/* Opens the loader, makes an instance and fills in its calls. The loader stays
 * open as long as the process: drivers leave threads and thread-local data. */
bool quantir_vk_open_instance(quantir_vk *vk, VkInstance *instance,
                              quantir_error *error);

bool quantir_vk_load_device(quantir_vk *vk, VkDevice device,
                            quantir_error *error);

/* "out of device memory" for VK_ERROR_OUT_OF_DEVICE_MEMORY. */
const char *quantir_vk_text(VkResult result);

#endif /* QUANTIR_LIB_RUNTIME_VULKANLOADER_H */
