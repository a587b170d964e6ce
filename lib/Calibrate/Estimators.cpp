#include "quantir/Calibrate/Estimators.h"

#include "ErrorModel.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace llvm;
using namespace quantir;

Expected<Estimator> Estimator::parse(StringRef text) {
  if (text == "auto")
    return Estimator{Kind::Auto};
  if (text == "minmax")
    return Estimator{Kind::MinMax};
  if (text == "mse")
    return Estimator{Kind::Mse};
  if (text == "entropy")
    return Estimator{Kind::Entropy};
  StringRef number = text;
  Estimator result{Kind::Percentile};
  if (number.consume_front("percentile:") &&
      !number.getAsDouble(result.percent) && result.percent > 0 &&
      result.percent <= 100)
    return result;
  return createStringError(
      "unknown calibration method '" + text +
      "'; use auto, minmax, percentile:P with P in (0, 100], mse or entropy");
}

Estimator Estimator::forTensor(bool ofSequence) const {
  if (kind != Kind::Auto)
    return *this;
  return Estimator{ofSequence ? Kind::MinMax : Kind::Mse};
}

std::string Estimator::str() const {
  switch (kind) {
  case Kind::Auto:
    return "auto";
  case Kind::MinMax:
    return "minmax";
  case Kind::Percentile:
    return formatv("percentile:{0}", percent);
  case Kind::Mse:
    return "mse";
  case Kind::Entropy:
    return "entropy";
  }
  llvm_unreachable("every kind has a name");
}

ScaleAndZeroPoint quantir::scaleForRange(double low, double high,
                                         const CodeRange &codes) {
  low = std::min(low, 0.0);
  high = std::max(high, 0.0);
  double exact = codes.hasZeroPoint ? (high - low) / (codes.max - codes.min)
                                    : std::max(-low, high) / codes.max;
  if (exact == 0)
    return {1, codes.hasZeroPoint ? codes.min : 0};
  // A subnormal scale has no exact inverse and no precision left.
  float scale =
      std::max(static_cast<float>(exact), std::numeric_limits<float>::min());
  if (!codes.hasZeroPoint)
    return {scale, 0};
  double zeroPoint = std::nearbyint(codes.min - low / scale);
  return {scale, static_cast<int32_t>(
                     std::clamp<double>(zeroPoint, codes.min, codes.max))};
}

/// The smallest upper bin edge with at least `wanted` values at or below it,
/// counting `counts` from the middle outwards after `inner` values nearer to
/// zero; `limit` where even all bins are not enough.
static double edgeHolding(uint64_t wanted, uint64_t inner,
                          ArrayRef<uint64_t> counts, double width,
                          double limit) {
  if (inner >= wanted)
    return 0;
  for (auto [bin, values] : enumerate(counts)) {
    inner += values;
    if (inner >= wanted)
      return std::min(static_cast<double>(bin + 1) * width, limit);
  }
  return limit;
}

static uint64_t sumOf(ArrayRef<uint64_t> counts) {
  return std::accumulate(counts.begin(), counts.end(), uint64_t(0));
}

/// Number of values that `percent` of `count` asks for, rounded up.
static uint64_t shareOf(uint64_t count, double percent) {
  double share = std::ceil(static_cast<double>(count) * (percent / 100));
  return std::min(count, static_cast<uint64_t>(share));
}

/// Symmetric: keeps `percent` of |x|. Asymmetric: cuts half of the rest off
/// each side.
static ScaleAndZeroPoint percentileScale(const Histogram &histogram,
                                         double percent,
                                         const CodeRange &codes) {
  double width = histogram.binWidth();
  uint64_t count = histogram.count();
  ArrayRef<uint64_t> positive = histogram.positive();
  ArrayRef<uint64_t> negative = histogram.negative();
  double lowest = histogram.min(), highest = histogram.max();
  if (!codes.hasZeroPoint) {
    std::vector<uint64_t> magnitudes(positive);
    for (auto [sum, values] : zip(magnitudes, negative))
      sum += values;
    double edge = edgeHolding(shareOf(count, percent), histogram.zeros(),
                              magnitudes, width, std::max(-lowest, highest));
    return scaleForRange(-edge, edge, codes);
  }
  uint64_t wanted = shareOf(count, 50 + percent / 2);
  uint64_t above = sumOf(positive), below = sumOf(negative);
  double high = edgeHolding(wanted, count - above, positive, width, highest);
  double low = edgeHolding(wanted, count - below, negative, width, -lowest);
  return scaleForRange(-low, high, codes);
}

ScaleAndZeroPoint quantir::estimateScale(const Histogram &histogram,
                                         const Estimator &estimator,
                                         const CodeRange &codes) {
  if (histogram.count() == histogram.zeros())
    return scaleForRange(0, 0, codes);
  switch (estimator.kind) {
  case Estimator::Kind::MinMax:
    return scaleForRange(histogram.min(), histogram.max(), codes);
  case Estimator::Kind::Percentile:
    return percentileScale(histogram, estimator.percent, codes);
  case Estimator::Kind::Auto:
  case Estimator::Kind::Mse:
    return leastErrorScale(histogram, codes);
  case Estimator::Kind::Entropy:
    return leastDivergenceScale(histogram, codes);
  }
  llvm_unreachable("every kind has a case");
}
