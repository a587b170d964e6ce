#include "quantir/Calibrate/ChannelStatistics.h"

#include "VectorClones.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
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

  void add(ArrayRef<float> values);

  std::vector<float> low, high;
  std::vector<double> sum;
};

} // namespace

constexpr size_t lanes = 16;

/// Adds rows of `stride` values to as many neighbouring channels as there are
/// lanes, or to those that are left.
QUANTIR_VECTOR_CLONES
static void addRows(const float *values, size_t rows, size_t stride,
                    size_t width, float *lows, float *highs, double *sums) {
  if (width != lanes) {
    for (; rows; --rows, values += stride)
      for (size_t lane = 0; lane != width; ++lane) {
        float value = values[lane];
        lows[lane] = value < lows[lane] ? value : lows[lane];
        highs[lane] = highs[lane] < value ? value : highs[lane];
        sums[lane] += value;
      }
    return;
  }
  // Locals, for registers.
  float low[lanes], high[lanes];
  double sum[lanes];
  for (size_t lane = 0; lane != lanes; ++lane) {
    low[lane] = lows[lane];
    high[lane] = highs[lane];
    sum[lane] = sums[lane];
  }
  for (; rows; --rows, values += stride)
    for (size_t lane = 0; lane != lanes; ++lane) {
      float value = values[lane];
      low[lane] = value < low[lane] ? value : low[lane];
      high[lane] = high[lane] < value ? value : high[lane];
      sum[lane] += value;
    }
  for (size_t lane = 0; lane != lanes; ++lane) {
    lows[lane] = low[lane];
    highs[lane] = high[lane];
    sums[lane] = sum[lane];
  }
}

void RowSums::add(ArrayRef<float> values) {
  size_t channels = sum.size();
  for (size_t first = 0; first < channels; first += lanes)
    addRows(values.data() + first, values.size() / channels, channels,
            std::min(lanes, channels - first), &low[first], &high[first],
            &sum[first]);
}

QUANTIR_VECTOR_CLONES
static bool allFinite(ArrayRef<float> values) {
  constexpr uint32_t exponent = 0x7f800000;
  uint32_t bad = 0;
  for (float value : values)
    bad |= (bit_cast<uint32_t>(value) & exponent) == exponent;
  return !bad;
}

void ChannelStatistics::add(ArrayRef<float> values, size_t numChannels) {
  if (numChannels == 0 || (!entries.empty() && entries.size() != numChannels))
    return;
  RowSums sample(numChannels);
  uint64_t added = 0;
  auto addFinite = [&](ArrayRef<float> rows) {
    if (!allFinite(rows))
      return false;
    sample.add(rows);
    added += rows.size() / numChannels;
    return true;
  };
  // Many rows at once, or what is left of them one by one.
  size_t block = std::max<size_t>(1, 4096 / numChannels) * numChannels;
  values = values.drop_back(values.size() % numChannels);
  for (; !values.empty();
       values = values.drop_front(std::min(block, values.size()))) {
    ArrayRef<float> rows = values.take_front(block);
    if (addFinite(rows))
      continue;
    for (; !rows.empty(); rows = rows.drop_front(numChannels))
      addFinite(rows.take_front(numChannels));
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
