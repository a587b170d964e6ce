#include "VulkanLoader.h"

#include "Level.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* The first is the name of Linux systems, the second Android's. */
static PFN_vkGetInstanceProcAddr open_loader(quantir_error *error) {
  void *library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    library = dlopen("libvulkan.so", RTLD_NOW | RTLD_LOCAL);
  PFN_vkGetInstanceProcAddr get = NULL;
  if (library) {
    void *symbol = dlsym(library, "vkGetInstanceProcAddr");
    memcpy(&get, &symbol, sizeof get);
  }
  if (!get)
    quantir_report(error, "there is no Vulkan here: cannot load %s",
                   library ? "vkGetInstanceProcAddr" : "libvulkan.so.1");
  return get;
}

static VkResult make_instance(PFN_vkGetInstanceProcAddr get,
                              VkInstance *instance) {
  PFN_vkEnumerateInstanceVersion ask =
      (PFN_vkEnumerateInstanceVersion)get(NULL, "vkEnumerateInstanceVersion");
  PFN_vkCreateInstance create =
      (PFN_vkCreateInstance)get(NULL, "vkCreateInstance");
  uint32_t version = 0;
  /* A loader of Vulkan 1.0 has no such call. */
  if (!ask || !create || ask(&version) != VK_SUCCESS ||
      version < VK_API_VERSION_1_1)
    return VK_ERROR_INCOMPATIBLE_DRIVER;
  VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                   .pEngineName = "Quantir",
                                   .apiVersion = VK_API_VERSION_1_3};
  VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                               .pApplicationInfo = &application};
  return create(&info, NULL, instance);
}

bool quantir_vk_open_instance(quantir_vk *vk, VkInstance *instance,
                              quantir_error *error) {
  PFN_vkGetInstanceProcAddr get = open_loader(error);
  if (!get)
    return false;
  VkResult result = make_instance(get, instance);
  if (result != VK_SUCCESS) {
    *instance = VK_NULL_HANDLE;
    quantir_report(error, "Vulkan does not start: %s", quantir_vk_text(result));
    return false;
  }
  const char *missing = NULL;
#define QUANTIR_VK_LOAD(name)                                                  \
  vk->name = (PFN_vk##name)get(*instance, "vk" #name);                         \
  if (!vk->name)                                                               \
    missing = "vk" #name;
  QUANTIR_VK_INSTANCE_CALLS(QUANTIR_VK_LOAD)
#undef QUANTIR_VK_LOAD
  if (missing)
    quantir_report(error, "the Vulkan loader lacks %s", missing);
  return !missing;
}

bool quantir_vk_load_device(quantir_vk *vk, VkDevice device,
                            quantir_error *error) {
  const char *missing = NULL;
#define QUANTIR_VK_LOAD(name)                                                  \
  vk->name = (PFN_vk##name)vk->GetDeviceProcAddr(device, "vk" #name);          \
  if (!vk->name)                                                               \
    missing = "vk" #name;
  QUANTIR_VK_DEVICE_CALLS(QUANTIR_VK_LOAD)
#undef QUANTIR_VK_LOAD
  if (missing)
    quantir_report(error, "the Vulkan driver lacks %s", missing);
  return !missing;
}

const char *quantir_vk_text(VkResult result) {
  switch (result) {
  case VK_ERROR_OUT_OF_HOST_MEMORY:
    return "out of memory";
  case VK_ERROR_OUT_OF_DEVICE_MEMORY:
    return "out of device memory";
  case VK_ERROR_INITIALIZATION_FAILED:
    return "initialization failed";
  case VK_ERROR_DEVICE_LOST:
    return "the device was lost";
  case VK_ERROR_INCOMPATIBLE_DRIVER:
    return "no driver of Vulkan 1.1 or later";
  case VK_ERROR_TOO_MANY_OBJECTS:
    return "too many objects";
  case VK_ERROR_FEATURE_NOT_PRESENT:
    return "a feature is not there";
  case VK_ERROR_EXTENSION_NOT_PRESENT:
    return "an extension is not there";
  case VK_ERROR_LAYER_NOT_PRESENT:
    return "a layer is not there";
  case VK_ERROR_INVALID_SHADER_NV:
    return "the driver refuses the shader";
  default:
    return "the driver gives an unknown error";
  }
}
