#include "VulkanSelfTest.h"

#include "Level.h"
#include "VulkanModel.h"
#include "VulkanProbe.h"
#include "VulkanTrial.h"

#include <stdlib.h>

/* What drivers get wrong is left out step by step: first nothing, then the
 * device's own division and square root, saturating dot products, all dot
 * products and short floats. */
enum { RUNGS = 4 };

static quantir_gpu_verdict rung(int number, uint32_t exact_constants) {
  return (quantir_gpu_verdict){
      .is_right = 1,
      .exact_constants = number == 0 ? exact_constants : 0,
      .skipped_forms = number == 2,
      .hidden_needs = number == 3 ? QUANTIR_GPU_DOT | QUANTIR_GPU_F16 : 0};
}

/* What is tested: a model's program, and how it is to be recorded. */
typedef struct subject {
  const quantir_description *description;
  const uint32_t *words; /* of the program's code, unpacked */
  const quantir_device_options *options;
} subject;

static quantir_gpu_model *record(const subject *of, quantir_gpu *gpu,
                                 const quantir_gpu_verdict *settings,
                                 quantir_error *error) {
  const quantir_description *d = of->description;
  const quantir_device_options *options = of->options;
  quantir_gpu_options all = {.cache_folder = options->cache_folder,
                             .hidden_needs = settings->hidden_needs,
                             .exact_constants = settings->exact_constants,
                             .skipped_forms = settings->skipped_forms,
                             .timed = options->timed,
                             .pool = options->pool};
  return quantir_gpu_record_words(gpu, d->gpu, of->words, d->num_inputs,
                                  d->num_outputs, &all, error);
}

enum outcome { RIGHT, WRONG, FAILED };

/* Runs and compares. */
static enum outcome try_run(const quantir_description *d, const char *device,
                            quantir_gpu_model *recorded,
                            const quantir_gpu_trial *t, quantir_error *error) {
  if (quantir_gpu_run(recorded, (const void *const *)t->inputs, t->found,
                      error) != 0)
    return FAILED;
  return quantir_gpu_is_right(d, device, t, error) ? RIGHT : WRONG;
}

/* Records with a rung's settings and runs, again when that was right: what was
 * left in memory must not matter. A run that fails may have lost the device,
 * which is then closed. */
static enum outcome try_rung(const subject *of, quantir_gpu **gpu,
                             const quantir_gpu_trial *t,
                             const quantir_gpu_verdict *rung,
                             quantir_gpu_model **recorded,
                             quantir_error *error) {
  *recorded = record(of, *gpu, rung, error);
  if (!*recorded)
    return FAILED;
  enum outcome outcome = RIGHT;
  for (int run = 0; outcome == RIGHT && run < 2; ++run)
    outcome =
        try_run(of->description, quantir_gpu_name(*gpu), *recorded, t, error);
  if (outcome == RIGHT)
    return outcome;
  quantir_gpu_free(*recorded);
  *recorded = NULL;
  if (outcome == FAILED) {
    quantir_gpu_close(*gpu);
    *gpu = NULL;
  }
  return outcome;
}

/* Goes down the ladder. The verdict is saved when it is one: no device is
 * called wrong for what failed to run. */
static quantir_gpu_model *climb_down(const subject *of, quantir_gpu **gpu,
                                     int32_t index, const quantir_gpu_trial *t,
                                     uint32_t exact_constants,
                                     quantir_gpu_verdict *verdict,
                                     quantir_error *error) {
  enum outcome outcome = WRONG;
  bool all_ran = true;
  quantir_gpu_model *recorded = NULL;
  for (int i = exact_constants ? 0 : 1; outcome != RIGHT && i < RUNGS; ++i) {
    if (!*gpu)
      *gpu = quantir_gpu_open(index, error);
    if (!*gpu)
      return NULL;
    *verdict = rung(i, exact_constants);
    outcome = try_rung(of, gpu, t, verdict, &recorded, error);
    all_ran &= outcome != FAILED;
  }
  verdict->is_right = outcome == RIGHT;
  if (outcome == RIGHT || all_ran)
    quantir_gpu_save_verdict(*gpu, of->description->gpu,
                             of->options->cache_folder, verdict);
  return recorded;
}

/* Whether floats can be computed exactly at all, for a program that must. */
static bool check_rounding(quantir_gpu *gpu, const quantir_gpu_program *program,
                           uint32_t *exact_constants, quantir_error *error) {
  bool rounds;
  if (!quantir_gpu_probe(gpu, exact_constants, &rounds, error))
    return false;
  if (rounds || !program->exact)
    return true;
  quantir_report(error, "%s does not round sums and products to nearest even",
                 quantir_gpu_name(gpu));
  return false;
}

/* The verdict on a valid program, and what was recorded if it is right. */
static quantir_gpu_model *judge(quantir_model *model, const subject *of,
                                quantir_gpu **gpu, int32_t index,
                                quantir_gpu_verdict *verdict,
                                quantir_error *error) {
  const quantir_description *d = of->description;
  if (quantir_gpu_load_verdict(*gpu, d->gpu, of->options->cache_folder,
                               verdict)) {
    if (verdict->is_right)
      return record(of, *gpu, verdict, error);
    quantir_report(error,
                   "%s computes the model wrongly, as an earlier test found",
                   quantir_gpu_name(*gpu));
    return NULL;
  }
  uint32_t exact_constants;
  if (!check_rounding(*gpu, d->gpu, &exact_constants, error))
    return NULL;
  quantir_gpu_trial t = {0};
  quantir_gpu_model *recorded = NULL;
  if (quantir_gpu_open_trial(model, of->options->pool, &t, error))
    recorded = climb_down(of, gpu, index, &t, exact_constants, verdict, error);
  quantir_gpu_close_trial(d, &t);
  return recorded;
}

quantir_gpu_model *quantir_gpu_prove(quantir_model *model, quantir_gpu **gpu,
                                     int32_t index,
                                     const quantir_device_options *options,
                                     quantir_gpu_verdict *verdict,
                                     quantir_error *error) {
  const quantir_description *d = &model->description;
  uint32_t *words = quantir_gpu_unpack(d->gpu, error);
  subject of = {d, words, options};
  quantir_gpu_model *recorded = NULL;
  if (words && quantir_gpu_check(*gpu, d->gpu, words, d->num_inputs,
                                 d->num_outputs, error))
    recorded = judge(model, &of, gpu, index, verdict, error);
  free(words);
  return recorded;
}
