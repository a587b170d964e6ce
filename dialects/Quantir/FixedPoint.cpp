#include "Quantir/FixedPoint.h"

#include <algorithm>
#include <cmath>

using namespace quantir;

double FixedPoint::error() const { return std::ldexp(0.5, -shift); }

FixedPoint quantir::fixedPoint(llvm::ArrayRef<double> factors, int bits,
                               int mostShift) {
  double largest = 0;
  for (double factor : factors)
    largest = std::max(largest, std::fabs(factor));
  auto most = double((int64_t(1) << bits) - 1);
  FixedPoint result;
  int exponent = 0;
  std::frexp(largest, &exponent); // largest < 2^exponent
  result.shift = std::clamp(bits - exponent, 0, mostShift);
  // Rounding up may need one bit more.
  if (result.shift > 0 &&
      std::nearbyint(std::ldexp(largest, result.shift)) > most)
    --result.shift;
  for (double factor : factors) {
    double scaled = std::nearbyint(std::ldexp(factor, result.shift));
    result.multipliers.push_back(int32_t(std::clamp(scaled, -most, most)));
  }
  return result;
}
