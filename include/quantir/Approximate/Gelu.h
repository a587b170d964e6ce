#ifndef QUANTIR_APPROXIMATE_GELU_H
#define QUANTIR_APPROXIMATE_GELU_H

#include "quantir/Approximate/Forms.h"
#include <vector>

namespace quantir::approximate {

/// Integer codes of 8 or 16 bits: real = scale * (code - zeroPoint).
struct CodeSet {
  double scale;
  int32_t zeroPoint;
  int32_t low, high;

  double real(int32_t code) const { return scale * (code - zeroPoint); }
  /// The nearest code, ties to even, saturating.
  int32_t code(double real) const;
  int64_t count() const { return int64_t(high) - low + 1; }
};

/// x (1 + erf(x / sqrt 2)) / 2.
double exactGelu(double x);

/// Integers, and what one of them is worth.
struct ScaledCodes {
  std::vector<int64_t> codes;
  double scale;
};

/// GELU of one row of codes without zero point. Fails in sound conduct when an
/// intermediate value of the form would not fit.
///
/// As published, I-BERT drops 14 bits of its polynomial (which only inputs of
/// many bits can spare), and ShiftGELU takes exponentials relative to the row's
/// largest code and keeps 8 bits of the sigmoid; soundly both work on each code
/// alone, ShiftGELU with 16 bits. `Table` has no integers of its own and fails.
llvm::Expected<ScaledCodes> gelu(GeluForm form, llvm::ArrayRef<int32_t> row,
                                 double scale, Conduct conduct);

/// The result's code for every input code, from `in.low` on: what a compiler
/// tabulates. ShiftGELU as published has none.
llvm::Expected<std::vector<int32_t>> geluTable(GeluForm form, const CodeSet &in,
                                               const CodeSet &out,
                                               Conduct conduct);

} // namespace quantir::approximate

#endif // QUANTIR_APPROXIMATE_GELU_H
