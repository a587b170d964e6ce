#include "VulkanDevice.h"

#include "Level.h"
#include "VulkanDots.h"
#include "VulkanFloats.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_DEVICES = 64, MAX_FAMILIES = 32 };

static const char dot_extension[] = "VK_KHR_shader_integer_dot_product";
static const char f16_extension[] = "VK_KHR_shader_float16_int8";
static const char floats_extension[] = "VK_KHR_shader_float_controls";

bool quantir_gpu_failed(const quantir_gpu *gpu, const char *what,
                        VkResult result, quantir_error *error) {
  quantir_report(error, "%s: %s: %s", gpu->properties.deviceName, what,
                 quantir_vk_text(result));
  return false;
}

/* The first family of queues that computes. */
static bool find_family(const quantir_gpu *gpu, VkPhysicalDevice physical,
                        uint32_t *family, uint32_t *timestamp_bits) {
  VkQueueFamilyProperties families[MAX_FAMILIES];
  uint32_t count = MAX_FAMILIES;
  gpu->vk.GetPhysicalDeviceQueueFamilyProperties(physical, &count, families);
  for (uint32_t i = 0; i < count; ++i)
    if (families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) {
      *family = i;
      *timestamp_bits = families[i].timestampValidBits;
      return true;
    }
  return false;
}

static VkPhysicalDeviceProperties properties_of(const quantir_gpu *gpu,
                                                VkPhysicalDevice physical) {
  VkPhysicalDeviceProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2};
  gpu->vk.GetPhysicalDeviceProperties2(physical, &properties);
  return properties.properties;
}

/* Higher suits better; 0: not at all. */
static int suitability(const quantir_gpu *gpu, VkPhysicalDevice physical) {
  uint32_t family, bits;
  VkPhysicalDeviceProperties properties = properties_of(gpu, physical);
  if (properties.apiVersion < VK_API_VERSION_1_1 ||
      !find_family(gpu, physical, &family, &bits))
    return 0;
  switch (properties.deviceType) {
  case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
    return 5;
  case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
    return 4;
  case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
    return 3;
  case VK_PHYSICAL_DEVICE_TYPE_CPU:
    return 2;
  default:
    return 1;
  }
}

static bool choose_physical(quantir_gpu *gpu, int32_t index,
                            quantir_error *error) {
  VkPhysicalDevice devices[MAX_DEVICES];
  uint32_t count = MAX_DEVICES;
  VkResult result =
      gpu->vk.EnumeratePhysicalDevices(gpu->instance, &count, devices);
  if (result != VK_SUCCESS && result != VK_INCOMPLETE) {
    quantir_report(error, "Vulkan does not list its devices: %s",
                   quantir_vk_text(result));
    return false;
  }
  if (index >= 0 && (uint32_t)index >= count) {
    quantir_report(error, "there is no Vulkan device %d, only %u", index,
                   count);
    return false;
  }
  int best = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int suits = suitability(gpu, devices[i]);
    if (suits > best && (index < 0 || i == (uint32_t)index)) {
      best = suits;
      gpu->physical = devices[i];
    }
  }
  if (best > 0)
    return true;
  if (index < 0)
    quantir_report(error, "no Vulkan device here computes with Vulkan 1.1");
  else
    quantir_report(error, "%s does not compute with Vulkan 1.1",
                   properties_of(gpu, devices[index]).deviceName);
  return false;
}

/* Reads what the chosen device is. */
static void describe(quantir_gpu *gpu) {
  VkPhysicalDeviceMaintenance3Properties sizes = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES};
  VkPhysicalDeviceIDProperties identity = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES,
      .pNext = &sizes};
  VkPhysicalDeviceProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
      .pNext = &identity};
  gpu->vk.GetPhysicalDeviceProperties2(gpu->physical, &properties);
  gpu->properties = properties.properties;
  gpu->max_allocation = sizes.maxMemoryAllocationSize;
  memcpy(gpu->uuid, identity.deviceUUID, sizeof gpu->uuid);
  gpu->vk.GetPhysicalDeviceMemoryProperties(gpu->physical, &gpu->memory);
}

/* Whether the device has each of three extensions. */
static bool find_extensions(const quantir_gpu *gpu, bool *has_dot,
                            bool *has_f16, bool *has_floats,
                            quantir_error *error) {
  *has_dot = *has_f16 = *has_floats = false;
  uint32_t count = 0;
  VkExtensionProperties *list = NULL;
  VkResult result = gpu->vk.EnumerateDeviceExtensionProperties(
      gpu->physical, NULL, &count, NULL);
  if (result == VK_SUCCESS && count > 0) {
    list = calloc(count, sizeof *list);
    result = list ? gpu->vk.EnumerateDeviceExtensionProperties(
                        gpu->physical, NULL, &count, list)
                  : VK_ERROR_OUT_OF_HOST_MEMORY;
  }
  for (uint32_t i = 0; result >= 0 && i < count; ++i) {
    *has_dot |= strcmp(list[i].extensionName, dot_extension) == 0;
    *has_f16 |= strcmp(list[i].extensionName, f16_extension) == 0;
    *has_floats |= strcmp(list[i].extensionName, floats_extension) == 0;
  }
  free(list);
  return result >= 0 ||
         quantir_gpu_failed(gpu, "cannot list extensions", result, error);
}

