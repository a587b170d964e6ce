#ifndef QUANTIR_LIB_RUNTIME_TRUNCATED_H
#define QUANTIR_LIB_RUNTIME_TRUNCATED_H

#include <stdbool.h>

/* True when the file `path` is a library for this machine's word size that ends
 * before its headers say. The system's loader would map it all the same, and
 * the process would die where the file ends. */
bool quantir_is_truncated(const char *path);

#endif /* QUANTIR_LIB_RUNTIME_TRUNCATED_H */
