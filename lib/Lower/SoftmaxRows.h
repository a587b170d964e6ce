#ifndef QUANTIR_LIB_LOWER_SOFTMAXROWS_H
#define QUANTIR_LIB_LOWER_SOFTMAXROWS_H

#include "RowCode.h"

namespace quantir {

/// Vectors whose exponentials are computed side by side: one is a chain of
/// twenty operations that wait for each other.
constexpr int64_t kSoftmaxBundle = 4;

/// Where the lanes of the rows in work come from and go to; `slot` counts rows.
struct SoftmaxRows {
  using Load = std::function<mlir::Value(int64_t slot, mlir::Value column,
                                         int64_t lanes, int64_t valid)>;
  Load first; ///< an element of the input, the first time
  Load again; ///< later
  std::function<void(int64_t slot, mlir::Value column, mlir::Value lanes)> keep;
  Load kept; ///< what `keep` was given; it may have replaced the input
  std::function<void(int64_t slot, mlir::Value column, int64_t valid,
                     mlir::Value result)>
      store;
};

/// Softmax, as the op defines it, of `count` rows side by side. `keep` is
/// called only when `keepsExponentials`.
void emitSoftmaxRows(KernelFunction &kernel, SoftmaxOp softmax, RowCode &code,
                     int64_t count, const SoftmaxRows &rows);

/// True when the exponentials are kept until their sum is known.
bool keepsExponentials(SoftmaxOp softmax);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_SOFTMAXROWS_H
