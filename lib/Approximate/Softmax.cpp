#include "SoftmaxForms.h"

#include "llvm/Support/FormatVariadic.h"
#include <algorithm>

using namespace llvm;

namespace quantir::approximate {

SoftmaxArithmetic::~SoftmaxArithmetic() = default;

static StringRef nameOf(SoftmaxForm form) {
  for (const FormInfo<SoftmaxForm> &info : softmaxForms())
    if (info.form == form)
      return info.name;
  llvm_unreachable("every form has a name");
}

/// The largest scale at which the form's own constants are not zero.
static double largestScale(SoftmaxForm form) {
  switch (form) {
  case SoftmaxForm::IBert:
  case SoftmaxForm::Log2:
  case SoftmaxForm::HyQ:
  case SoftmaxForm::Shiftmax:
    return 1;
  case SoftmaxForm::Index:
    return 6.6;
  case SoftmaxForm::LiteRT:
    return 31;
  case SoftmaxForm::LiteRT16:
  case SoftmaxForm::XNNPACK:
    return 1e6;
  }
  llvm_unreachable("every form has a largest scale");
}

static SoftmaxPointer make(SoftmaxForm form, const SoftmaxRows &rows) {
  switch (form) {
  case SoftmaxForm::IBert:
    return makeIBertSoftmax(rows);
  case SoftmaxForm::Shiftmax:
    return makeShiftmax(rows);
  case SoftmaxForm::Log2:
  case SoftmaxForm::HyQ:
    return makeLogSoftmax(rows, form == SoftmaxForm::HyQ);
  case SoftmaxForm::LiteRT:
    return makeLiteRTSoftmax(rows);
  case SoftmaxForm::LiteRT16:
    return makeLiteRT16Softmax(rows);
  case SoftmaxForm::Index:
    return makeIndexSoftmax(rows);
  case SoftmaxForm::XNNPACK:
    return makeXNNPACKSoftmax(rows);
  }
  llvm_unreachable("every form is made");
}

Expected<SoftmaxPointer> SoftmaxArithmetic::create(SoftmaxForm form,
                                                   const SoftmaxRows &rows) {
  StringRef name = nameOf(form);
  double most = largestScale(form);
  if (!(rows.scale >= 1e-9 && rows.scale <= most))
    return createStringError(formatv("{0}: scale {1} is not in [1e-9, {2}]",
                                     name, rows.scale, most));
  if (rows.columns < 1 || rows.columns > int64_t(1) << 30)
    return createStringError(name + ": rows of " + Twine(rows.columns) +
                             " codes");
  if (rows.span < 0 || rows.span > int64_t(1) << 32)
    return createStringError(name + ": codes that span " + Twine(rows.span));
  if (form == SoftmaxForm::XNNPACK && rows.span > 255)
    return createStringError(name + ": is for codes of 8 bits alone");
  if (form == SoftmaxForm::LiteRT16 && rows.span > 65535)
    return createStringError(name + ": is for codes of up to 16 bits");
  SoftmaxPointer made = make(form, rows);
  if (rows.conduct == Conduct::Sound)
    if (Error error = checkWidths(name, made->values))
      return error;
  return made;
}

std::vector<int32_t> SoftmaxArithmetic::row(ArrayRef<int32_t> codes) const {
  std::vector<int64_t> terms;
  int32_t most = *std::max_element(codes.begin(), codes.end());
  int64_t sum = 0;
  for (int32_t code : codes) {
    terms.push_back(term(int64_t(code) - most));
    sum += addend(terms.back());
  }
  std::vector<int32_t> results;
  RowFactor shared = factor(sum);
  for (int64_t term : terms)
    results.push_back(finish(term, shared));
  return results;
}

} // namespace quantir::approximate
