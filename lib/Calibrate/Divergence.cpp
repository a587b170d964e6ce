#include "ErrorModel.h"

#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace llvm;
using namespace quantir;

/// Natural logarithm from exact operations only, so that every machine chooses
/// the same range. Error below 4 units in the last place.
static double naturalLog(double value) {
  int exponent;
  double fraction = std::frexp(value, &exponent);
  if (fraction < 0.70710678118654752) {
    fraction *= 2;
    --exponent;
  }
  double ratio = (fraction - 1) / (fraction + 1);
  double square = ratio * ratio, series = 0;
  for (int odd = 23; odd >= 1; odd -= 2)
    series = series * square + 1.0 / odd;
  return 2 * ratio * series + exponent * 0.69314718055994531;
}

namespace {
/// Divergence of the distribution that codes can express from that of the
/// values, for the clipping range of the `reach` innermost bins of both sides.
/// (TensorRT, "8-bit Inference with TensorRT", 2017.) Zeros, which every
/// range expresses exactly, take no part.
class DivergenceModel {
public:
  DivergenceModel(const Histogram &histogram, const CodeRange &codes)
      : histogram(histogram), codes(codes), width(histogram.binWidth()),
        positive(histogram.positive()), negative(histogram.negative()) {
    for (unsigned bin = 0; bin != Histogram::binsPerSide; ++bin) {
      add(inside, positive[bin]);
      add(inside, negative[bin]);
      prefixes.push_back(inside);
      if (positive[bin] || negative[bin])
        reachOfAll = bin + 1;
    }
  }

  unsigned largestReach() const { return reachOfAll; }

  ScaleAndZeroPoint scaleFor(unsigned reach) const {
    double bound = reach * width;
    return scaleForRange(std::max<double>(histogram.min(), -bound),
                         std::min<double>(histogram.max(), bound), codes);
  }

  /// The values beyond `reach` count as its outermost bins in the reference
  /// distribution, but not in the codes' distribution: clipping must cost.
  double operator()(unsigned reach) const {
    auto all = static_cast<double>(histogram.count() - histogram.zeros());
    double cutHigh = sumBeyond(positive, reach);
    double cutLow = sumBeyond(negative, reach);
    const Prefix &slice = prefixes[reach - 1];
    double entropy = slice.countLogCount +
                     growth(static_cast<double>(positive[reach - 1]), cutHigh) +
                     growth(static_cast<double>(negative[reach - 1]), cutLow);
    return (entropy - crossTerm(reach, cutLow, cutHigh)) / all -
           naturalLog(all) + naturalLog(std::max(slice.count, smallest));
  }

private:
  struct Prefix {
    double count = 0;
    double countLogCount = 0;
  };

  static double timesLog(double value) {
    return value > 0 ? value * naturalLog(value) : 0;
  }

  /// What x log x gains when x grows from `value` by `more`.
  static double growth(double value, double more) {
    return timesLog(value + more) - timesLog(value);
  }

  static void add(Prefix &prefix, uint64_t values) {
    prefix.count += static_cast<double>(values);
    prefix.countLogCount += timesLog(static_cast<double>(values));
  }

  static double sumBeyond(ArrayRef<uint64_t> side, unsigned reach) {
    uint64_t sum = 0;
    for (uint64_t values : side.drop_front(reach))
      sum += values;
    return static_cast<double>(sum);
  }

  /// Sum of reference * log(expressed): the bins that share a code share its
  /// count evenly, as far as they are not empty.
  double crossTerm(unsigned reach, double cutLow, double cutHigh) const {
    ScaleAndZeroPoint quantization = scaleFor(reach);
    double inverse = width / quantization.scale;
    auto last = static_cast<int>(reach);
    double sum = 0, groupCount = 0, groupBins = 0, groupCut = 0;
    double groupCode = std::numeric_limits<double>::quiet_NaN();
    auto closeGroup = [&] {
      if (groupBins > 0)
        sum += (groupCount + groupCut) * naturalLog(groupCount / groupBins);
      groupCount = groupBins = groupCut = 0;
    };
    for (int bin = -last; bin != last; ++bin) {
      auto values =
          static_cast<double>(bin < 0 ? negative[-bin - 1] : positive[bin]);
      double cut = bin == -last ? cutLow : bin == last - 1 ? cutHigh : 0;
      if (values == 0) {
        sum += cut * naturalLog(smallest);
        continue;
      }
      double code = std::clamp<double>(nearestInteger((bin + 0.5) * inverse),
                                       codes.min - quantization.zeroPoint,
                                       codes.max - quantization.zeroPoint);
      if (code != groupCode)
        closeGroup();
      groupCode = code;
      groupCount += values;
      groupCut += cut;
      ++groupBins;
    }
    closeGroup();
    return sum;
  }

  /// What an empty bin counts as where a logarithm is asked of it.
  static constexpr double smallest = 1e-4;

  const Histogram &histogram;
  CodeRange codes;
  double width;
  ArrayRef<uint64_t> positive, negative;
  std::vector<Prefix> prefixes;
  Prefix inside;
  unsigned reachOfAll = 0;
};
} // namespace

ScaleAndZeroPoint quantir::leastDivergenceScale(const Histogram &histogram,
                                                const CodeRange &codes) {
  DivergenceModel model(histogram, codes);
  unsigned top = model.largestReach();
  // Fewer bins than codes cannot tell ranges apart.
  unsigned first = static_cast<unsigned>(codes.max - codes.min + 1) / 2;
  if (codes.hasZeroPoint && (histogram.min() >= 0 || histogram.max() <= 0))
    first *= 2;
  unsigned best = top;
  double bestDivergence = std::numeric_limits<double>::infinity();
  for (unsigned reach = top; reach >= first && reach > 0; --reach) {
    double divergence = model(reach);
    if (divergence >= bestDivergence)
      continue;
    best = reach;
    bestDivergence = divergence;
  }
  return model.scaleFor(best);
}
