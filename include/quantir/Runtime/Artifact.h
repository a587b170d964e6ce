/* The C interface of a compiled model. This text stands also in every header
 * that the compiler writes; the guard lets many of them be included together.
 */
#ifndef QUANTIR_RUNTIME_ARTIFACT_H
#define QUANTIR_RUNTIME_ARTIFACT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Changes when a structure below changes. A loader refuses any other value. */
#define QUANTIR_ABI_VERSION 4

/* Element types of inputs and outputs; bool is one byte, 0 or 1. */
enum quantir_type {
  QUANTIR_F32 = 1,
  QUANTIR_I64 = 2,
  QUANTIR_I32 = 3,
  QUANTIR_I8 = 4,
  QUANTIR_U8 = 5,
  QUANTIR_BOOL = 6
};

/* One input or output: dense, row-major. */
typedef struct quantir_tensor {
  const char *name;
  int32_t type; /* enum quantir_type */
  int32_t rank;
  const int64_t *shape; /* `rank` entries, each at least 1 */
  int32_t quantized;    /* 1: real value = scale * (element - zero_point) */
  float scale;
  int32_t zero_point;
} quantir_tensor;

/* One kernel of a run; a run does them in the order of the description. Texts
 * are offsets in its step_texts: addresses would cost space in every library.
 */
typedef struct quantir_step {
  uint32_t name;  /* what it computes, such as "conv" */
  uint32_t nodes; /* the ONNX nodes it stands for, joined by " + " */
  uint64_t macs;  /* multiply-accumulates of its products */
  uint64_t bytes; /* of operands, constants and results, each once */
} quantir_step;

struct quantir_context;

/* The code for one processor, of an artifact for several. */
typedef struct quantir_level {
  const char *cpu;
  const char *features; /* needed, as in the description */
  int (*run)(const struct quantir_context *context);
  const quantir_step *steps;
  uint32_t num_steps;
} quantir_level;

typedef struct quantir_description {
  uint32_t abi_version; /* QUANTIR_ABI_VERSION of the compiler */
  uint32_t num_inputs;
  uint32_t num_outputs;
  const char *name;
  const quantir_tensor *inputs;
  const quantir_tensor *outputs;
  uint64_t arena_size;      /* bytes of working memory one run needs */
  uint64_t arena_alignment; /* of the arena's address: a power of two */
  uint64_t weights_size;    /* bytes of constants, part of the artifact */
  const char *weights_hash; /* SHA-256 of the constants, hexadecimal */
  const char *target_triple;
  /* The processor; of several the lowest. */
  const char *target_cpu;
  /* Needed of the processor: "avx,avx2,fma". With "amx-tile" among them a
   * program must ask Linux for the registers before the first run, once:
   * syscall(SYS_arch_prctl, 0x1023, 18) == 0. quantir_load does. */
  const char *target_features;
  const char *quantization; /* the scheme, such as "w8a8", or "none" */
  const char *compiler;     /* name and version of the compiler */
  const quantir_step *steps;
  uint32_t num_steps;
  uint32_t step_texts_size; /* bytes, the last of them 0 */
  const char *step_texts;
  /* What every run reads of the constants: worth mapping before the first run.
   * Tables of which a run reads some rows lie elsewhere. */
  const void *constants;
  uint64_t constants_size; /* bytes; 0 when there are none */
  /* Code for several processors, the best first, or NULL and 0. NAME_run asks
   * the processor at its first call and runs the best level that it can; those
   * with "amx-tile" only when the program has asked for the registers before.
   * Where nothing can ask (AArch64 without Linux) it runs the last one. All
   * compute the same bytes. */
  const quantir_level *levels;
  uint32_t num_levels;
} quantir_description;

/* What one run works on. Two runs may go on at once if each has its own arena
 * and outputs. Inputs, outputs and arena must not overlap. */
typedef struct quantir_context {
  const void *const *inputs; /* in the order of the description */
  void *const *outputs;
  void *arena;         /* arena_size bytes; may be NULL if that is 0 */
  const void *weights; /* NULL: the constants are part of the artifact */
  /* Calls fn(ctx, tile) for every tile in [0, tiles), in any order and on any
   * thread, and returns when all are done. NULL: the run uses one thread. */
  void (*parallel_for)(void *pool, int32_t tiles,
                       void (*fn)(void *ctx, int32_t tile), void *ctx);
  void *pool; /* handed to parallel_for */
  /* Called on the run's thread whenever a step has ended. NULL: nobody asks. */
  void (*on_step)(void *observer, uint32_t step);
  void *observer; /* handed to on_step */
} quantir_context;

#ifdef __cplusplus
}
#endif

#endif /* QUANTIR_RUNTIME_ARTIFACT_H */
