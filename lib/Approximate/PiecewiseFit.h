#ifndef QUANTIR_LIB_APPROXIMATE_PIECEWISEFIT_H
#define QUANTIR_LIB_APPROXIMATE_PIECEWISEFIT_H

#include "Quantir/QuantirOps.h"

namespace quantir {

/// What a `quantir.piecewise` computes, and its certificate.
struct PiecewiseFit {
  float low = 0, high = 0, segmentsPerUnit = 0;
  /// c0, c1, c2 of 16 segments each, for results in steps.
  std::vector<double> coefficients;
  /// The largest distance from the function before rounding, both clamped to
  /// the codes, in steps; over 65,536 numbers from below `low` to above `high`.
  double stepsOff = 0;
};

/// What the values of a function become: value / step + zero, between `least`
/// and `most` steps.
struct StepRange {
  double step = 1, zero = 0, least = 0, most = 0;
};

/// The values of a function at many places, or failure.
using ManyValues = llvm::function_ref<mlir::FailureOr<std::vector<float>>(
    llvm::ArrayRef<float>)>;

/// Sixteen quadratics for `function` in steps. The range is where
/// the steps change; beyond it they are what they are at its ends. The last
/// segment is as long as suits the function best (GELU becomes a line). In each
/// segment the quadratic goes through three values of the function at
/// Chebyshev's points. Failure when the function changes up to infinity, or is
/// no number somewhere.
mlir::FailureOr<PiecewiseFit> fitPiecewise(ManyValues function,
                                           const StepRange &out);

} // namespace quantir

#endif // QUANTIR_LIB_APPROXIMATE_PIECEWISEFIT_H
