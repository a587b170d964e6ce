#ifndef QUANTIR_APPROXIMATE_SOFTMAX_H
#define QUANTIR_APPROXIMATE_SOFTMAX_H

#include "quantir/Approximate/Forms.h"
#include <memory>
#include <vector>

namespace quantir::approximate {

/// For which rows a form is made.
struct SoftmaxRows {
  double scale;    ///< of the scores' codes
  int64_t columns; ///< codes in a row
  int64_t span;    ///< the largest code there can be less the smallest
  Conduct conduct = Conduct::Sound;
};

/// What a row's sum becomes before its elements are divided by it.
struct RowFactor {
  int64_t value = 0;
  int shift = 0;
};

/// A softmax of integer codes: from each code's distance below the largest of
/// its row to an integer term, the terms' sum, and from both to the result.
class SoftmaxArithmetic {
public:
  virtual ~SoftmaxArithmetic();

  /// Fails, in sound conduct, when an intermediate value would not fit; in any
  /// when the form has no meaning at all for such rows.
  static llvm::Expected<std::unique_ptr<SoftmaxArithmetic>>
  create(SoftmaxForm form, const SoftmaxRows &rows);

  /// In proportion to e^(scale * below); `below` is in [-span, 0].
  virtual int64_t term(int64_t below) const = 0;
  /// What a term adds to the sum.
  virtual int64_t addend(int64_t term) const { return term; }
  virtual RowFactor factor(int64_t sum) const { return {sum, 0}; }
  virtual int32_t finish(int64_t term, RowFactor factor) const = 0;
  /// How far what `finish` means can be from term / sum, at most.
  virtual double finishError() const = 0;

  /// The whole softmax of one row.
  std::vector<int32_t> row(llvm::ArrayRef<int32_t> codes) const;

  const CodeMeaning &meaning() const { return result; }
  llvm::ArrayRef<Width> widths() const { return values; }

protected:
  SoftmaxArithmetic(const SoftmaxRows &rows, CodeMeaning result)
      : rows(rows), result(result) {}

  SoftmaxRows rows;
  CodeMeaning result;
  std::vector<Width> values;
};

/// The quadratic for e^x of I-BERT and FQ-ViT, or the line of HyQ, on codes:
/// e^(scale q) is in proportion to polynomial * 2^-halvings.
struct SplitExponential {
  SplitExponential(double scale, bool isLine);

  int64_t negativeLn2; ///< floor(-0.6931 / scale): -ln 2 in codes
  int64_t b, c;
  bool isLine;

  struct Parts {
    int64_t polynomial;
    int halvings; ///< [0, 30]
  };
  Parts operator()(int64_t below) const;
};

/// I-ViT's e^(scale q) for q <= 0, in proportion, with `guardBits` fraction
/// bits, and the code of -1 it reduces by.
int64_t shiftExponential(int64_t below, double scale, int guardBits);
int64_t negativeOne(double scale);

} // namespace quantir::approximate

#endif // QUANTIR_APPROXIMATE_SOFTMAX_H