static VkResult make_device(quantir_gpu *gpu, const void *features,
                            const char *const *extensions, uint32_t count) {
  float priority = 1;
  VkDeviceQueueCreateInfo queue = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = gpu->queue_family,
      .queueCount = 1,
      .pQueuePriorities = &priority};
  VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                             .pNext = features,
                             .queueCreateInfoCount = 1,
                             .pQueueCreateInfos = &queue,
                             .enabledExtensionCount = count,
                             .ppEnabledExtensionNames = extensions};
  return gpu->vk.CreateDevice(gpu->physical, &info, NULL, &gpu->device);
}

/* Asks for the features that programs may need, where they are there. */
static bool open_device(quantir_gpu *gpu, quantir_error *error) {
  bool has_dot, has_f16, has_floats;
  if (!find_extensions(gpu, &has_dot, &has_f16, &has_floats, error))
    return false;
  uint32_t version = gpu->properties.apiVersion;
  VkPhysicalDeviceShaderIntegerDotProductFeatures dot = {
      .sType =
          VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES};
  VkPhysicalDeviceShaderFloat16Int8Features f16 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES};
  VkPhysicalDeviceFeatures2 all = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2};
  const char *extensions[3];
  uint32_t count = 0;
  if (version >= VK_API_VERSION_1_3 || has_dot) {
    dot.pNext = all.pNext;
    all.pNext = &dot;
    if (version < VK_API_VERSION_1_3)
      extensions[count++] = dot_extension;
  }
  if (version >= VK_API_VERSION_1_2 || has_f16) {
    f16.pNext = all.pNext;
    all.pNext = &f16;
    if (version < VK_API_VERSION_1_2)
      extensions[count++] = f16_extension;
  }
  if (version >= VK_API_VERSION_1_2 || has_floats) {
    quantir_gpu_read_floats(gpu);
    if (version < VK_API_VERSION_1_2)
      extensions[count++] = floats_extension;
  }
  gpu->vk.GetPhysicalDeviceFeatures2(gpu->physical, &all);
  gpu->has = (dot.shaderIntegerDotProduct ? QUANTIR_GPU_DOT : 0u) |
             (f16.shaderFloat16 ? QUANTIR_GPU_F16 : 0u);
  if (gpu->has & QUANTIR_GPU_DOT)
    quantir_gpu_read_dots(gpu);
  f16.shaderInt8 = VK_FALSE;
  /* What is in the chain is enabled; of the core's features nothing is. */
  VkResult result = make_device(gpu, all.pNext, extensions, count);
  if (result != VK_SUCCESS) {
    gpu->device = VK_NULL_HANDLE;
    return quantir_gpu_failed(gpu, "cannot open the device", result, error);
  }
  if (!quantir_vk_load_device(&gpu->vk, gpu->device, error))
    return false;
  gpu->vk.GetDeviceQueue(gpu->device, gpu->queue_family, 0, &gpu->queue);
  return true;
}

quantir_gpu *quantir_gpu_open(int32_t index, quantir_error *error) {
  quantir_gpu *gpu = calloc(1, sizeof *gpu);
  if (!gpu) {
    quantir_report(error, "out of memory");
    return NULL;
  }
  if (quantir_vk_open_instance(&gpu->vk, &gpu->instance, error) &&
      choose_physical(gpu, index, error)) {
    describe(gpu);
    if (find_family(gpu, gpu->physical, &gpu->queue_family,
                    &gpu->timestamp_bits) &&
        open_device(gpu, error))
      return gpu;
  }
  quantir_gpu_close(gpu);
  return NULL;
}

void quantir_gpu_close(quantir_gpu *gpu) {
  if (!gpu)
    return;
  if (gpu->device && gpu->vk.DestroyDevice)
    gpu->vk.DestroyDevice(gpu->device, NULL);
  if (gpu->instance && gpu->vk.DestroyInstance)
    gpu->vk.DestroyInstance(gpu->instance, NULL);
  free(gpu);
}

const char *quantir_gpu_name(const quantir_gpu *gpu) {
  return gpu->properties.deviceName;
}

void quantir_gpu_count(const quantir_gpu *gpu, quantir_gpu_counters *counters) {
  *counters = gpu->counters;
}
