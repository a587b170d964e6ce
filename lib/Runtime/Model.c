#define _DEFAULT_SOURCE /* madvise */

#include "Model.h"

#include "Level.h"
#include "Truncated.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAX_TENSORS = 4096, MAX_STEPS = 1 << 20, MAX_RANK = 32 };
static const uint64_t max_arena_alignment = 1 << 20;
/* An arena up to this size is made when the model is loaded. */
static const uint64_t max_early_arena = 16 << 20;

size_t quantir_type_size(int32_t type) {
  switch (type) {
  case QUANTIR_I64:
    return 8;
  case QUANTIR_F32:
  case QUANTIR_I32:
    return 4;
  case QUANTIR_I8:
  case QUANTIR_U8:
  case QUANTIR_BOOL:
    return 1;
  default:
    return 0;
  }
}

size_t quantir_tensor_bytes(const quantir_tensor *tensor) {
  size_t bytes = quantir_type_size(tensor->type);
  if (tensor->rank < 0 || tensor->rank > MAX_RANK)
    return 0;
  for (int32_t i = 0; i < tensor->rank; ++i)
    if (tensor->shape[i] < 1 ||
        __builtin_mul_overflow(bytes, (size_t)tensor->shape[i], &bytes) ||
        bytes > PTRDIFF_MAX)
      return 0;
  return bytes;
}

static bool check_tensors(const char *path, const char *role,
                          const quantir_tensor *tensors, uint32_t count,
                          quantir_error *error) {
  if (count > MAX_TENSORS || (count > 0 && !tensors)) {
    quantir_report(error, "%s: the description lists %u %ss", path, count,
                   role);
    return false;
  }
  for (uint32_t i = 0; i < count; ++i)
    if (!tensors[i].name || quantir_tensor_bytes(&tensors[i]) == 0) {
      quantir_report(error, "%s: %s %u has no name or no valid shape and type",
                     path, role, i);
      return false;
    }
  return true;
}

static bool check_steps(const char *path, const quantir_description *d,
                        quantir_error *error) {
  bool valid = d->num_steps <= MAX_STEPS && (d->num_steps == 0 || d->steps) &&
               d->step_texts && d->step_texts_size > 0 &&
               d->step_texts[d->step_texts_size - 1] == 0;
  for (uint32_t i = 0; valid && i < d->num_steps; ++i)
    valid = d->steps[i].name < d->step_texts_size &&
            d->steps[i].nodes < d->step_texts_size;
  if (!valid)
    quantir_report(error, "%s: the description's list of %u steps is not valid",
                   path, d->num_steps);
  return valid;
}

/* Whether the description is one, of a version whose fields this runtime knows,
 * with all its texts. */
static bool check_version(const char *path, const quantir_description *d,
                          quantir_error *error) {
  if (d->abi_version != QUANTIR_ABI_VERSION) {
    quantir_report(
        error,
        "%s was compiled for version %u of the artifact interface, and "
        "this runtime knows version %d: compile the model again",
        path, d->abi_version, QUANTIR_ABI_VERSION);
    return false;
  }
  if (!d->name || !d->weights_hash || !d->target_triple || !d->target_cpu ||
      !d->target_features || !d->quantization || !d->compiler) {
    quantir_report(error, "%s: a text of the description is missing", path);
    return false;
  }
  return true;
}

static bool check_description(const char *path, const quantir_description *d,
                              quantir_error *error) {
  uint64_t alignment = d->arena_alignment;
  if (alignment == 0 || (alignment & (alignment - 1)) != 0 ||
      alignment > max_arena_alignment ||
      d->arena_size > (uint64_t)PTRDIFF_MAX - alignment) {
    quantir_report(
        error, "%s: the description asks for an arena of %llu bytes at %llu",
        path, (unsigned long long)d->arena_size, (unsigned long long)alignment);
    return false;
  }
  return check_steps(path, d, error) &&
         check_tensors(path, "input", d->inputs, d->num_inputs, error) &&
         check_tensors(path, "output", d->outputs, d->num_outputs, error);
}

