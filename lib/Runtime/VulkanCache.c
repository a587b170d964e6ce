#define _DEFAULT_SOURCE /* getpid, mkdir */

#include "VulkanCache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_PATH = 4096 };
static const uint64_t max_file = 256 << 20;

/* Before what a file holds: a file that is cut or damaged is not used. */
typedef struct header {
  char magic[8];
  uint64_t bytes, hash;
} header;
static const char magic[8] = {'Q', 'T', 'I', 'R', 'G', 'P', 'U', '1'};

static uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
  return hash ^ hash >> 32;
}

static uint64_t hash_bytes(uint64_t hash, const void *from, uint64_t bytes) {
  const char *at = from;
  uint64_t word;
  for (uint64_t i = 0; i + 8 <= bytes; i += 8) {
    memcpy(&word, at + i, 8);
    hash = mix(hash, word);
  }
  word = 0;
  if (bytes % 8)
    memcpy(&word, at + bytes / 8 * 8, bytes % 8);
  return mix(mix(hash, word), bytes);
}

static uint64_t hash_program(const quantir_gpu_program *p) {
  uint64_t hash = mix(p->arena_size, p->interface_size);
  hash = mix(hash, p->exact);
  for (uint32_t i = 0; i < p->num_kernels; ++i)
    for (uint32_t j = 0; j < p->kernels[i].num_forms; ++j) {
      const quantir_gpu_code *code = &p->kernels[i].forms[j];
      hash = mix(hash, code->first_word);
      hash = mix(hash, (uint64_t)code->num_words << 32 | code->needs);
    }
  hash = hash_bytes(hash, p->code, p->code_size);
  hash = hash_bytes(hash, p->bindings,
                    p->num_bindings * (uint64_t)sizeof *p->bindings);
  hash = hash_bytes(hash, p->dispatches,
                    p->num_dispatches * (uint64_t)sizeof *p->dispatches);
  hash = hash_bytes(hash, p->push, p->num_push * (uint64_t)sizeof *p->push);
  hash = hash_bytes(hash, p->pieces, p->pieces_size);
  for (int i = 0; i < QUANTIR_GPU_SOURCES; ++i)
    hash = hash_bytes(hash, p->sources[i], p->source_sizes[i]);
  return hash;
}

/* "FOLDER/DEVICE-DRIVER-PROGRAM.KIND"; false when it is too long. */
static bool name_file(const quantir_gpu *gpu,
                      const quantir_gpu_program *program, const char *folder,
                      const char *kind, char path[MAX_PATH]) {
  char device[2 * VK_UUID_SIZE + 1];
  for (uint32_t i = 0; i < VK_UUID_SIZE; ++i)
    snprintf(device + (size_t)2 * i, 3, "%02x", gpu->uuid[i]);
  int length = snprintf(path, MAX_PATH, "%s/%s-%08x-%016llx.%s", folder, device,
                        gpu->properties.driverVersion,
                        (unsigned long long)hash_program(program), kind);
  return length > 0 && length < MAX_PATH;
}

/* What the file holds, to be freed; NULL when it is not there or not whole. */
static void *read_file(const char *path, size_t *bytes) {
  FILE *file = fopen(path, "rb");
  if (!file)
    return NULL;
  header head;
  void *content = NULL;
  if (fread(&head, sizeof head, 1, file) == 1 &&
      memcmp(head.magic, magic, sizeof magic) == 0 && head.bytes > 0 &&
      head.bytes <= max_file) {
    content = malloc(head.bytes);
    if (content && (fread(content, head.bytes, 1, file) != 1 ||
                    hash_bytes(0, content, head.bytes) != head.hash)) {
      free(content);
      content = NULL;
    }
    *bytes = head.bytes;
  }
  fclose(file);
  return content;
}

/* Under its name the file is whole or not there. One that cannot be written is
 * missed, no more. */
static void write_file(const char *folder, const char *path,
                       const void *content, size_t bytes) {
  char draft[MAX_PATH + 32];
  snprintf(draft, sizeof draft, "%s.%ld", path, (long)getpid());
  (void)mkdir(folder, 0700);
  FILE *file = fopen(draft, "wb");
  if (!file)
    return;
  header head = {.bytes = bytes, .hash = hash_bytes(0, content, bytes)};
  memcpy(head.magic, magic, sizeof magic);
  bool written = fwrite(&head, sizeof head, 1, file) == 1 &&
                 fwrite(content, bytes, 1, file) == 1;
  if (fclose(file) != 0 || !written || rename(draft, path) != 0)
    (void)remove(draft);
}

VkResult quantir_gpu_load_pipelines(quantir_gpu *gpu,
                                    const quantir_gpu_program *program,
                                    const char *folder, VkPipelineCache *cache,
                                    size_t *loaded) {
  char path[MAX_PATH];
  void *content = NULL;
  *loaded = 0;
  if (folder && name_file(gpu, program, folder, "pipelines", path))
    content = read_file(path, loaded);
  if (!content)
    *loaded = 0;
  VkPipelineCacheCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
      .initialDataSize = *loaded,
      .pInitialData = content};
  VkResult result =
      gpu->vk.CreatePipelineCache(gpu->device, &info, NULL, cache);
  free(content);
  return result;
}

void quantir_gpu_save_pipelines(quantir_gpu *gpu,
                                const quantir_gpu_program *program,
                                const char *folder, VkPipelineCache cache,
                                size_t loaded) {
  char path[MAX_PATH];
  size_t bytes = 0;
  if (!folder || !name_file(gpu, program, folder, "pipelines", path) ||
      gpu->vk.GetPipelineCacheData(gpu->device, cache, &bytes, NULL) !=
          VK_SUCCESS ||
      bytes == 0 || bytes == loaded || bytes > max_file)
    return;
  void *content = malloc(bytes);
  if (content && gpu->vk.GetPipelineCacheData(gpu->device, cache, &bytes,
                                              content) == VK_SUCCESS)
    write_file(folder, path, content, bytes);
  free(content);
}

bool quantir_gpu_load_verdict(const quantir_gpu *gpu,
                              const quantir_gpu_program *program,
                              const char *folder,
                              quantir_gpu_verdict *verdict) {
  char path[MAX_PATH];
  if (!folder || !name_file(gpu, program, folder, "verdict", path))
    return false;
  size_t bytes = 0;
  void *content = read_file(path, &bytes);
  bool is_there = content && bytes == sizeof *verdict;
  if (is_there)
    memcpy(verdict, content, sizeof *verdict);
  free(content);
  return is_there;
}

void quantir_gpu_save_verdict(const quantir_gpu *gpu,
                              const quantir_gpu_program *program,
                              const char *folder,
                              const quantir_gpu_verdict *verdict) {
  char path[MAX_PATH];
  if (folder && name_file(gpu, program, folder, "verdict", path))
    write_file(folder, path, verdict, sizeof *verdict);
}
