#include "Model.h"
#include "VulkanDevice.h"

static VkResult lose(VkQueue queue, uint32_t count, const VkSubmitInfo *submits,
                     VkFence fence) {
  (void)queue, (void)count, (void)submits, (void)fence;
  return VK_ERROR_DEVICE_LOST;
}

/* From now on the model's device does nothing; `is_auto` as if the model had
 * come to it by "auto", which takes no device that is the processor itself. */
void loseDevice(quantir_model *model, int is_auto) {
  model->gpu->vk.QueueSubmit = lose;
  model->may_leave_gpu = is_auto;
}