/* A path without a slash would be searched for in the system's folders. */
static void *open_library(const char *path, quantir_error *error) {
  char *here = NULL;
  if (!strchr(path, '/')) {
    here = malloc(strlen(path) + sizeof "./");
    if (!here) {
      quantir_report(error, "%s: out of memory", path);
      return NULL;
    }
    strcpy(here, "./");
    strcat(here, path);
  }
  void *library = dlopen(here ? here : path, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    quantir_report(error, "cannot load %s: %s", path, dlerror());
  free(here);
  return library;
}

static void *make_arena(const quantir_description *d) {
  size_t alignment = d->arena_alignment, size = d->arena_size;
  if (alignment < sizeof(void *))
    alignment = sizeof(void *);
  size_t rounded = (size + alignment - 1) & ~(alignment - 1);
  /* Android has aligned_alloc from version 9 on alone. */
  void *arena = NULL;
  return posix_memalign(&arena, alignment, rounded ? rounded : alignment) == 0
             ? arena
             : NULL;
}

/* Does now what the first run would wait for page by page: the constants that
 * every run reads are mapped, where the system knows how, and the arena's pages
 * are there. What fails here, the run reports or does. */
static void prepare_first_run(quantir_model *model) {
  const quantir_description *d = &model->description;
#ifdef MADV_POPULATE_READ
  if (d->constants_size > 0) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = (uintptr_t)d->constants & ~(page - 1);
    uintptr_t end = (uintptr_t)d->constants + d->constants_size;
    (void)madvise((void *)begin, end - begin, MADV_POPULATE_READ);
  }
#endif
  if (d->arena_size > max_early_arena)
    return;
  void *arena = make_arena(d);
  if (arena)
    memset(arena, 0, d->arena_size);
  atomic_store(&model->spare_arena, arena);
}

/* The model of a description that was found, with the code of `level`, which
 * quantir_choose_level explains. Owns the library, if there is one. */
static quantir_model *make_model(const char *path, void *library,
                                 const quantir_description *found,
                                 int (*run)(const quantir_context *),
                                 const char *level, quantir_error *error) {
  quantir_model *model = NULL;
  if (check_version(path, found, error)) {
    quantir_description description = *found;
    if (quantir_choose_level(path, level, &description, &run, error) &&
        check_description(path, &description, error)) {
      model = calloc(1, sizeof *model);
      if (!model)
        quantir_report(error, "%s: out of memory", path);
      else {
        model->library = library;
        model->description = description;
        model->run = run;
        pthread_mutex_init(&model->gpu_lock, NULL);
        prepare_first_run(model);
      }
    }
  }
  if (!model && library)
    dlclose(library);
  return model;
}

quantir_model *quantir_load(const char *path, quantir_error *error) {
  return quantir_load_level(path, NULL, error);
}

quantir_model *quantir_load_level(const char *path, const char *level,
                                  quantir_error *error) {
  if (quantir_is_truncated(path)) {
    quantir_report(error, "%s is incomplete; compile or copy it again", path);
    return NULL;
  }
  void *library = open_library(path, error);
  if (!library)
    return NULL;
  const quantir_description *found = dlsym(library, "quantir_artifact");
  void *symbol = dlsym(library, "quantir_run");
  if (!found || !symbol) {
    quantir_report(error,
                   "%s is a library, but not a compiled model: it lacks "
                   "quantir_artifact or quantir_run",
                   path);
    dlclose(library);
    return NULL;
  }
  int (*run)(const quantir_context *);
  memcpy(&run, &symbol, sizeof run);
  return make_model(path, library, found, run, level, error);
}

quantir_model *quantir_adopt(const quantir_description *description,
                             int (*run)(const quantir_context *),
                             quantir_error *error) {
  return make_model("the linked model", NULL, description, run, NULL, error);
}

