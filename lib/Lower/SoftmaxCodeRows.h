#ifndef QUANTIR_LIB_LOWER_SOFTMAXCODEROWS_H
#define QUANTIR_LIB_LOWER_SOFTMAXCODEROWS_H

#include "SoftmaxRows.h"

namespace quantir {

/// `emitSoftmaxRows` for codes, whose lanes are i32.
void emitSoftmaxCodeRows(KernelFunction &kernel, SoftmaxOp softmax,
                         RowCode &code, int64_t count, const SoftmaxRows &rows);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_SOFTMAXCODEROWS_H
