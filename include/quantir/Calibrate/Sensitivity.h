#ifndef QUANTIR_CALIBRATE_SENSITIVITY_H
#define QUANTIR_CALIBRATE_SENSITIVITY_H

#include "quantir/Calibrate/ChannelStatistics.h"
#include <optional>

namespace quantir {

/// How much a model's outputs depend on the precision of one tensor: the mean,
/// over the samples it was measured on, of noise / signal (energies) at the
/// outputs when that tensor alone is rounded to 8 bits. Merges like the other
/// statistics.
class Sensitivity {
public:
  /// What is over 1, or no number, counts as 1: nothing is left of the signal.
  void add(double noiseToSignal);
  void merge(const Sensitivity &other);
  /// Number of samples it was measured on.
  uint64_t count() const { return samples; }
  /// Nothing when it never was.
  std::optional<double> noiseToSignal() const;

  bool operator==(const Sensitivity &other) const = default;

private:
  friend class HistogramCodec;
  uint64_t samples = 0;
  ExactSum sum;
};

} // namespace quantir

#endif // QUANTIR_CALIBRATE_SENSITIVITY_H
