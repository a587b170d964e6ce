#include "PiecewiseFit.h"

#include <cmath>

using namespace mlir;
using namespace quantir;

namespace {
class Fitter {
public:
  Fitter(ManyValues function, const StepRange &out)
      : function(function), out(out) {}

  FailureOr<PiecewiseFit> run() {
    if (failed(findReach()) || failed(findRange()))
      return failure();
    // For the certificate of each.
    double margin = (double(range.high) - range.low) / 16;
    std::vector<float> places =
        evenPlaces(range.low - margin, range.high + margin);
    FailureOr<std::vector<double>> exact = stepsAt(places);
    if (failed(exact))
      return failure();
    FailureOr<PiecewiseFit> best = failure();
    // How much of the range the first 15 segments share.
    for (double part : {15.0 / 16, 0.7, 0.5, 0.35, 0.25, 0.15}) {
      range.segmentsPerUnit =
          float((kPieces - 1) / (part * (double(range.high) - range.low)));
      FailureOr<PiecewiseFit> found = fit();
      if (failed(found))
        return failure();
      certify(*found, places, *exact);
      if (failed(best) || found->stepsOff < best->stepsOff)
        best = std::move(found);
    }
    return best;
  }

private:
  /// The function in steps, zero point included.
  FailureOr<std::vector<double>> stepsAt(ArrayRef<float> places) {
    FailureOr<std::vector<float>> values = function(places);
    if (failed(values))
      return failure();
    std::vector<double> steps;
    for (float value : *values) {
      if (std::isnan(value))
        return failure();
      steps.push_back(value / out.step + out.zero);
    }
    return steps;
  }
  static std::vector<float> evenPlaces(double low, double high) {
    constexpr int count = 65536;
    std::vector<float> places(count);
    for (int i = 0; i < count; ++i)
      places[i] = float(low + (high - low) * i / (count - 1));
    return places;
  }
  double clamped(double steps) const {
    return std::clamp(steps, out.least, out.most);
  }
  bool isEnd(double steps, double end) const {
    constexpr double tolerance = 1.0 / 64;
    return std::fabs(clamped(steps) - clamped(end)) <= tolerance;
  }

  LogicalResult findReach();
  LogicalResult findRange();
  FailureOr<PiecewiseFit> fit();
  void certify(PiecewiseFit &found, ArrayRef<float> places,
               ArrayRef<double> exact) const;

  ManyValues function;
  const StepRange &out;
  /// The codes are constant beyond -reach and reach.
  double reach = 0, belowAll = 0, aboveAll = 0;
  PiecewiseFit range; ///< without coefficients
};
} // namespace

LogicalResult Fitter::findReach() {
  // Powers of two of either sign; the last ones stand for infinity.
  std::vector<float> places;
  for (int power = -10; power <= 40; ++power)
    for (double part : {1.0, 1.25, 1.5, 1.75})
      for (double sign : {-1.0, 1.0})
        places.push_back(float(sign * std::ldexp(part, power)));
  FailureOr<std::vector<double>> steps = stepsAt(places);
  if (failed(steps))
    return failure();
  belowAll = (*steps)[steps->size() - 2];
  aboveAll = steps->back();
  for (size_t i = 0; i < places.size(); ++i)
    if (!isEnd((*steps)[i], places[i] < 0 ? belowAll : aboveAll))
      reach = 2 * std::fabs(places[i]);
  return success(reach > 0 && reach < 0x1p20);
}

LogicalResult Fitter::findRange() {
  std::vector<float> places = evenPlaces(-reach, reach);
  FailureOr<std::vector<double>> steps = stepsAt(places);
  if (failed(steps))
    return failure();
  size_t low = 0, high = places.size() - 1;
  while (low < high && isEnd((*steps)[low + 1], belowAll))
    ++low;
  while (high > low && isEnd((*steps)[high - 1], aboveAll))
    --high;
  if (low == high)
    return failure();
  range.low = places[low];
  range.high = places[high];
  return success();
}

FailureOr<PiecewiseFit> Fitter::fit() {
  PiecewiseFit found = range;
  double width = 1 / double(found.segmentsPerUnit);
  constexpr double node = 0.8660254037844386; // cos(30 degrees)
  std::vector<float> places;
  for (int piece = 0; piece < kPieces; ++piece) {
    double begin = found.low + width * piece;
    double end = piece == kPieces - 1 ? found.high : begin + width;
    for (double at : {-node, 0.0, node})
      places.push_back(float((begin + end) / 2 + (end - begin) / 2 * at));
  }
  FailureOr<std::vector<double>> steps = stepsAt(places);
  if (failed(steps))
    return failure();
  found.coefficients.resize(size_t(3) * kPieces);
  for (int piece = 0; piece < kPieces; ++piece) {
    const float *x = &places[size_t(3) * piece];
    const double *y = &(*steps)[size_t(3) * piece];
    // Newton's form through three points, multiplied out.
    double first = (y[1] - y[0]) / (double(x[1]) - x[0]);
    double second =
        ((y[2] - y[1]) / (double(x[2]) - x[1]) - first) / (double(x[2]) - x[0]);
    found.coefficients[piece] =
        y[0] - first * x[0] + second * double(x[0]) * x[1];
    found.coefficients[kPieces + piece] =
        first - second * (double(x[0]) + x[1]);
    found.coefficients[2 * kPieces + piece] = second;
  }
  return found;
}

/// \param exact  the function at `places`, in steps.
void Fitter::certify(PiecewiseFit &found, ArrayRef<float> places,
                     ArrayRef<double> exact) const {
  for (auto [x, wanted] : llvm::zip_equal(places, exact)) {
    float t = std::clamp(x, found.low, found.high);
    const double *column =
        &found.coefficients[pieceOf(t, found.low, found.segmentsPerUnit)];
    float slope =
        std::fma(float(column[2 * kPieces]), t, float(column[kPieces]));
    float value = std::fma(slope, t, float(column[0]));
    found.stepsOff =
        std::max(found.stepsOff, std::fabs(clamped(value) - clamped(wanted)));
  }
}

FailureOr<PiecewiseFit> quantir::fitPiecewise(ManyValues function,
                                              const StepRange &out) {
  return Fitter(function, out).run();
}
