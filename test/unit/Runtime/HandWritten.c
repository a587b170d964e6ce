/* y = 2 * x for 1024 numbers, as the compiler would write it. */
#include "quantir/Runtime/Artifact.h"

#include <stddef.h>

#if !defined(FLAW_NO_DESCRIPTION)
static const int64_t shape[] = {4, 256};
#if defined(FLAW_BAD_SHAPE)
static const int64_t output_shape[] = {4, 1LL << 62};
#else
static const int64_t output_shape[] = {4, 256};
#endif
static const quantir_tensor inputs[] = {
    {.name = "x", .type = QUANTIR_F32, .rank = 2, .shape = shape}};
static const quantir_tensor outputs[] = {
    {.name = "y", .type = QUANTIR_F32, .rank = 2, .shape = output_shape}};

static const char step_texts[] = "double\0twice";
static const quantir_step steps[] = {{.name = 0,
#if defined(FLAW_BAD_STEPS)
                                      .nodes = sizeof step_texts,
#else
                                      .nodes = 7,
#endif
                                      .macs = 1024,
                                      .bytes = 8192}};

#if defined(FLAW_GPU) || defined(FLAW_GPU_FORMS) || defined(FLAW_GPU_WRONG) || \
    defined(FLAW_GPU_TENSORS) || defined(FLAW_GPU_NEARLY) ||                   \
    defined(FLAW_GPU_FAR)
#define HAS_GPU
#include "HandWrittenGpu.h"
#endif

#if defined(FLAW_LEVELS) || defined(FLAW_BAD_LEVELS)
/* The best needs what no processor has; the step tells which one runs. */
static int run_future(const quantir_context *context) {
  (void)context;
  return 7;
}
int quantir_run(const quantir_context *context);
static const quantir_step level_steps[] = {{0, 7, 1, 1}, {0, 7, 2, 2}};
static const quantir_level levels[] = {
    {"future", "sse3,warp9", run_future, steps, 1},
    {"twin", "",
#if defined(FLAW_BAD_LEVELS)
     NULL,
#else
     quantir_run,
#endif
     level_steps, 2},
    {"today", "", quantir_run, steps, 1}};
#endif

const quantir_description quantir_artifact = {
#if defined(FLAW_OLD_ABI)
    .abi_version = QUANTIR_ABI_VERSION + 1,
#else
    .abi_version = QUANTIR_ABI_VERSION,
#endif
    .name = "twice",
    .weights_hash = "",
    .target_triple = "any",
    .target_cpu = "any",
#if defined(FLAW_NEEDS_MORE)
    .target_features = "sse3,warp9",
#elif defined(FLAW_NEEDS_TILES)
    .target_features = "sse3,amx-tile,amx-int8",
#else
    .target_features = "",
#endif
    .quantization = "none",
    .compiler = "a person",
    .num_inputs = 1,
    .inputs = inputs,
    .num_outputs = 1,
    .outputs = outputs,
    .arena_size = sizeof(float) * 1024,
    .arena_alignment = 64,
    .steps = steps,
    .num_steps = 1,
#if defined(FLAW_LEVELS) || defined(FLAW_BAD_LEVELS)
    .levels = levels,
    .num_levels = 3,
#endif
#if defined(HAS_GPU)
    .gpu = &program,
#endif
    .step_texts = step_texts,
    .step_texts_size = sizeof step_texts};
#endif

/* The GPU always doubles exactly. */
#if defined(FLAW_GPU_NEARLY)
static const float factor = 2.0005f;
#elif defined(FLAW_GPU_FAR)
static const float factor = 2.01f;
#else
static const float factor = 2;
#endif

static void double_row(void *opaque, int32_t row) {
  const quantir_context *context = opaque;
  const float *x = context->inputs[0];
  float *scratch = context->arena;
  float *y = context->outputs[0];
  for (size_t i = row * 256; i < (row + 1) * 256u; ++i) {
    scratch[i] = x[i] * factor;
    y[i] = scratch[i];
  }
}

int quantir_run(const quantir_context *given) {
  quantir_context context = *given;
  if ((uintptr_t)context.arena % 64 != 0)
    return 1;
  if (context.parallel_for)
    context.parallel_for(context.pool, 4, double_row, &context);
  else
    for (int32_t row = 0; row < 4; ++row)
      double_row(&context, row);
  if (context.on_step)
    context.on_step(context.observer, 0);
  return 0;
}
