#ifndef QUANTIR_CALIBRATE_CHANNELSTATISTICS_H
#define QUANTIR_CALIBRATE_CHANNELSTATISTICS_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <vector>

namespace quantir {

/// A sum whose value does not depend on the order of its terms: each is rounded
/// to a multiple of 2^-40, held to +-2^63, and added in 128 bits, exactly.
class ExactSum {
public:
  void add(double term);
  void merge(const ExactSum &other);
  double value() const;
  /// Two's complement in units of 2^-40.
  uint64_t low = 0, high = 0;
  bool operator==(const ExactSum &other) const = default;
};

/// The extremes and the mean of every channel of a tensor, the last dimension
/// being the channels. As with `Histogram`, any split or order of the samples
/// gives the same bits.
class ChannelStatistics {
public:
  struct Channel {
    float low = 0, high = 0;
    ExactSum sum;
    bool operator==(const Channel &other) const = default;
  };

  /// Adds one sample: rows of `numChannels` values. Rows with NaN or infinity
  /// are left out.
  void add(llvm::ArrayRef<float> values, size_t numChannels);

  /// As if the rows that `other` saw had been added here; false, and nothing
  /// done, when it has another number of channels.
  bool merge(const ChannelStatistics &other);

  /// Number of rows.
  uint64_t count() const { return rows; }
  /// None before the first row.
  llvm::ArrayRef<Channel> channels() const { return entries; }
  double mean(size_t channel) const;

  bool operator==(const ChannelStatistics &other) const = default;

private:
  friend class HistogramCodec;
  uint64_t rows = 0;
  std::vector<Channel> entries;
};

} // namespace quantir

#endif // QUANTIR_CALIBRATE_CHANNELSTATISTICS_H
