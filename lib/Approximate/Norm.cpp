#include "quantir/Approximate/Norm.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include <cmath>
#include <limits>

using namespace llvm;

namespace quantir::approximate {

uint64_t integerRoot(uint64_t n, int *steps) {
  int count = 0;
  uint64_t root = 0;
  if (n > 0) {
    int bits = 64 - countl_zero(n);
    // 2^32 squared would be too large to start from, and never is the root.
    uint64_t next = std::min<uint64_t>(uint64_t(1) << ((bits + 1) / 2),
                                       std::numeric_limits<uint32_t>::max());
    do {
      root = next;
      next = (root + n / root) >> 1;
      ++count;
    } while (next < root);
  }
  if (steps)
    *steps = count;
  return root;
}

uint64_t rootOfTenSteps(uint64_t n) {
  uint64_t root = 1 << 16;
  for (int step = 0; step < 10; ++step)
    root = (root + n / root) >> 1;
  return root;
}

/// Whole numbers nearest to sum / count, ties to even.
static int64_t roundedMean(int64_t sum, int64_t count) {
  return int64_t(std::nearbyint(double(sum) / double(count)));
}

static ScaledCodes roundedMeanForm(NormForm form, ArrayRef<int32_t> row,
                                   int64_t sum, Conduct conduct) {
  auto count = int64_t(row.size());
  int64_t mean = roundedMean(sum, count);
  auto squares = [&](int shift) {
    uint64_t total = 0;
    for (int64_t code : row) {
      int64_t y = (code - mean) >> shift;
      total += uint64_t(y * y);
    }
    return total;
  };
  bool published = conduct == Conduct::AsPublished;
  int shift = 0;
  uint64_t variance = squares(0);
  if (published && form == NormForm::IBert && variance >= uint64_t(1) << 32) {
    shift = int(std::ceil(std::log2(std::sqrt(double(variance) * 0x1p-32))));
    variance = squares(shift);
  }
  uint64_t root = published && form == NormForm::IVit ? rootOfTenSteps(variance)
                                                      : integerRoot(variance);
  auto deviation = int64_t(root << shift);
  ScaledCodes result{std::vector<int64_t>(row.size(), 0),
                     std::sqrt(double(count)) * 0x1p-30};
  if (deviation == 0)
    return result;
  int64_t one = int64_t(1) << 31;
  int64_t factor = (form == NormForm::IVit ? one - 1 : one) / deviation;
  for (auto [to, code] : llvm::zip(result.codes, row))
    to = ((code - mean) * factor) >> 1;
  return result;
}

/// y / sqrt(V) with y = D q - sum q and V = D sum q^2 - (sum q)^2, the root of
/// V scaled up by a power of four so that it keeps its fraction.
static ScaledCodes exactForm(ArrayRef<int32_t> row, int64_t sum,
                             uint64_t squares) {
  auto count = int64_t(row.size());
  auto variance = uint64_t((unsigned __int128)squares * uint64_t(count) -
                           (unsigned __int128)((__int128)sum * sum));
  ScaledCodes result{std::vector<int64_t>(row.size(), 0), 0x1p-24};
  if (variance == 0)
    return result;
  int spare = countl_zero(variance) / 2;
  auto root = __int128(integerRoot(variance << (2 * spare)));
  for (auto [to, code] : llvm::zip(result.codes, row)) {
    __int128 y = ((__int128)count * code - sum) << (24 + spare);
    __int128 half = y < 0 ? -root / 2 : root / 2;
    to = int64_t((y + half) / root);
  }
  return result;
}

Expected<ScaledCodes> normalize(NormForm form, ArrayRef<int32_t> row,
                                Conduct conduct) {
  auto count = double(row.size());
  int64_t sum = 0;
  double most = 0, squares = 0;
  for (double code : row) {
    sum += int64_t(code);
    most = std::max(most, std::abs(code));
    squares += code * code;
  }
  Width widths[] = {{"the sum", signedBits(count * most), 64},
                    {"the sum of squares", signedBits(4 * squares), 64},
                    {"the variance", signedBits(count * squares), 64}};
  if (Error error = checkWidths(
          "layer norm",
          ArrayRef(widths).take_front(form == NormForm::Exact ? 3 : 2)))
    return error;
  if (form != NormForm::Exact)
    return roundedMeanForm(form, row, sum, conduct);
  uint64_t exact = 0;
  for (int64_t code : row)
    exact += uint64_t(code * code);
  return exactForm(row, sum, exact);
}

std::vector<int64_t> PowerOfTwoNorm::operator()(ArrayRef<int32_t> codes) const {
  auto count = double(codes.size());
  std::vector<int64_t> shifted;
  int64_t sum = 0, squares = 0;
  for (auto [code, factor] : llvm::zip(codes, factors)) {
    int64_t x = int64_t(code) << factor;
    shifted.push_back(x);
    sum += x;
    squares += x * x;
  }
  double mean = double(sum) * scale / count;
  double variance = count * double(squares) - double(sum) * double(sum);
  double deviation = scale / count * std::sqrt(variance);
  std::vector<int64_t> result;
  for (auto [x, weight, bias] : llvm::zip(shifted, weight, bias)) {
    double slope = scale / deviation * weight / outScale;
    int bits =
        std::clamp(7 - int(std::floor(std::log2(std::abs(slope)))), 0, 31);
    double mantissa =
        std::clamp(std::floor(std::ldexp(std::abs(slope), bits)), 0.0, 255.0);
    double offset = std::nearbyint(
        std::ldexp((bias - mean / deviation * weight) / outScale, bits));
    double line = std::copysign(mantissa, slope) * double(x) + offset;
    result.push_back(int64_t(std::nearbyint(std::ldexp(line, -bits))));
  }
  return result;
}

std::vector<int> powerOfTwoFactors(ArrayRef<float> values, int64_t channels,
                                   double scale, int32_t low, int32_t high) {
  std::vector<std::array<double, 4>> errors(channels, {0, 0, 0, 0});
  for (auto [i, value] : llvm::enumerate(values))
    for (int k = 0; k < 4; ++k) {
      CodeSet codes{std::ldexp(scale, k - 3), 0, low, high};
      double error = value - codes.real(codes.code(value));
      errors[i % channels][k] += error * error;
    }
  std::vector<int> factors;
  for (const std::array<double, 4> &error : errors)
    factors.push_back(
        int(std::min_element(error.begin(), error.end()) - error.begin()));
  return factors;
}

} // namespace quantir::approximate
