#ifndef QUANTIR_APPROXIMATE_FORMS_H
#define QUANTIR_APPROXIMATE_FORMS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>

/// Published integer forms of functions that are not linear, by name.
namespace quantir::approximate {

enum class SoftmaxForm {
  IBert,
  Shiftmax,
  Log2,
  HyQ,
  LiteRT,
  LiteRT16,
  Index,
  XNNPACK
};
enum class GeluForm { Table, IBert, ShiftGelu };
enum class NormForm { Exact, IBert, IVit };

/// What users and the table of forms need to know of one.
template <typename Form> struct FormInfo {
  Form form;
  llvm::StringLiteral name;   ///< as in `--softmax=ibert`
  llvm::StringLiteral source; ///< paper and year, repository and file
  llvm::StringLiteral about;  ///< its arithmetic in a few words
};

llvm::ArrayRef<FormInfo<SoftmaxForm>> softmaxForms();
llvm::ArrayRef<FormInfo<GeluForm>> geluForms();
llvm::ArrayRef<FormInfo<NormForm>> normForms();

/// The form of that name; the error lists those there are.
llvm::Expected<SoftmaxForm> parseSoftmaxForm(llvm::StringRef name);
llvm::Expected<GeluForm> parseGeluForm(llvm::StringRef name);
llvm::Expected<NormForm> parseNormForm(llvm::StringRef name);

/// Whether a form runs as it should or with the faults of the code that its
/// authors published, which experiments with it have.
enum class Conduct {
  /// Corrected where the published code loses precision without need, and
  /// refused where an intermediate value would not fit.
  Sound,
  /// As the authors' code computes it.
  AsPublished
};

/// What the integer codes of a result mean.
struct CodeMeaning {
  double scale = 1;
  int32_t zeroPoint = 0;
  /// Code c is 2^-c, and 0 from 16 on, whatever the scale.
  bool logarithmic = false;

  double real(int64_t code) const;
};

/// The most bits an intermediate value takes, its sign included.
struct Width {
  std::string value;
  int bits;
  int limit; ///< how many the form has for it
};

/// Bits of a signed number that holds [-magnitude, magnitude].
int signedBits(double magnitude);

/// A failure that names the first value too wide, if there is one.
llvm::Error checkWidths(llvm::StringRef form, llvm::ArrayRef<Width> widths);

} // namespace quantir::approximate

#endif // QUANTIR_APPROXIMATE_FORMS_H
