#include "VulkanDots.h"

/* Numbers of the SPIR-V specification: OpSDot, OpUDot, OpSUDot, and the same
 * three with an accumulator that saturates. */
enum { HEADER_WORDS = 5, OP_DOT_FIRST = 4450, OP_DOT_LAST = 4455 };

void quantir_gpu_read_dots(quantir_gpu *gpu) {
  VkPhysicalDeviceShaderIntegerDotProductProperties dot = {
      .sType =
          VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_PROPERTIES};
  VkPhysicalDeviceProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &dot};
  gpu->vk.GetPhysicalDeviceProperties2(gpu->physical, &properties);
  const VkBool32 fast[] = {
      dot.integerDotProduct4x8BitPackedSignedAccelerated,
      dot.integerDotProduct4x8BitPackedUnsignedAccelerated,
      dot.integerDotProduct4x8BitPackedMixedSignednessAccelerated,
      dot.integerDotProductAccumulatingSaturating4x8BitPackedSignedAccelerated,
      dot.integerDotProductAccumulatingSaturating4x8BitPackedUnsignedAccelerated,
      dot.integerDotProductAccumulatingSaturating4x8BitPackedMixedSignednessAccelerated};
  gpu->fast_dots = 0;
  for (uint32_t i = 0; i < sizeof fast / sizeof *fast; ++i)
    if (fast[i])
      gpu->fast_dots |= 1u << i;
}

bool quantir_gpu_dots_are_slow(const quantir_gpu *gpu, const uint32_t *module,
                               uint32_t num_words) {
  for (uint32_t at = HEADER_WORDS; at < num_words; at += module[at] >> 16) {
    uint32_t op = module[at] & 0xffff;
    if (op >= OP_DOT_FIRST && op <= OP_DOT_LAST &&
        !(gpu->fast_dots >> (op - OP_DOT_FIRST) & 1))
      return true;
  }
  return false;
}
