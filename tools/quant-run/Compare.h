#ifndef QUANTIR_TOOLS_QUANTRUN_COMPARE_H
#define QUANTIR_TOOLS_QUANTRUN_COMPARE_H

#include "quantir/Calibrate/ArrayInfo.h"
#include <string>

namespace quantir {

struct Tolerance {
  double relative, absolute;
};

struct Comparison {
  uint64_t different = 0; ///< elements outside of the tolerance
  uint64_t firstDifferent = 0;
  double value = 0, expected = 0; ///< at firstDifferent
  double largestError = 0;        ///< absolute, over finite elements
};

/// Compares an output with what it should be, both of the form `info`: an
/// element passes when |value - expected| <= absolute + relative * |expected|;
/// NaN passes for NaN, infinity for the same infinity.
Comparison compare(const ArrayInfo &info, llvm::ArrayRef<char> values,
                   llvm::ArrayRef<char> expected, Tolerance tolerance);

} // namespace quantir

#endif // QUANTIR_TOOLS_QUANTRUN_COMPARE_H
