#ifndef QUANTIR_LIB_CALIBRATE_ERRORMODEL_H
#define QUANTIR_LIB_CALIBRATE_ERRORMODEL_H

#include "quantir/Calibrate/Estimators.h"

namespace quantir {

/// Nearest integer, ties to even, for |value| < 2^51: branch-free, so that
/// loops over the bins can be vectorized.
inline double nearestInteger(double value) {
  constexpr double shift = 0x1.8p52;
  return (value + shift) - shift;
}

/// The expected rounding and clipping error of a histogram's values, where the
/// values of a bin are spread evenly over it. The outermost bins reach only as
/// far as the smallest and largest value.
class ErrorModel {
public:
  explicit ErrorModel(const Histogram &histogram);

  /// Sum over all values of (x - Q(x))^2.
  double operator()(const ScaleAndZeroPoint &quantization,
                    const CodeRange &codes) const;

private:
  struct Bin {
    /// Indices of its ends in `edges`.
    uint32_t low, high;
    /// Number of values / their distance.
    double density;
  };
  void addBin(double low, double high, uint64_t values,
              const Histogram &histogram);

  /// The index of that edge; neighbours share theirs.
  uint32_t edge(double value);

  std::vector<Bin> bins;
  std::vector<double> edges;
  /// All values of the tensor are this one, as often as `atoms` says.
  double atom = 0;
  double atoms = 0;
};

/// Chooses the range with the least error; never worse than min-max.
ScaleAndZeroPoint leastErrorScale(const Histogram &histogram,
                                  const CodeRange &codes);

/// Chooses the range whose distribution of codes tells the most about the
/// distribution of values (Kullback-Leibler divergence).
ScaleAndZeroPoint leastDivergenceScale(const Histogram &histogram,
                                       const CodeRange &codes);

} // namespace quantir

#endif // QUANTIR_LIB_CALIBRATE_ERRORMODEL_H
