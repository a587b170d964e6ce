#include "quantir/Approximate/Gelu.h"

#include "quantir/Approximate/Softmax.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>
#include <cmath>

using namespace llvm;

namespace quantir::approximate {

int32_t CodeSet::code(double real) const {
  double whole = std::nearbyint(real / scale) + zeroPoint;
  return int32_t(std::clamp(whole, double(low), double(high)));
}

double exactGelu(double x) { return x * std::erfc(-x / std::sqrt(2.0)) / 2; }

namespace {
/// erf(q * scale) as a quadratic on [0, 1.769], in codes of `unit`.
struct IntegerErf {
  explicit IntegerErf(double scale)
      : b(int64_t(std::floor(-1.769 / scale))),
        c(int64_t(std::floor(1 / (-0.2888 * scale * scale)))),
        unit(-0.2888 * scale * scale) {}

  int64_t operator()(int64_t q) const {
    int64_t distance = std::min(std::abs(q), -b) + b;
    int64_t value = distance * distance + c;
    return q < 0 ? -value : q > 0 ? value : 0;
  }

  int64_t b, c; ///< both negative, as `unit`
  double unit;
};
} // namespace

static int64_t largest(ArrayRef<int32_t> row) {
  int64_t most = 0;
  for (int64_t code : row)
    most = std::max(most, std::abs(code));
  return most;
}

static Expected<ScaledCodes> ibertGelu(ArrayRef<int32_t> row, double scale,
                                       Conduct conduct) {
  IntegerErf erf(scale / 1.4142);
  int dropped = conduct == Conduct::AsPublished ? 14 : 0;
  double unit = std::ldexp(erf.unit, dropped);
  auto one = int64_t(std::floor(1 / unit));
  Width widths[] = {{"the polynomial", signedBits(double(erf.c) * -2), 32},
                    {"the product",
                     signedBits(2.0 * double(one) * double(largest(row))), 64}};
  if (conduct == Conduct::Sound)
    if (Error error = checkWidths("ibert", widths))
      return error;
  ScaledCodes result{{}, scale * unit / 2};
  for (int64_t code : row)
    result.codes.push_back(code * ((erf(code) >> dropped) + one));
  return result;
}

static ScaledCodes shiftGeluAsPublished(ArrayRef<int32_t> row, double scale) {
  constexpr int64_t limit = (int64_t(1) << 31) - 1;
  int64_t most = *std::max_element(row.begin(), row.end());
  auto exponential = [&](int64_t q) {
    return shiftExponential(q, scale * 1.702, 23);
  };
  // Below 0 the largest code makes e^-max grow without a bound of its own.
  int64_t ofZero = exponential(-most);
  ScaledCodes result{{}, scale / 128};
  for (int64_t code : row) {
    int64_t own = exponential(code - most);
    int64_t sum = std::clamp<int64_t>(own + ofZero, 1, limit);
    int64_t sigmoid = (own * (limit / sum)) >> 24;
    result.codes.push_back(code * sigmoid);
  }
  return result;
}

static Expected<ScaledCodes> shiftGelu(ArrayRef<int32_t> row, double scale) {
  double sigmoidScale = scale * 1.702;
  int64_t one = shiftExponential(0, sigmoidScale, 23);
  Width widths[] = {
      {"the sigmoid's numerator", signedBits(double(one)) + 16, 64},
      {"the product", signedBits(double(largest(row))) + 16, 64}};
  if (Error error = checkWidths("shiftgelu", widths))
    return error;
  ScaledCodes result{{}, scale / 65536};
  for (int64_t code : row) {
    int64_t e = shiftExponential(-std::abs(code), sigmoidScale, 23);
    int64_t sum = one + e;
    int64_t sigmoid = (((code < 0 ? e : one) << 16) + sum / 2) / sum;
    result.codes.push_back(code * sigmoid);
  }
  return result;
}

Expected<ScaledCodes> gelu(GeluForm form, ArrayRef<int32_t> row, double scale,
                           Conduct conduct) {
  if (!(scale >= 1e-9 && scale <= 1))
    return createStringError(
        formatv("gelu: scale {0} is not in [1e-9, 1]", scale));
  switch (form) {
  case GeluForm::Table:
    return createStringError("table: is defined by the result's codes alone");
  case GeluForm::IBert:
    return ibertGelu(row, scale, conduct);
  case GeluForm::ShiftGelu:
    if (conduct == Conduct::AsPublished)
      return shiftGeluAsPublished(row, scale);
    return shiftGelu(row, scale);
  }
  llvm_unreachable("every form is computed");
}

Expected<std::vector<int32_t>> geluTable(GeluForm form, const CodeSet &in,
                                         const CodeSet &out, Conduct conduct) {
  if (form == GeluForm::ShiftGelu && conduct == Conduct::AsPublished)
    return createStringError(
        "shiftgelu: as published depends on the whole row; no table holds it");
  std::vector<int32_t> table, codes;
  for (int64_t code = in.low; code <= in.high; ++code)
    codes.push_back(int32_t(code - in.zeroPoint));
  if (form == GeluForm::Table) {
    for (int32_t code : codes)
      table.push_back(out.code(exactGelu(in.scale * code)));
    return table;
  }
  Expected<ScaledCodes> values = gelu(form, codes, in.scale, conduct);
  if (!values)
    return values.takeError();
  for (int64_t value : values->codes)
    table.push_back(out.code(double(value) * values->scale));
  return table;
}

} // namespace quantir::approximate
