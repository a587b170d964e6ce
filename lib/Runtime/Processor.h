#ifndef QUANTIR_LIB_RUNTIME_PROCESSOR_H
#define QUANTIR_LIB_RUNTIME_PROCESSOR_H

#include <stdbool.h>
#include <stddef.h>

/* Whether this runtime can ask what the processor has. */
bool quantir_processor_is_known(void);

/* True when this machine's processor has every one of `features`, separated by
 * commas, as a description lists them, and the system lets programs use it.
 * Otherwise `missing` holds the first that it lacks or that this runtime does
 * not know, cut to `size` bytes. A processor that cannot be asked has all that
 * its architecture may have. */
bool quantir_processor_has(const char *features, char *missing, size_t size);

#endif /* QUANTIR_LIB_RUNTIME_PROCESSOR_H */
