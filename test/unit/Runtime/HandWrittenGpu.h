/* The program of HandWritten.c for GPUs: one dispatch, y = 2 * x. */
#include "PackLiterally.h"

static const uint32_t twice_words[] = {
#include "twice.inc"
};
#if defined(FLAW_GPU_FORMS) || defined(FLAW_GPU_WRONG)
#define HAS_WRONG_FORM
/* Overwrites x, and leaves y alone. */
static const uint32_t wrong_words[] = {
#include "constants.inc"
};
enum { WRONG_WORDS = sizeof wrong_words / 4 };
#else
enum { WRONG_WORDS = 0 };
#endif

static const quantir_gpu_code forms[] = {
#if defined(HAS_WRONG_FORM)
    {0, WRONG_WORDS, 0},
#endif
#if !defined(FLAW_GPU_WRONG)
    {WRONG_WORDS, sizeof twice_words / 4, 0},
#endif
};
static const quantir_gpu_kernel kernels[] = {
    {forms, sizeof forms / sizeof *forms, 2, 0}};
static const quantir_gpu_binding bindings[] = {
    {0, 4096, QUANTIR_GPU_INTERFACE, 0},
    {4096, 4096, QUANTIR_GPU_INTERFACE, 1}};
static const quantir_gpu_dispatch dispatches[] = {{0, {16, 1, 1}, 0, 0, 0}};
static const quantir_step gpu_steps[] = {{0, 7, 1024, 8192}};
static const quantir_gpu_tensor gpu_inputs[] = {{0, 4, 1024, 1024}};
static const quantir_gpu_tensor gpu_outputs[] = {
#if defined(FLAW_GPU_TENSORS)
    {4096, 4, 1020, 1024}
#else
    {4096, 4, 1024, 1024}
#endif
};
static uint8_t code[5 * (WRONG_WORDS + sizeof twice_words / 4)];
static quantir_gpu_program program = {.code = code,
                                      .code_words =
                                          WRONG_WORDS + sizeof twice_words / 4,
                                      .kernels = kernels,
                                      .bindings = bindings,
                                      .dispatches = dispatches,
                                      .steps = gpu_steps,
                                      .inputs = gpu_inputs,
                                      .outputs = gpu_outputs,
                                      .interface_size = 8192,
                                      .num_kernels = 1,
                                      .num_bindings = 2,
                                      .num_dispatches = 1,
#if defined(FLAW_GPU_NEARLY) || defined(FLAW_GPU_FAR)
                                      .exact = 0};
#else
                                      .exact = 1};
#endif

__attribute__((constructor)) static void pack_program(void) {
  uint8_t *end = code;
#if defined(HAS_WRONG_FORM)
  end = pack_literally(end, wrong_words, WRONG_WORDS);
#endif
  end = pack_literally(end, twice_words, sizeof twice_words / 4);
  program.code_size = (uint64_t)(end - code);
}