void quantir_unload(quantir_model *model) {
  if (!model)
    return;
  quantir_model_leave_gpu(model);
  pthread_mutex_destroy(&model->gpu_lock);
  free(atomic_load(&model->spare_arena));
  if (model->library)
    dlclose(model->library);
  free(model);
}

const quantir_description *
quantir_model_description(const quantir_model *model) {
  return &model->description;
}

static bool check_buffers(const char *role, const quantir_tensor *tensors,
                          uint32_t expected, const void *const *buffers,
                          const size_t *bytes, uint32_t given,
                          quantir_error *error) {
  if (given != expected) {
    quantir_report(error, "the model has %u %ss, but %u were given", expected,
                   role, given);
    return false;
  }
  for (uint32_t i = 0; i < given; ++i) {
    size_t needed = quantir_tensor_bytes(&tensors[i]);
    if (bytes[i] != needed) {
      quantir_report(error, "%s '%s' has %zu bytes, but %zu were given", role,
                     tensors[i].name, needed, bytes[i]);
      return false;
    }
    if (!buffers[i]) {
      quantir_report(error, "the buffer of %s '%s' is NULL", role,
                     tensors[i].name);
      return false;
    }
  }
  return true;
}

static void *take_arena(quantir_model *model) {
  void *arena = atomic_exchange(&model->spare_arena, NULL);
  return arena ? arena : make_arena(&model->description);
}

static void give_arena_back(quantir_model *model, void *arena) {
  free(atomic_exchange(&model->spare_arena, arena));
}

int quantir_model_run_on_cpu(quantir_model *model, const void *const *inputs,
                             void *const *outputs, quantir_pool *pool,
                             void (*on_step)(void *observer, uint32_t step),
                             void *observer, quantir_error *error) {
  void *arena = take_arena(model);
  if (!arena) {
    quantir_report(error, "no memory for the arena of %llu bytes",
                   (unsigned long long)model->description.arena_size);
    return -1;
  }
  quantir_context context = {.inputs = inputs,
                             .outputs = outputs,
                             .arena = arena,
                             .parallel_for =
                                 pool ? quantir_pool_parallel_for : NULL,
                             .pool = pool,
                             .on_step = on_step,
                             .observer = observer};
  int status = model->run(&context);
  give_arena_back(model, arena);
  if (status != 0) {
    quantir_report(error, "the model's run ended with status %d", status);
    return -1;
  }
  return 0;
}

int quantir_model_run(quantir_model *model, const void *const *inputs,
                      const size_t *input_bytes, uint32_t num_inputs,
                      void *const *outputs, const size_t *output_bytes,
                      uint32_t num_outputs, quantir_pool *pool,
                      quantir_error *error) {
  return quantir_model_run_observed(model, inputs, input_bytes, num_inputs,
                                    outputs, output_bytes, num_outputs, pool,
                                    NULL, NULL, error);
}

int quantir_model_run_observed(quantir_model *model, const void *const *inputs,
                               const size_t *input_bytes, uint32_t num_inputs,
                               void *const *outputs, const size_t *output_bytes,
                               uint32_t num_outputs, quantir_pool *pool,
                               void (*on_step)(void *observer, uint32_t step),
                               void *observer, quantir_error *error) {
  const quantir_description *d = &model->description;
  if (!check_buffers("input", d->inputs, d->num_inputs, inputs, input_bytes,
                     num_inputs, error) ||
      !check_buffers("output", d->outputs, d->num_outputs,
                     (const void *const *)outputs, output_bytes, num_outputs,
                     error))
    return -1;
  if (quantir_model_is_on_gpu(model)) {
    if (quantir_model_run_on_gpu(model, inputs, outputs, error) == 0)
      return 0;
    if (!model->may_leave_gpu)
      return -1;
    atomic_store(&model->left_gpu, true);
  }
  /* Once it was on a GPU, the description's steps may be others. */
  return quantir_model_run_on_cpu(model, inputs, outputs, pool,
                                  model->gpu ? NULL : on_step, observer, error);
}
