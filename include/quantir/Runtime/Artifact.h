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
#define QUANTIR_ABI_VERSION 6

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

/* What code for a GPU needs of a device beyond Vulkan 1.1, as bits. */
enum quantir_gpu_need {
  QUANTIR_GPU_DOT = 1, /* shaderIntegerDotProduct */
  QUANTIR_GPU_F16 = 2  /* shaderFloat16 */
};

/* One form of a kernel: a SPIR-V 1.3 module with the entry point "main". */
typedef struct quantir_gpu_code {
  uint32_t first_word; /* in the program's code */
  uint32_t num_words;
  uint32_t needs; /* enum quantir_gpu_need */
} quantir_gpu_code;

/* All forms compute the same bytes; a device takes the first that it can. */
typedef struct quantir_gpu_kernel {
  const quantir_gpu_code *forms;
  uint32_t num_forms;
  uint32_t num_bindings; /* storage buffers of descriptor set 0, from 0 on */
  uint32_t num_push;     /* words of push constants */
} quantir_gpu_kernel;

/* Words of push constants that every device has. */
enum { QUANTIR_GPU_MAX_PUSH = 32 };

/* Where a binding is: working memory and constants are a GPU's own, inputs and
 * outputs in memory that the host sees. */
enum quantir_gpu_memory {
  QUANTIR_GPU_ARENA = 0,
  QUANTIR_GPU_CONSTANTS = 1,
  QUANTIR_GPU_INTERFACE = 2
};

typedef struct quantir_gpu_binding {
  uint64_t offset;  /* bytes, a multiple of 256 */
  uint64_t size;    /* bytes, a multiple of 4 */
  uint32_t memory;  /* enum quantir_gpu_memory */
  uint32_t written; /* 1: the kernel writes it */
} quantir_gpu_binding;

/* One step of a run on a GPU. */
typedef struct quantir_gpu_dispatch {
  uint32_t kernel;
  uint32_t groups[3];
  uint32_t first_binding; /* the others follow it */
  uint32_t after_barrier; /* 1: a memory barrier stands before it */
  uint32_t first_push;    /* the kernel's other push words follow it */
} quantir_gpu_dispatch;

/* How an input or output lies in the interface memory: rows of the last
 * dimension, each at the next multiple of 4 bytes. */
typedef struct quantir_gpu_tensor {
  uint64_t offset; /* bytes */
  uint64_t rows;
  uint64_t row_bytes; /* that mean something */
  uint64_t pitch;     /* bytes from one row to the next */
} quantir_gpu_tensor;

/* Where a piece of a GPU's constants comes from. */
enum quantir_gpu_source {
  QUANTIR_GPU_LITERALS = 0,      /* the program's own */
  QUANTIR_GPU_CPU_CONSTANTS = 1, /* what the CPU's code reads in every run */
  QUANTIR_GPU_CPU_TABLES = 2,    /* of which it reads rows */
  QUANTIR_GPU_SOURCES = 3
};

/* The model for Vulkan devices: what to record once, in this order.
 *
 * A weight is there once, in the order in which the CPU's code reads it. The
 * GPU's constants are put together from pieces when the program is loaded;
 * what no piece writes is 0. A piece is these numbers in LEB128, seven bits a
 * byte, the lowest first: s; t; f; r; n, at most 5; and for each of n loops,
 * the outermost first, c, u and g. The innermost turn writes r bytes of source
 * s / 2 that begin at f to the constants at t, if s is even; if it is odd, r
 * signed bytes as so many f32, and t and all u are multiples of 4. A turn of a
 * loop, of which there are c, adds u to t and g to f. All pieces together write
 * no more than the constants have bytes.
 *
 * The code holds the words of all forms, packed in two ways. The bytes are
 * numbers in LEB128. Until `code_words` words are there comes: t; if t % 4 is
 * 3, then m; t % 4 (+ m) words, a number each; if t / 4 % 2 is 0, the distance
 * d, which else stays; and t / 8 times the word that stands d before the end is
 * put there again.
 * What stands there then are instructions, whose near references are relative.
 * Where one is to begin, 0x07230203 begins a module instead: that word and the
 * four after it stay, and r is 0. An instruction's first word stays; each other
 * one, y, is made
 *   y < 64 ? y + low : y - 64 < low ? y - 64 : y
 * where low is r - 48 if that is in [0, 2^31), else 0; the third word of an
 * instruction, when it is made, is the new r. */
typedef struct quantir_gpu_program {
  const quantir_gpu_kernel *kernels;
  const quantir_gpu_binding *bindings;
  const quantir_gpu_dispatch *dispatches;
  const quantir_step *steps; /* one for each dispatch */
  const quantir_gpu_tensor *inputs;
  const quantir_gpu_tensor *outputs;
  const uint32_t *push;                     /* words of push constants */
  const void *sources[QUANTIR_GPU_SOURCES]; /* NULL where they are empty */
  const uint8_t *pieces;
  const uint8_t *code;
  uint64_t source_sizes[QUANTIR_GPU_SOURCES]; /* bytes, like the following */
  uint64_t pieces_size;
  uint64_t code_size;
  uint64_t constants_size;
  uint64_t arena_size;
  uint64_t interface_size;
  uint32_t code_words; /* unpacked */
  uint32_t num_kernels;
  uint32_t num_bindings;
  uint32_t num_dispatches;
  uint32_t num_push;
  uint32_t exact; /* 1: gives the bytes of the CPU's code; 0: floats may differ
                     in their last digits */
} quantir_gpu_program;

/* Numbers of the specialization constants that a form may have, of 32 bits; 1:
 * the device's own operation rounds exactly, 0 (when not given): compute it. */
enum quantir_gpu_constant {
  QUANTIR_GPU_EXACT_FMA = 0,
  QUANTIR_GPU_EXACT_DIVISION = 1,
  QUANTIR_GPU_EXACT_ROOT = 2
};

/* What NAME_run returns: 0 when all is done. */
enum quantir_status {
  QUANTIR_DONE = 0,
  QUANTIR_NO_TILES = 1 /* the code uses the AMX registers, for which the program
                          has not asked; nothing was written */
};

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
   * syscall(SYS_arch_prctl, 0x1023, 18) == 0. quantir_load does. Objects have
   * such code only when --mcpu or --mattr asked for it. */
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
  const quantir_gpu_program *gpu; /* NULL: there is code for the CPU alone */
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
