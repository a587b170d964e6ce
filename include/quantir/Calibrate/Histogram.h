#ifndef QUANTIR_CALIBRATE_HISTOGRAM_H
#define QUANTIR_CALIBRATE_HISTOGRAM_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <vector>

namespace quantir {

/// What calibration remembers of one tensor: a two-sided histogram whose bins
/// are dyadic, so that it grows by adding neighbours and merges exactly.
///
/// Bin `k` of a side counts the values with `k * w < |x| <= (k + 1) * w`, where
/// `w = 2^(e - 11)` and `e` is the smallest exponent with `max|x| <= 2^e` (at
/// least `minExponent`). Zeros are counted apart. The state is a function of
/// the multiset of values: any split, order or tree of merges gives the same
/// bits. Memory is 32 KiB, whatever the number of values.
class Histogram {
public:
  static constexpr int logBins = 11;
  static constexpr unsigned binsPerSide = 1u << logBins;
  /// Smaller magnitudes share the bins of this exponent.
  static constexpr int minExponent = -100;

  /// Counts every value; NaN and infinity are only counted as `nonFinite`.
  void add(llvm::ArrayRef<float> values);

  /// As if the values that `other` saw had been added here.
  void merge(const Histogram &other);

  /// Number of finite values, zeros included.
  uint64_t count() const { return finite; }
  uint64_t zeros() const { return zero; }
  uint64_t nonFinite() const { return bad; }
  /// The smallest and largest finite value, 0 when there is none.
  float min() const { return lowest; }
  float max() const { return highest; }

  int exponent() const { return exp; }
  double binWidth() const;
  /// Counts of |x| for x > 0 and x < 0: `binsPerSide` entries, or none while no
  /// value but zero was seen.
  llvm::ArrayRef<uint64_t> positive() const;
  llvm::ArrayRef<uint64_t> negative() const;

  /// Moments with every value at the middle of its bin: at most half a bin
  /// width off for the mean.
  double mean() const;
  double meanSquare() const;

  bool operator==(const Histogram &other) const = default;

private:
  friend class HistogramCodec;
  void addBlock(llvm::ArrayRef<float> block);
  void raiseExponent(int newExponent);
  void include(float low, float high);

  uint64_t finite = 0;
  uint64_t zero = 0;
  uint64_t bad = 0;
  float lowest = 0;
  float highest = 0;
  int exp = minExponent;
  std::vector<uint64_t> bins; // positive side, then negative side
};

} // namespace quantir

#endif // QUANTIR_CALIBRATE_HISTOGRAM_H
