#ifndef QUANTIR_LIB_CALIBRATE_VECTORCLONES_H
#define QUANTIR_LIB_CALIBRATE_VECTORCLONES_H

/// Compiles a function once for each width of vectors and takes the processor's
/// when the program starts. For loops over every element that is observed,
/// whose results no choice of instructions can change: no sums of floats in
/// another order, no product that is added to something. Clang forgets to emit
/// what only clones call, so that they call nothing of their file's own.
#if defined(__x86_64__) && defined(__ELF__)
#define QUANTIR_VECTOR_CLONES                                                  \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define QUANTIR_VECTOR_CLONES
#endif

#endif // QUANTIR_LIB_CALIBRATE_VECTORCLONES_H
