#ifndef QUANTIR_FIXEDPOINT_H
#define QUANTIR_FIXEDPOINT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

namespace quantir {

/// Real factors as integers over one power of two: factor[i] is about
/// multipliers[i] / 2^shift.
struct FixedPoint {
  llvm::SmallVector<int32_t> multipliers;
  /// In [0, 62].
  int shift = 0;

  /// The factors that the integers stand for are at most this much larger or
  /// smaller than the real ones.
  double error() const;
};

/// The finest fixed-point numbers of `factors` whose multipliers have at most
/// `bits` bits (1 to 31) beside the sign; each rounded to nearest. Factors too
/// large for shift 0 become the largest multiplier, those below its steps 0.
/// One shift for all: the largest factor decides it (LiteRT's single rounding,
/// quantization_util.cc, has one for each).
FixedPoint fixedPoint(llvm::ArrayRef<double> factors, int bits = 31,
                      int mostShift = 62);

} // namespace quantir

#endif // QUANTIR_FIXEDPOINT_H
