#include "VulkanCommandBuffer.h"

#include "Level.h"

#include <string.h>

/* The host's way into memory that it does not see, at most. */
static const uint64_t max_staging = 16 << 20;

enum {
  DEVICE = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
  VISIBLE = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
            VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
  CACHED = VK_MEMORY_PROPERTY_HOST_CACHED_BIT
};

/* Kinds of memory in the order in which they are tried; those with other
 * properties are for other uses. The host reads outputs slowly where it has no
 * cache. */
static const VkMemoryPropertyFlags wishes[2][3] = {
    [QUANTIR_GPU_FOR_DEVICE] = {DEVICE, VISIBLE, 0},
    [QUANTIR_GPU_FOR_HOST] = {VISIBLE | CACHED | DEVICE, VISIBLE | CACHED,
                              VISIBLE}};

static VkResult allocate(quantir_gpu *gpu, enum quantir_gpu_side side,
                         const VkMemoryRequirements *needs,
                         VkDeviceMemory *memory, VkMemoryPropertyFlags *flags) {
  VkResult result = VK_ERROR_FEATURE_NOT_PRESENT;
  for (int wish = 0; wish < 3; ++wish)
    for (uint32_t type = 0; type < gpu->memory.memoryTypeCount; ++type) {
      *flags = gpu->memory.memoryTypes[type].propertyFlags;
      if (!(needs->memoryTypeBits >> type & 1) ||
          (*flags & ~(DEVICE | VISIBLE | CACHED)) ||
          (*flags & wishes[side][wish]) != wishes[side][wish])
        continue;
      VkMemoryAllocateInfo info = {.sType =
                                       VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                   .allocationSize = needs->size,
                                   .memoryTypeIndex = type};
      result = gpu->vk.AllocateMemory(gpu->device, &info, NULL, memory);
      if (result == VK_SUCCESS) {
        ++gpu->counters.allocations;
        return result;
      }
      *memory = VK_NULL_HANDLE;
    }
  return result;
}

static VkResult fill_in(quantir_gpu *gpu, enum quantir_gpu_side side,
                        quantir_gpu_buffer *buffer) {
  const quantir_vk *vk = &gpu->vk;
  VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                             .size = buffer->size,
                             .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT |
                                      VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                                      VK_BUFFER_USAGE_TRANSFER_DST_BIT};
  VkResult result = vk->CreateBuffer(gpu->device, &info, NULL, &buffer->buffer);
  if (result != VK_SUCCESS) {
    buffer->buffer = VK_NULL_HANDLE;
    return result;
  }
  VkMemoryRequirements needs;
  vk->GetBufferMemoryRequirements(gpu->device, buffer->buffer, &needs);
  VkMemoryPropertyFlags flags;
  result = allocate(gpu, side, &needs, &buffer->memory, &flags);
  if (result == VK_SUCCESS)
    result =
        vk->BindBufferMemory(gpu->device, buffer->buffer, buffer->memory, 0);
  if (result == VK_SUCCESS && (flags & VISIBLE) == VISIBLE) {
    result = vk->MapMemory(gpu->device, buffer->memory, 0, VK_WHOLE_SIZE, 0,
                           &buffer->mapped);
    if (result != VK_SUCCESS)
      buffer->mapped = NULL;
  }
  return result;
}

bool quantir_gpu_make_buffer(quantir_gpu *gpu, const char *what, uint64_t size,
                             enum quantir_gpu_side side,
                             quantir_gpu_buffer *buffer, quantir_error *error) {
  memset(buffer, 0, sizeof *buffer);
  if (size == 0)
    return true;
  VkResult result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
  if (size <= gpu->max_allocation) {
    buffer->size = size;
    result = fill_in(gpu, side, buffer);
  }
  if (result == VK_SUCCESS)
    return true;
  quantir_report(error, "%s: no memory of %llu bytes for %s: %s",
                 gpu->properties.deviceName, (unsigned long long)size, what,
                 size > gpu->max_allocation ? "it gives less at once"
                                            : quantir_vk_text(result));
  quantir_gpu_free_buffer(gpu, buffer);
  return false;
}

void quantir_gpu_free_buffer(quantir_gpu *gpu, quantir_gpu_buffer *buffer) {
  if (buffer->buffer)
    gpu->vk.DestroyBuffer(gpu->device, buffer->buffer, NULL);
  if (buffer->memory)
    gpu->vk.FreeMemory(gpu->device, buffer->memory, NULL);
  memset(buffer, 0, sizeof *buffer);
}

static VkResult copy_part(quantir_gpu *gpu, const quantir_gpu_commands *by,
                          VkBuffer from, VkBuffer into, uint64_t offset,
                          uint64_t bytes) {
  const quantir_vk *vk = &gpu->vk;
  VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
  VkResult result = vk->BeginCommandBuffer(by->buffer, &begin);
  if (result != VK_SUCCESS)
    return result;
  VkBufferCopy range = {.dstOffset = offset, .size = bytes};
  vk->CmdCopyBuffer(by->buffer, from, into, 1, &range);
  result = vk->EndCommandBuffer(by->buffer);
  ++gpu->counters.recordings;
  return result == VK_SUCCESS ? quantir_gpu_submit_and_wait(gpu, by) : result;
}

bool quantir_gpu_upload(quantir_gpu *gpu, const quantir_gpu_buffer *buffer,
                        const quantir_gpu_program *program,
                        quantir_error *error) {
  if (buffer->size == 0)
    return true;
  if (buffer->mapped) {
    quantir_gpu_put_constants(program, 0, buffer->size, buffer->mapped);
    return true;
  }
  quantir_gpu_commands by;
  quantir_gpu_buffer staging = {0};
  uint64_t part = buffer->size < max_staging ? buffer->size : max_staging;
  if (!quantir_gpu_make_buffer(gpu, "copying constants", part,
                               QUANTIR_GPU_FOR_HOST, &staging, error))
    return false;
  VkResult result = quantir_gpu_make_commands(
      gpu, VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT, &by);
  for (uint64_t at = 0; result == VK_SUCCESS && at < buffer->size; at += part) {
    uint64_t count = buffer->size - at < part ? buffer->size - at : part;
    quantir_gpu_put_constants(program, at, at + count, staging.mapped);
    result = copy_part(gpu, &by, staging.buffer, buffer->buffer, at, count);
  }
  /* A copy that could not be waited for may still go on. */
  if (result != VK_SUCCESS)
    (void)gpu->vk.DeviceWaitIdle(gpu->device);
  quantir_gpu_free_commands(gpu, &by);
  quantir_gpu_free_buffer(gpu, &staging);
  return result == VK_SUCCESS ||
         quantir_gpu_failed(gpu, "cannot copy constants", result, error);
}
