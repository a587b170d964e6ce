#include "VulkanCommandBuffer.h"

#include <string.h>

VkResult quantir_gpu_make_commands(quantir_gpu *gpu,
                                   VkCommandPoolCreateFlags flags,
                                   quantir_gpu_commands *commands) {
  const quantir_vk *vk = &gpu->vk;
  memset(commands, 0, sizeof *commands);
  VkCommandPoolCreateInfo pool = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .flags = flags,
      .queueFamilyIndex = gpu->queue_family};
  VkResult result =
      vk->CreateCommandPool(gpu->device, &pool, NULL, &commands->pool);
  if (result != VK_SUCCESS) {
    commands->pool = VK_NULL_HANDLE;
    return result;
  }
  VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  result = vk->CreateFence(gpu->device, &fence, NULL, &commands->fence);
  if (result != VK_SUCCESS) {
    commands->fence = VK_NULL_HANDLE;
    return result;
  }
  VkCommandBufferAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = commands->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = 1};
  return vk->AllocateCommandBuffers(gpu->device, &info, &commands->buffer);
}

VkResult quantir_gpu_submit_and_wait(quantir_gpu *gpu,
                                     const quantir_gpu_commands *commands) {
  const quantir_vk *vk = &gpu->vk;
  VkSubmitInfo submit = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                         .commandBufferCount = 1,
                         .pCommandBuffers = &commands->buffer};
  VkResult result = vk->ResetFences(gpu->device, 1, &commands->fence);
  if (result == VK_SUCCESS)
    result = vk->QueueSubmit(gpu->queue, 1, &submit, commands->fence);
  ++gpu->counters.submits;
  if (result == VK_SUCCESS)
    result = vk->WaitForFences(gpu->device, 1, &commands->fence, VK_TRUE,
                               UINT64_MAX);
  return result;
}

void quantir_gpu_free_commands(quantir_gpu *gpu,
                               quantir_gpu_commands *commands) {
  if (commands->fence)
    gpu->vk.DestroyFence(gpu->device, commands->fence, NULL);
  if (commands->pool)
    gpu->vk.DestroyCommandPool(gpu->device, commands->pool, NULL);
}
