#ifndef QUANTIR_LIB_APPROXIMATE_INTERPOLATIONTABLE_H
#define QUANTIR_LIB_APPROXIMATE_INTERPOLATIONTABLE_H

#include "Quantir/QuantirOps.h"

namespace quantir {

/// The table of a `quantir.interpolate` and its certificate.
struct InterpolationTable {
  /// c0, c1, c2 of 64 segments each.
  std::vector<int32_t> coefficients;
  int fractionBits = 0;
  /// The largest distance from the function, clamped to the codes of the
  /// result, over all 65,536 input codes, in steps.
  double stepsOff = 0;
};

/// The table for codes of type `out` of a function whose real values at the
/// codes -32768 to 32767 are `values`. In each segment the quadratic goes
/// through three values of the function near Chebyshev's points, which is close
/// to the best one; constants are computed in double and rounded once.
InterpolationTable interpolationTable(llvm::ArrayRef<float> values,
                                      mlir::quant::QuantizedType out);

/// What `quantir.interpolate` gives for the 16-bit `code`.
int32_t interpolated(const InterpolationTable &table, int32_t code,
                     mlir::quant::QuantizedType out);

} // namespace quantir

#endif // QUANTIR_LIB_APPROXIMATE_INTERPOLATIONTABLE_H
