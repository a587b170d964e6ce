#ifndef QUANTIR_TEST_UNIT_APPROXIMATE_ROWS_H
#define QUANTIR_TEST_UNIT_APPROXIMATE_ROWS_H

#include "quantir/Approximate/Softmax.h"
#include <vector>

namespace quantir::test {

/// Rows of symmetric codes, quantized together.
struct Rows {
  std::vector<std::vector<int32_t>> codes;
  double scale;
};

/// `count` rows of normal numbers in codes [-most, most], which the largest
/// number reaches.
Rows normalRows(int count, int columns, double deviation, int32_t most);

/// Codes of normal numbers around 0.3. With `outliers` one code of a hundred in
/// every 50th row is 60 times as large, and its range is that of all rows.
std::vector<std::vector<int32_t>> normRows(int count, int columns, int32_t most,
                                           bool outliers);

/// Softmax of real numbers scale * code, in double.
std::vector<double> exactSoftmax(llvm::ArrayRef<int32_t> codes, double scale);

/// What a softmax form loses on rows, on average.
struct SoftmaxError {
  double l1;  ///< sum |p - exact p| of a row
  double sum; ///< sum p of a row
};
SoftmaxError errorOf(approximate::SoftmaxForm form,
                     approximate::Conduct conduct, const Rows &rows);

/// The form for such rows; its failure fails the test.
std::unique_ptr<approximate::SoftmaxArithmetic>
makeSoftmax(approximate::SoftmaxForm form, double scale, int64_t columns,
            int64_t span = 255,
            approximate::Conduct conduct = approximate::Conduct::Sound);

} // namespace quantir::test

#endif // QUANTIR_TEST_UNIT_APPROXIMATE_ROWS_H
