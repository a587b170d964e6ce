// What a Vulkan driver's compiler makes of SPIR-V modules, one line for each
// figure: file, figure, value, with tabs between. With --code also the driver's
// own listing. Nothing runs. gpu_code.py makes tables of it, and builds it:
//
//   clang-22 -O1 test/benchmarks/gpu_code.c -lvulkan -o gpu_code
//   ./gpu_code [--code] [--exact=BITS] FILE.spv...
//
// BITS are the specialization constants of `Artifact.h` that are set.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vulkan.h>

enum { Most = 64, Constants = 3 };

static VkPhysicalDevice physical;
static VkDevice device;
static uint32_t exact;
static int listed;

static void fail(const char *what, const char *of) {
  fprintf(stderr, "%s: %s\n", of, what);
  exit(1);
}

static void open_physical(void) {
  VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                   .apiVersion = VK_API_VERSION_1_3};
  VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                               .pApplicationInfo = &application};
  VkInstance instance;
  uint32_t count = 1;
  if (vkCreateInstance(&info, NULL, &instance) != VK_SUCCESS ||
      vkEnumeratePhysicalDevices(instance, &count, &physical) < 0 || count == 0)
    fail("no device", "Vulkan");
  VkPhysicalDeviceProperties properties;
  vkGetPhysicalDeviceProperties(physical, &properties);
  printf("\tdevice\t%s\n", properties.deviceName);
}

/* Those that the runtime asks for, and the one that this program is about. */
static uint32_t find_extensions(const char **found) {
  static const char *const wanted[] = {
      VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME,
      VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME,
      VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME,
      VK_KHR_SHADER_FLOAT_CONTROLS_EXTENSION_NAME};
  uint32_t count = 0, chosen = 0;
  vkEnumerateDeviceExtensionProperties(physical, NULL, &count, NULL);
  VkExtensionProperties *list = calloc(count, sizeof *list);
  vkEnumerateDeviceExtensionProperties(physical, NULL, &count, list);
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; ++i)
    for (uint32_t k = 0; k < count; ++k)
      if (strcmp(list[k].extensionName, wanted[i]) == 0) {
        found[chosen++] = wanted[i];
        break;
      }
  free(list);
  if (chosen == 0 || found[0] != wanted[0])
    fail("the driver tells nothing of its code", "Vulkan");
  return chosen;
}

static void print_dot_products(void) {
  VkPhysicalDeviceShaderIntegerDotProductProperties dot = {
      .sType =
          VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_PROPERTIES};
  VkPhysicalDeviceProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &dot};
  vkGetPhysicalDeviceProperties2(physical, &properties);
  printf("\tdot products in hardware\t%s\n",
         dot.integerDotProduct4x8BitPackedSignedAccelerated ? "yes" : "no");
}

static void open_device(void) {
  const char *extensions[8];
  uint32_t count = find_extensions(extensions);
  VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR told = {
      .sType =
          VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR};
  VkPhysicalDeviceShaderIntegerDotProductFeatures dot = {
      .sType =
          VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES,
      .pNext = &told};
  VkPhysicalDeviceShaderFloat16Int8Features f16 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES,
      .pNext = &dot};
  VkPhysicalDeviceFeatures2 features = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &f16};
  vkGetPhysicalDeviceFeatures2(physical, &features);
  printf("\tdot products\t%s\n", dot.shaderIntegerDotProduct ? "yes" : "no");
  float priority = 1;
  VkDeviceQueueCreateInfo queue = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueCount = 1,
      .pQueuePriorities = &priority};
  VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                             .pNext = &f16,
                             .queueCreateInfoCount = 1,
                             .pQueueCreateInfos = &queue,
                             .enabledExtensionCount = count,
                             .ppEnabledExtensionNames = extensions};
  if (vkCreateDevice(physical, &info, NULL, &device) != VK_SUCCESS)
    fail("cannot open the device", "Vulkan");
}

static uint32_t *read_words(const char *path, size_t *count) {
  FILE *file = fopen(path, "rb");
  if (!file)
    fail("cannot be read", path);
  fseek(file, 0, SEEK_END);
  *count = (size_t)ftell(file) / 4;
  rewind(file);
  uint32_t *words = calloc(*count, 4);
  if (fread(words, 4, *count, file) != *count || *count < 5)
    fail("is no module", path);
  fclose(file);
  return words;
}

/* One more than the highest number of a binding (`OpDecorate x Binding n`). */
static uint32_t count_bindings(const uint32_t *words, size_t count) {
  uint32_t bindings = 0;
  for (size_t at = 5; at < count && words[at] >> 16; at += words[at] >> 16)
    if (words[at] == (4u << 16 | 71) && words[at + 2] == 33 &&
        words[at + 3] >= bindings)
      bindings = words[at + 3] + 1;
  return bindings;
}

