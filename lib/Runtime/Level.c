#include "Level.h"

#include "Processor.h"
#include "quantir/Runtime/Processor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LEVELS = 64 };

void quantir_report(quantir_error *error, const char *format, ...) {
  if (!error)
    return;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
}

/* Whether the code that needs `features` can run here; this asks the system for
 * what programs must ask for. */
static bool check_processor(const char *path, const char *cpu,
                            const char *features, quantir_error *error) {
  char missing[64];
  if (!quantir_processor_has(features, missing, sizeof missing)) {
    quantir_report(
        error,
        "%s was compiled for %s and needs '%s', which this processor lacks: "
        "compile the model for this one",
        path, cpu, missing);
    return false;
  }
  if (strstr(features, "amx-tile") && !quantir_ask_for_tiles()) {
    quantir_report(
        error,
        "%s uses AMX, which this system does not let programs use: compile "
        "the model with --mattr=-amx-tile",
        path);
    return false;
  }
  return true;
}

/* Writes the names of all levels to `names`, as far as they fit. */
static void list_levels(const quantir_description *d, char *names,
                        size_t size) {
  size_t used = 0;
  names[0] = 0;
  for (uint32_t i = 0; i < d->num_levels && used < size; ++i)
    used += (size_t)snprintf(names + used, size - used, "%s%s", i ? ", " : "",
                             d->levels[i].cpu);
}

/* The level called `name`, or the best that runs here; NULL when there is none.
 */
static const quantir_level *find_level(const char *path,
                                       const quantir_description *d,
                                       const char *name, quantir_error *error) {
  const quantir_level *last = &d->levels[d->num_levels - 1];
  if (!name && !quantir_processor_is_known())
    return last;
  for (const quantir_level *level = d->levels; level <= last; ++level) {
    if (name && strcmp(name, level->cpu) != 0)
      continue;
    bool decides = name || level == last;
    if (check_processor(path, level->cpu, level->features,
                        decides ? error : NULL))
      return level;
    if (decides)
      return NULL;
  }
  char names[256];
  list_levels(d, names, sizeof names);
  quantir_report(error, "%s has no code for '%s', only for: %s", path, name,
                 names);
  return NULL;
}

bool quantir_choose_level(const char *path, const char *name,
                          quantir_description *d,
                          int (**run)(const quantir_context *),
                          quantir_error *error) {
  if (d->num_levels == 0) {
    if (!name || strcmp(name, d->target_cpu) == 0)
      return check_processor(path, d->target_cpu, d->target_features, error);
    quantir_report(error, "%s has no code for '%s', only for: %s", path, name,
                   d->target_cpu);
    return false;
  }
  /* It is for a whole program, which may have other artifacts too. */
  if (!name)
    name = getenv("QUANTIR_LEVEL");
  bool valid = d->num_levels <= MAX_LEVELS && d->levels;
  for (uint32_t i = 0; valid && i < d->num_levels; ++i)
    valid = d->levels[i].cpu && d->levels[i].features && d->levels[i].run;
  if (!valid) {
    quantir_report(error,
                   "%s: the description's list of %u levels is not valid", path,
                   d->num_levels);
    return false;
  }
  const quantir_level *level = find_level(path, d, name, error);
  if (!level)
    return false;
  d->target_cpu = level->cpu;
  d->target_features = level->features;
  d->steps = level->steps;
  d->num_steps = level->num_steps;
  *run = level->run;
  return true;
}
