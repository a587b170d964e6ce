#include "quantir/Calibrate/ChannelStatistics.h"

#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>

using namespace llvm;
using namespace quantir;

static constexpr double unit = 0x1p-40;
static constexpr double highUnit = 0x1p64 * unit;

void ExactSum::add(double term) {
  double units = std::nearbyint(std::clamp(term, -0x1p63, 0x1p63) / unit);
  // Both parts are exact: a double has 53 bits, the low part 64.
  double upper = std::floor(units / 0x1p64);
  merge({static_cast<uint64_t>(units - upper * 0x1p64),
         static_cast<uint64_t>(static_cast<int64_t>(upper))});
}

void ExactSum::merge(const ExactSum &other) {
  low += other.low;
  high += other.high + (low < other.low);
}

double ExactSum::value() const {
  // The magnitude, so that small negative sums lose nothing.
  bool negative = static_cast<int64_t>(high) < 0;
  uint64_t lower = negative ? -low : low;
  uint64_t upper = negative ? ~high + (low == 0) : high;
  double magnitude =
      static_cast<double>(upper) * highUnit + static_cast<double>(lower) * unit;
  return negative ? -magnitude : magnitude;
}

namespace {
/// What one sample adds; plain arrays, for the compiler's vectors.
struct RowSums {
  explicit RowSums(size_t channels)
      : low(channels, HUGE_VALF), high(channels, -HUGE_VALF), sum(channels) {}

  void add(const float *row) {
    for (size_t c = 0; c != sum.size(); ++c) {
      low[c] = std::min(low[c], row[c]);
      high[c] = std::max(high[c], row[c]);
      sum[c] += row[c];
    }
  }

  std::vector<float> low, high;
  std::vector<double> sum;
};
} // namespace

void ChannelStatistics::add(ArrayRef<float> values, size_t numChannels) {
  if (numChannels == 0 || (!entries.empty() && entries.size() != numChannels))
    return;
  RowSums sample(numChannels);
  uint64_t added = 0;
  for (; values.size() >= numChannels;
       values = values.drop_front(numChannels)) {
    ArrayRef<float> row = values.take_front(numChannels);
    // A row that holds NaN or infinity sums to one of them.
    float total = 0;
    for (float value : row)
      total += value * 0;
    if (total != 0)
      continue;
    sample.add(row.data());
    ++added;
  }
  if (!added)
    return;
  bool first = entries.empty();
  entries.resize(numChannels);
  for (auto [index, channel] : enumerate(entries)) {
    // Adding zero makes -0 and +0 one value.
    float low = sample.low[index] + 0.0f, high = sample.high[index] + 0.0f;
    channel.low = first ? low : std::min(channel.low, low);
    channel.high = first ? high : std::max(channel.high, high);
    channel.sum.add(sample.sum[index]);
  }
  rows += added;
}

bool ChannelStatistics::merge(const ChannelStatistics &other) {
  if (other.entries.empty())
    return true;
  if (entries.empty()) {
    *this = other;
    return true;
  }
  if (entries.size() != other.entries.size())
    return false;
  for (auto [mine, theirs] : zip(entries, other.entries)) {
    mine.low = std::min(mine.low, theirs.low);
    mine.high = std::max(mine.high, theirs.high);
    mine.sum.merge(theirs.sum);
  }
  rows += other.rows;
  return true;
}

double ChannelStatistics::mean(size_t channel) const {
  return rows ? entries[channel].sum.value() / static_cast<double>(rows) : 0;
}
