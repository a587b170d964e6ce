#include "VulkanModel.h"

#include "Level.h"

#include <stdlib.h>

/* One pool for all sets, which are written here once and for all. */
static VkResult make_descriptors(quantir_gpu_model *model) {
  quantir_gpu *gpu = model->gpu;
  const quantir_gpu_program *program = model->program;
  VkDescriptorPoolSize size = {.type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER};
  for (uint32_t i = 0; i < program->num_dispatches; ++i)
    size.descriptorCount +=
        program->kernels[program->dispatches[i].kernel].num_bindings;
  VkDescriptorPoolCreateInfo pool = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
      .maxSets = program->num_dispatches,
      .poolSizeCount = 1,
      .pPoolSizes = &size};
  VkResult result = gpu->vk.CreateDescriptorPool(gpu->device, &pool, NULL,
                                                 &model->descriptors);
  if (result != VK_SUCCESS)
    model->descriptors = VK_NULL_HANDLE;
  for (uint32_t i = 0; result == VK_SUCCESS && i < program->num_dispatches;
       ++i) {
    uint32_t kernel = program->dispatches[i].kernel;
    VkDescriptorSetAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
        .descriptorPool = model->descriptors,
        .descriptorSetCount = 1,
        .pSetLayouts =
            &model->set_layouts[program->kernels[kernel].num_bindings]};
    result =
        gpu->vk.AllocateDescriptorSets(gpu->device, &info, &model->sets[i]);
  }
  return result;
}

static void write_descriptors(quantir_gpu_model *model, uint32_t number) {
  quantir_gpu *gpu = model->gpu;
  const quantir_gpu_dispatch *dispatch = &model->program->dispatches[number];
  const quantir_gpu_binding *bindings =
      model->program->bindings + dispatch->first_binding;
  uint32_t count = model->program->kernels[dispatch->kernel].num_bindings;
  VkDescriptorBufferInfo buffers[QUANTIR_GPU_MAX_BINDINGS];
  VkWriteDescriptorSet writes[QUANTIR_GPU_MAX_BINDINGS];
  for (uint32_t i = 0; i < count; ++i) {
    buffers[i] = (VkDescriptorBufferInfo){
        .buffer = model->memories[bindings[i].memory].buffer,
        .offset = bindings[i].offset,
        .range = bindings[i].size};
    writes[i] = (VkWriteDescriptorSet){
        .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
        .dstSet = model->sets[number],
        .dstBinding = i,
        .descriptorCount = 1,
        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
        .pBufferInfo = &buffers[i]};
  }
  gpu->vk.UpdateDescriptorSets(gpu->device, count, writes, 0, NULL);
  ++gpu->counters.descriptor_updates;
}

static VkResult make_queries(quantir_gpu_model *model) {
  quantir_gpu *gpu = model->gpu;
  VkQueryPoolCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
      .queryType = VK_QUERY_TYPE_TIMESTAMP,
      .queryCount = 2 * model->program->num_dispatches};
  model->ticks = calloc(info.queryCount, sizeof *model->ticks);
  if (!model->ticks)
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  VkResult result =
      gpu->vk.CreateQueryPool(gpu->device, &info, NULL, &model->queries);
  if (result != VK_SUCCESS)
    model->queries = VK_NULL_HANDLE;
  return result;
}

static void barrier(const quantir_gpu_model *model,
                    VkPipelineStageFlags from_stage, VkAccessFlags from,
                    VkPipelineStageFlags to_stage, VkAccessFlags to) {
  VkMemoryBarrier all = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                         .srcAccessMask = from,
                         .dstAccessMask = to};
  model->gpu->vk.CmdPipelineBarrier(model->commands.buffer, from_stage,
                                    to_stage, 0, 1, &all, 0, NULL, 0, NULL);
}

static const VkPipelineStageFlags compute =
    VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
static const VkAccessFlags shader_access =
    VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT;

static void record_dispatch(const quantir_gpu_model *model, uint32_t number,
                            bool has_barrier) {
  const quantir_vk *vk = &model->gpu->vk;
  VkCommandBuffer commands = model->commands.buffer;
  const quantir_gpu_dispatch *dispatch = &model->program->dispatches[number];
  const quantir_gpu_kernel *kernel = &model->program->kernels[dispatch->kernel];
  VkPipelineLayout layout = model->layouts[kernel->num_bindings];
  if (has_barrier)
    barrier(model, compute, VK_ACCESS_SHADER_WRITE_BIT, compute, shader_access);
  vk->CmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE,
                      model->pipelines[dispatch->kernel]);
  vk->CmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0,
                            1, &model->sets[number], 0, NULL);
  if (kernel->num_push > 0)
    vk->CmdPushConstants(commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
                         kernel->num_push * 4,
                         model->program->push + dispatch->first_push);
  if (model->queries)
    vk->CmdWriteTimestamp(commands, compute, model->queries, 2 * number);
  vk->CmdDispatch(commands, dispatch->groups[0], dispatch->groups[1],
                  dispatch->groups[2]);
  if (model->queries)
    vk->CmdWriteTimestamp(commands, compute, model->queries, 2 * number + 1);
}

static VkResult record(quantir_gpu_model *model, uint32_t drop_barrier) {
  const quantir_vk *vk = &model->gpu->vk;
  uint32_t count = model->program->num_dispatches;
  VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
  VkResult result = vk->BeginCommandBuffer(model->commands.buffer, &begin);
  if (result != VK_SUCCESS)
    return result;
  if (model->queries)
    vk->CmdResetQueryPool(model->commands.buffer, model->queries, 0, 2 * count);
  /* What the host and earlier commands wrote: inputs, constants, the last run.
   */
  barrier(model,
          VK_PIPELINE_STAGE_HOST_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT | compute,
          VK_ACCESS_HOST_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT |
              VK_ACCESS_SHADER_WRITE_BIT,
          compute, shader_access);
  for (uint32_t i = 0; i < count; ++i) {
    bool needs = model->program->dispatches[i].after_barrier || model->queries;
    record_dispatch(model, i, needs && i + 1 != drop_barrier);
  }
  barrier(model, compute, VK_ACCESS_SHADER_WRITE_BIT,
          VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
  ++model->gpu->counters.recordings;
  return vk->EndCommandBuffer(model->commands.buffer);
}

bool quantir_gpu_record_commands(quantir_gpu_model *model,
                                 const quantir_gpu_options *options,
                                 quantir_error *error) {
  uint32_t count = model->program->num_dispatches;
  VkResult result = VK_SUCCESS;
  if (count > 0) {
    model->sets = calloc(count, sizeof(VkDescriptorSet));
    result =
        model->sets ? make_descriptors(model) : VK_ERROR_OUT_OF_HOST_MEMORY;
    if (result == VK_SUCCESS && options->timed && model->gpu->timestamp_bits)
      result = make_queries(model);
  }
  if (result == VK_SUCCESS)
    result = quantir_gpu_make_commands(model->gpu, 0, &model->commands);
  if (result == VK_SUCCESS) {
    for (uint32_t i = 0; i < count; ++i)
      write_descriptors(model, i);
    result = record(model, options->drop_barrier);
  }
  return result == VK_SUCCESS ||
         quantir_gpu_failed(model->gpu, "cannot record the program", result,
                            error);
}
