#include "ErrorModel.h"

#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <limits>

using namespace llvm;
using namespace quantir;

ErrorModel::ErrorModel(const Histogram &histogram) {
  double width = histogram.binWidth();
  for (auto [bin, values] : enumerate(histogram.positive()))
    addBin(static_cast<double>(bin) * width,
           static_cast<double>(bin + 1) * width, values, histogram);
  for (auto [bin, values] : enumerate(histogram.negative()))
    addBin(-static_cast<double>(bin + 1) * width,
           -static_cast<double>(bin) * width, values, histogram);
}

uint32_t ErrorModel::edge(double value) {
  if (edges.empty() || edges.back() != value)
    edges.push_back(value);
  return static_cast<uint32_t>(edges.size() - 1);
}

void ErrorModel::addBin(double low, double high, uint64_t values,
                        const Histogram &histogram) {
  if (!values)
    return;
  low = std::max<double>(low, histogram.min());
  high = std::min<double>(high, histogram.max());
  if (low < high) {
    // Bins come with growing distance from zero.
    bool isPositive = high > 0;
    uint32_t inner = edge(isPositive ? low : high);
    uint32_t outer = edge(isPositive ? high : low);
    bins.push_back({isPositive ? inner : outer, isPositive ? outer : inner,
                    static_cast<double>(values) / (high - low)});
    return;
  }
  atom = low;
  atoms = static_cast<double>(values);
}

namespace {
/// The integral of (x - Q(x))^2 over x. In between the clipping bounds Q is a
/// staircase, and each step of width S adds S^3 / 12.
struct ErrorIntegral {
  double scale, inverse, low, high;

  double operator()(double x) const {
    double inside = std::min(std::max(x, low), high);
    double steps = inside * inverse;
    double code = nearestInteger(steps);
    double rest = steps - code;
    double beyond = x - inside;
    return scale * scale * scale * (code / 12 + rest * rest * rest / 3) +
           beyond * beyond * beyond / 3;
  }
};
} // namespace

double ErrorModel::operator()(const ScaleAndZeroPoint &quantization,
                              const CodeRange &codes) const {
  double scale = quantization.scale;
  double low = (codes.min - quantization.zeroPoint) * scale;
  double high = (codes.max - quantization.zeroPoint) * scale;
  ErrorIntegral integral{scale, 1 / scale, low, high};
  std::vector<double> integrals(edges.size());
  for (auto [found, edge] : zip(integrals, edges))
    found = integral(edge);
  double sum = 0;
  for (const Bin &bin : bins)
    sum += bin.density * (integrals[bin.high] - integrals[bin.low]);
  double rounded = std::clamp(
      nearestInteger(std::clamp(atom, low, high) / scale) * scale, low, high);
  return sum + atoms * (atom - rounded) * (atom - rounded);
}

double quantir::meanSquaredError(const Histogram &histogram,
                                 const ScaleAndZeroPoint &quantization,
                                 const CodeRange &codes) {
  if (!histogram.count())
    return 0;
  return ErrorModel(histogram)(quantization, codes) /
         static_cast<double>(histogram.count());
}

//===----------------------------------------------------------------------===//
// Search for the least error
//===----------------------------------------------------------------------===//

namespace {
/// Shrinks the two ends of [low, high] and keeps the best; factors are products
/// of exact constants, so that every machine tries the same ranges.
class RangeSearch {
public:
  RangeSearch(const Histogram &histogram, const CodeRange &codes)
      : model(histogram), codes(codes), minimum(histogram.min()),
        maximum(histogram.max()) {
    tryRange(1, 1);
  }

  ScaleAndZeroPoint run() {
    sweep(true, true);
    refine(true, true);
    if (!codes.hasZeroPoint || minimum >= 0 || maximum <= 0)
      return best;
    for (int round = 0; round != 2; ++round) {
      sweep(true, false);
      refine(true, false);
      sweep(false, true);
      refine(false, true);
    }
    refine(true, true);
    return best;
  }

private:
  void tryRange(double lowFactor, double highFactor) {
    ScaleAndZeroPoint candidate =
        scaleForRange(minimum * lowFactor, maximum * highFactor, codes);
    double error = model(candidate, codes);
    if (error >= bestError)
      return;
    best = candidate;
    bestError = error;
    bestLow = lowFactor;
    bestHigh = highFactor;
  }

  /// Four steps an octave, ten octaves.
  void sweep(bool moveLow, bool moveHigh) {
    double low = bestLow, high = bestHigh, factor = 1;
    for (int step = 0; step != 40; ++step) {
      tryRange(moveLow ? factor : low, moveHigh ? factor : high);
      factor *= 0.84089641525371454; // 2^(-1/4)
    }
  }

  /// Ever finer steps around the best so far.
  void refine(bool moveLow, bool moveHigh) {
    for (double step : {1.0 / 32, 1.0 / 256}) {
      double low = bestLow, high = bestHigh;
      for (int index = -8; index <= 8; ++index) {
        double factor = 1 + index * step;
        tryRange(moveLow ? std::min(low * factor, 1.0) : low,
                 moveHigh ? std::min(high * factor, 1.0) : high);
      }
    }
  }

  ErrorModel model;
  CodeRange codes;
  double minimum, maximum;
  ScaleAndZeroPoint best{1, 0};
  double bestError = std::numeric_limits<double>::infinity();
  double bestLow = 1, bestHigh = 1;
};
} // namespace

ScaleAndZeroPoint quantir::leastErrorScale(const Histogram &histogram,
                                           const CodeRange &codes) {
  return RangeSearch(histogram, codes).run();
}