static VkPipelineLayout make_layout(uint32_t bindings) {
  VkDescriptorSetLayoutBinding list[Most];
  for (uint32_t i = 0; i < bindings; ++i)
    list[i] = (VkDescriptorSetLayoutBinding){
        .binding = i,
        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
        .descriptorCount = 1,
        .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
  VkDescriptorSetLayoutCreateInfo set = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .bindingCount = bindings,
      .pBindings = list};
  VkDescriptorSetLayout set_layout;
  vkCreateDescriptorSetLayout(device, &set, NULL, &set_layout);
  // Room for numbers that shared kernels are given.
  VkPushConstantRange numbers = {VK_SHADER_STAGE_COMPUTE_BIT, 0, 128};
  VkPipelineLayoutCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = &set_layout,
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &numbers};
  VkPipelineLayout layout;
  if (vkCreatePipelineLayout(device, &info, NULL, &layout) != VK_SUCCESS)
    fail("no pipeline layout", "Vulkan");
  return layout;
}

static VkResult make_pipeline(const uint32_t *words, size_t count,
                              VkPipeline *pipeline) {
  VkShaderModuleCreateInfo module = {
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
      .codeSize = count * 4,
      .pCode = words};
  VkShaderModule shader;
  VkResult result = vkCreateShaderModule(device, &module, NULL, &shader);
  if (result != VK_SUCCESS)
    return result;
  VkSpecializationMapEntry entries[Constants];
  uint32_t values[Constants];
  for (uint32_t i = 0; i < Constants; ++i) {
    values[i] = exact >> i & 1;
    entries[i] = (VkSpecializationMapEntry){i, i * 4, 4};
  }
  VkSpecializationInfo constants = {Constants, entries, sizeof values, values};
  VkComputePipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .flags =
          VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR |
          (listed ? VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR
                  : 0u),
      .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                .module = shader,
                .pName = "main",
                .pSpecializationInfo = &constants},
      .layout = make_layout(count_bindings(words, count))};
  return vkCreateComputePipelines(device, VK_NULL_HANDLE, 1, &info, NULL,
                                  pipeline);
}

static void print_value(const VkPipelineExecutableStatisticKHR *s) {
  switch (s->format) {
  case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_FLOAT64_KHR:
    printf("%g\n", s->value.f64);
    break;
  case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_INT64_KHR:
    printf("%lld\n", (long long)s->value.i64);
    break;
  default:
    printf("%llu\n", (unsigned long long)s->value.u64);
  }
}

#define CALL(name) ((PFN_vk##name)vkGetDeviceProcAddr(device, "vk" #name))

static void print_figures(const char *path,
                          const VkPipelineExecutableInfoKHR *which) {
  VkPipelineExecutableStatisticKHR list[Most];
  memset(list, 0, sizeof list);
  for (int i = 0; i < Most; ++i)
    list[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
  uint32_t count = Most;
  CALL(GetPipelineExecutableStatisticsKHR)(device, which, &count, list);
  for (uint32_t i = 0; i < count; ++i) {
    printf("%s\t%s\t", path, list[i].name);
    print_value(&list[i]);
  }
}

static void print_listings(const VkPipelineExecutableInfoKHR *which) {
  PFN_vkGetPipelineExecutableInternalRepresentationsKHR get =
      CALL(GetPipelineExecutableInternalRepresentationsKHR);
  VkPipelineExecutableInternalRepresentationKHR list[Most];
  memset(list, 0, sizeof list);
  for (int i = 0; i < Most; ++i)
    list[i].sType =
        VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INTERNAL_REPRESENTATION_KHR;
  uint32_t count = Most;
  get(device, which, &count, list);
  for (uint32_t i = 0; i < count; ++i)
    list[i].pData = calloc(1, list[i].dataSize + 1);
  get(device, which, &count, list);
  for (uint32_t i = 0; i < count; ++i)
    printf("\n== %s\n%s\n", list[i].name, (char *)list[i].pData);
}

static void print_module(const char *path) {
  size_t count;
  uint32_t *words = read_words(path, &count);
  VkPipeline pipeline;
  VkResult result = make_pipeline(words, count, &pipeline);
  free(words);
  if (result != VK_SUCCESS) {
    printf("%s\trefused\t%d\n", path, result);
    return;
  }
  VkPipelineInfoKHR info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR,
                            .pipeline = pipeline};
  uint32_t parts = 0;
  CALL(GetPipelineExecutablePropertiesKHR)(device, &info, &parts, NULL);
  for (uint32_t i = 0; i < parts; ++i) {
    VkPipelineExecutableInfoKHR which = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR,
        .pipeline = pipeline,
        .executableIndex = i};
    print_figures(path, &which);
    if (listed)
      print_listings(&which);
  }
  vkDestroyPipeline(device, pipeline, NULL);
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0); // what a driver that dies leaves is shown
  int first = 1;
  for (; first < argc && argv[first][0] == '-'; ++first)
    if (strcmp(argv[first], "--code") == 0)
      listed = 1;
    else if (strncmp(argv[first], "--exact=", 8) == 0)
      exact = (uint32_t)atoi(argv[first] + 8);
    else
      fail("unknown option", argv[first]);
  open_physical();
  open_device();
  print_dot_products();
  for (int i = first; i < argc; ++i)
    print_module(argv[i]);
  return 0;
}
