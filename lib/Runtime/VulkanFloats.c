#include "VulkanFloats.h"

#include <stdlib.h>
#include <string.h>

/* Numbers of the SPIR-V specification. */
enum {
  HEADER_WORDS = 5,
  OP_EXTENSION = 10,
  OP_ENTRY_POINT = 15,
  OP_EXECUTION_MODE = 16,
  OP_CAPABILITY = 17
};

/* By the bits of enum quantir_gpu_floats. */
enum { NUM_FLOATS = 3 };
static const struct {
  uint32_t capability, mode;
} controls[NUM_FLOATS] = {{4466, 4461}, {4464, 4459}, {4467, 4462}};

static const char extension[24] = "SPV_KHR_float_controls";

void quantir_gpu_read_floats(quantir_gpu *gpu) {
  VkPhysicalDeviceFloatControlsProperties floats = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FLOAT_CONTROLS_PROPERTIES};
  VkPhysicalDeviceProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
      .pNext = &floats};
  gpu->vk.GetPhysicalDeviceProperties2(gpu->physical, &properties);
  gpu->floats = gpu->floats_beside_f16 =
      floats.shaderSignedZeroInfNanPreserveFloat32 ? QUANTIR_GPU_KEEPS_NAN : 0u;
  if (floats.shaderDenormPreserveFloat32) {
    gpu->floats |= QUANTIR_GPU_KEEPS_SUBNORMALS;
    if (floats.denormBehaviorIndependence !=
        VK_SHADER_FLOAT_CONTROLS_INDEPENDENCE_NONE)
      gpu->floats_beside_f16 |= QUANTIR_GPU_KEEPS_SUBNORMALS;
  }
  if (floats.shaderRoundingModeRTEFloat32) {
    gpu->floats |= QUANTIR_GPU_ROUNDS_TO_NEAREST;
    if (floats.roundingModeIndependence !=
        VK_SHADER_FLOAT_CONTROLS_INDEPENDENCE_NONE)
      gpu->floats_beside_f16 |= QUANTIR_GPU_ROUNDS_TO_NEAREST;
  }
}

/* The last instruction with this number, which modules keep together, or the
 * header. */
static uint32_t last_of(const uint32_t *module, uint32_t num_words,
                        uint32_t op) {
  uint32_t last = 0;
  for (uint32_t at = HEADER_WORDS; at < num_words; at += module[at] >> 16)
    if ((module[at] & 0xffff) == op)
      last = at;
  return last;
}
static uint32_t end_of(const uint32_t *module, uint32_t last) {
  return last ? last + (module[last] >> 16) : HEADER_WORDS;
}

/* The first word of an instruction with so many words. */
static uint32_t head(uint32_t op, uint32_t count) { return count << 16 | op; }

static uint32_t *put_capabilities(uint32_t *out, uint32_t asked) {
  for (int i = 0; i < NUM_FLOATS; ++i)
    if (asked >> i & 1) {
      *out++ = head(OP_CAPABILITY, 2);
      *out++ = controls[i].capability;
    }
  *out++ = head(OP_EXTENSION, 1 + sizeof extension / 4);
  memcpy(out, extension, sizeof extension);
  return out + sizeof extension / 4;
}

static uint32_t *put_modes(uint32_t *out, uint32_t asked, uint32_t function) {
  for (int i = 0; i < NUM_FLOATS; ++i)
    if (asked >> i & 1) {
      *out++ = head(OP_EXECUTION_MODE, 4);
      *out++ = function;
      *out++ = controls[i].mode;
      *out++ = 32; /* bits of a float */
    }
  return out;
}

static uint32_t *put(uint32_t *out, const uint32_t *words, uint32_t count) {
  memcpy(out, words, (size_t)count * 4);
  return out + count;
}

uint32_t *quantir_gpu_ask_floats(const quantir_gpu *gpu,
                                 const quantir_gpu_code *code,
                                 const uint32_t *module, uint32_t *num_words) {
  enum { MOST = NUM_FLOATS * (2 + 4) + 1 + sizeof extension / 4 };
  uint32_t *words = malloc(((size_t)code->num_words + MOST) * 4), *out = words;
  if (!words)
    return NULL;
  uint32_t asked =
      code->needs & QUANTIR_GPU_F16 ? gpu->floats_beside_f16 : gpu->floats;
  uint32_t end = code->num_words;
  uint32_t capabilities = end_of(module, last_of(module, end, OP_CAPABILITY));
  uint32_t entry = last_of(module, end, OP_ENTRY_POINT);
  uint32_t entries = end_of(module, entry);
  if (asked && capabilities < entries) {
    out = put(out, module, capabilities);
    out = put_capabilities(out, asked);
    out = put(out, module + capabilities, entries - capabilities);
    out = put_modes(out, asked, module[entry + 2]);
    out = put(out, module + entries, end - entries);
  } else {
    out = put(out, module, end);
  }
  *num_words = (uint32_t)(out - words);
  return words;
}
