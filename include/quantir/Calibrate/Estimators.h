#ifndef QUANTIR_CALIBRATE_ESTIMATORS_H
#define QUANTIR_CALIBRATE_ESTIMATORS_H

#include "quantir/Calibrate/Histogram.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace quantir {

/// The codes a tensor may use.
struct CodeRange {
  int32_t min;
  int32_t max;
  /// Without a zero point the range is symmetric and code 0 means 0.
  bool hasZeroPoint;

  /// Asymmetric [0, 2^bits - 1].
  static CodeRange unsignedBits(unsigned bits) {
    return {0, static_cast<int32_t>((1u << bits) - 1), true};
  }
  /// Symmetric [-(2^(bits-1) - 1), 2^(bits-1) - 1].
  static CodeRange symmetricBits(unsigned bits) {
    auto limit = static_cast<int32_t>((1u << (bits - 1)) - 1);
    return {-limit, limit, false};
  }
};

/// real = scale * (code - zeroPoint); the scale is finite and positive, the
/// zero point is a code, so 0 is represented exactly.
struct ScaleAndZeroPoint {
  float scale;
  int32_t zeroPoint;
  bool operator==(const ScaleAndZeroPoint &other) const = default;
};

/// How a clipping range is chosen.
struct Estimator {
  enum class Kind { Auto, MinMax, Percentile, Mse, Entropy };
  Kind kind = Kind::Auto;
  /// Percentile: the share of values kept, in (0, 100].
  double percent = 100;

  /// What `Auto` stands for: `MinMax` for sequences of rows, because their few
  /// large values are the ones that matter, `Mse` for images. Others stand for
  /// themselves.
  Estimator forTensor(bool ofSequence) const;

  /// Reads `auto`, `minmax`, `percentile:P`, `mse` or `entropy`.
  static llvm::Expected<Estimator> parse(llvm::StringRef text);
  std::string str() const;
};

/// The scale and zero point for the values [low, high], widened to hold 0. The
/// scale is computed in double and rounded once; the zero point is computed
/// from the rounded scale, to nearest even.
ScaleAndZeroPoint scaleForRange(double low, double high,
                                const CodeRange &codes);

/// Chooses scale and zero point for the values `histogram` has seen. A tensor
/// that was never anything but zero gets scale 1.
ScaleAndZeroPoint estimateScale(const Histogram &histogram,
                                const Estimator &estimator,
                                const CodeRange &codes);

/// Mean over all values of the squared difference between a value and its
/// nearest code, with the values of a bin spread evenly over it: rounding and
/// clipping both. Zeros cost nothing.
double meanSquaredError(const Histogram &histogram,
                        const ScaleAndZeroPoint &quantization,
                        const CodeRange &codes);

} // namespace quantir

#endif // QUANTIR_CALIBRATE_ESTIMATORS_H
