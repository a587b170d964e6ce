#ifndef QUANTIR_TOOLS_QUANTRUN_BENCHMARK_H
#define QUANTIR_TOOLS_QUANTRUN_BENCHMARK_H

#include "LoadedModel.h"
#include "llvm/Support/JSON.h"

namespace quantir {

/// Times of single runs, in milliseconds.
struct Timing {
  double min, median, p90;
};

/// Runs the model `runs` times after `warmupRuns` that do not count.
llvm::Expected<Timing> benchmark(const LoadedModel &model,
                                 const Buffers &inputs, unsigned warmupRuns,
                                 unsigned runs);

/// Inputs when the user gives none: the same numbers every time; floats and
/// 8-bit codes from their whole range ([-1, 1] for floats), and zeros for
/// integers that may be indices.
Buffers makeUpInputs(llvm::ArrayRef<ArrayInfo> arrays);

} // namespace quantir

#endif // QUANTIR_TOOLS_QUANTRUN_BENCHMARK_H
