#ifndef QUANTIR_LIB_RUNTIME_LEVEL_H
#define QUANTIR_LIB_RUNTIME_LEVEL_H

#include "quantir/Runtime/Runtime.h"

#include <stdbool.h>

/* Fills `error`, when it is not NULL, as printf does. */
void quantir_report(quantir_error *error, const char *format, ...);

/* Makes `d`, a copy of the description of the artifact `path`, that of the
 * level which is to run here, called `name` or else the best, and `run` its
 * function. False, with the reason, when none can. */
bool quantir_choose_level(const char *path, const char *name,
                          quantir_description *d,
                          int (**run)(const quantir_context *),
                          quantir_error *error);

#endif /* QUANTIR_LIB_RUNTIME_LEVEL_H */
