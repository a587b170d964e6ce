#ifndef QUANTIR_APPROXIMATE_CERTIFICATE_H
#define QUANTIR_APPROXIMATE_CERTIFICATE_H

#include "quantir/Approximate/Gelu.h"
#include "quantir/Approximate/Softmax.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace quantir::approximate {

/// The largest error of a function of one code.
struct Certificate {
  double worst;    ///< in steps of the result's codes
  int32_t at;      ///< an input code where it occurs
  int64_t checked; ///< how many codes there are, all of them checked
};

/// Tries every input code. Where the exact value lies outside of the result's
/// codes, its error counts from the nearest of them.
/// \param table  the result's code for each of `in`'s, from `in.low` on.
Certificate certifyTable(llvm::ArrayRef<int32_t> table, const CodeSet &in,
                         const CodeSet &out,
                         llvm::function_ref<double(double)> exact);

/// How far term / sum is at most from the exact softmax, for any row.
double boundOfTerms(const SoftmaxArithmetic &softmax, const SoftmaxRows &rows);

/// The largest error of a softmax, as probabilities.
struct RowCertificate {
  /// No row of these columns and codes has a larger one. At most 1.
  double bound;
  /// The largest one found among `checked` rows: all codes equal; one or a half
  /// of the codes above all others by each distance; staircases; and 64 random
  /// rows of normal and uniform codes.
  double worst;
  int64_t checked;
};

RowCertificate certifySoftmax(const SoftmaxArithmetic &softmax,
                              const SoftmaxRows &rows);

} // namespace quantir::approximate

#endif // QUANTIR_APPROXIMATE_CERTIFICATE_H
