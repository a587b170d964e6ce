// Softmax by gemmlowp's fixed point and by tables: LiteRT, IndexSoftmax,
// XNNPACK.
#include "SoftmaxForms.h"
#include "quantir/Approximate/FixedPoint.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/bit.h"
#include <algorithm>
#include <array>
#include <cmath>

namespace quantir::approximate {

namespace {

/// int8 to int8 in units of 1/256 above -128.
class LiteRTSoftmax : public SoftmaxArithmetic {
public:
  explicit LiteRTSoftmax(const SoftmaxRows &rows)
      : SoftmaxArithmetic(rows, {1.0 / 256, -128}),
        toQ5(toMultiplier(std::min(rows.scale * 0x1p26, 0x1p31 - 1))) {
    lowest = -int64_t(std::floor(31 * 0x1p26 / std::ldexp(1, toQ5.exponent)));
    values = {
        {"the sum in Q12.19", signedBits(double(rows.columns) * 0x1p19), 32},
        // below it the multiplier would shift to the right
        {"the scale in Q5.26", toQ5.exponent < 0 ? 33 : 32, 32}};
  }

  /// Q0.31, or 0 for what is too low to count.
  int64_t term(int64_t below) const override {
    if (below < lowest)
      return 0;
    return expOfNegative(rescaleTwice(int32_t(below), toQ5));
  }
  int64_t addend(int64_t term) const override {
    return divideByPower(int32_t(term), 12);
  }
  RowFactor factor(int64_t sum) const override {
    auto bits = uint32_t(sum);
    int leading = llvm::countl_zero(bits);
    int32_t fraction = int32_t((bits << leading) - (uint32_t(1) << 31));
    return {reciprocalOfOnePlus(fraction), 12 - leading + 31 - 8};
  }
  int32_t finish(int64_t term, RowFactor factor) const override {
    int32_t product = multiplyHigh(int32_t(factor.value), int32_t(term));
    return std::min(divideByPower(product, factor.shift) - 128, 127);
  }
  /// A whole step where 256 becomes 255; the rest of the arithmetic has 2^-20.
  double finishError() const override { return (1 + 0x1p-10) / 256; }

private:
  FixedPointMultiplier toQ5;
  int64_t lowest;
};

/// A function on 512 equal pieces, a line in each.
class Table513 {
public:
  Table513(llvm::function_ref<double(double)> function, double low,
           double high) {
    double step = (high - low) / 512;
    auto at = [&](double x) {
      return std::round(float(function(x)) * 32768.0f);
    };
    for (int i = 0; i < 512; ++i) {
      double here = at(low + i * step), next = at(low + (i + 1) * step);
      double line = std::round((next + here) / 2);
      double error = line - at(low + i * step + step / 2);
      // Half the error at the middle moves to the ends.
      entries[i] = clamp(here - std::round(error / 2));
    }
    entries[512] = clamp(at(high));
  }

  int32_t operator()(int32_t x) const {
    int index = 256 + (x >> 7);
    int32_t slope = entries[index + 1] - entries[index];
    return entries[index] + ((slope * (x & 0x7f) + 64) >> 7);
  }

private:
  static int32_t clamp(double x) {
    return int32_t(std::clamp(x, -32768.0, 32767.0));
  }
  std::array<int32_t, 513> entries;
};

/// int16 to Q0.15.
class LiteRT16Softmax : public SoftmaxArithmetic {
public:
  explicit LiteRT16Softmax(const SoftmaxRows &rows)
      : SoftmaxArithmetic(rows, {1.0 / 32768}),
        toTen(toMultiplier(rows.scale * 65535 / 10)),
        exponential([](double x) { return std::exp(x); }, -10, 0),
        reciprocal([](double x) { return 1 / (1 + x); }, 0, 1) {
    values = {{"the scaled distance",
               signedBits(double(rows.span)) + std::max(toTen.exponent, 0), 32},
              {"the sum", signedBits(double(rows.columns) * 32767), 32}};
  }

  int64_t term(int64_t below) const override {
    int32_t scaled = rescaleTwice(int32_t(below), toTen);
    return exponential(std::clamp(scaled + 32767, -32768, 32767));
  }
  RowFactor factor(int64_t sum) const override {
    int leading = llvm::countl_zero(uint32_t(sum));
    int64_t normal = ((sum << (leading - 1)) + (1 << 13)) >> 14;
    int64_t centred = normal - (1 << 15) - (1 << 16);
    return {reciprocal(int32_t(std::clamp<int64_t>(centred, -32768, 32767))),
            31 - leading};
  }
  int32_t finish(int64_t term, RowFactor factor) const override {
    int64_t half = int64_t(1) << (factor.shift - 1);
    int64_t scaled = (term * factor.value + half) >> factor.shift;
    return int32_t(std::clamp<int64_t>(scaled, 0, 32767));
  }
  /// The reciprocal is off by two of its steps at most, of 2^14 or more.
  double finishError() const override { return 0x1p-13 + 0x1p-15; }

private:
  FixedPointMultiplier toTen;
  Table513 exponential, reciprocal;
};

/// u8 in units of 1/255.
class IndexSoftmax : public SoftmaxArithmetic {
public:
  explicit IndexSoftmax(const SoftmaxRows &rows)
      : SoftmaxArithmetic(rows, {1.0 / 255}),
        clip(std::llround(kClip / rows.scale)) {
    for (int i = 0; i < 31; ++i)
      table[i] = int32_t(std::lround(255 * std::exp(-kClip * i / 31)));
    table[31] = 0;
    values = {{"the sum", signedBits(double(rows.columns) * 255), 32}};
  }

  int64_t term(int64_t below) const override {
    int64_t distance = std::min(-below, clip);
    return table[(2 * distance * 31 + clip) / (2 * clip)];
  }
  int32_t finish(int64_t term, RowFactor factor) const override {
    return int32_t((2 * 255 * term + factor.value) / (2 * factor.value));
  }
  double finishError() const override { return 0.5 / 255; }

private:
  static constexpr double kClip = 6.6;
  int64_t clip;
  std::array<int32_t, 32> table;
};

/// u8 in units of 1/256, rounded exactly.
class XNNPACKSoftmax : public SoftmaxArithmetic {
public:
  explicit XNNPACKSoftmax(const SoftmaxRows &rows)
      : SoftmaxArithmetic(rows, {1.0 / 256}) {
    double most = std::min((0x1p32 - 1) / double(rows.columns), 0x1p23 - 1);
    for (int i = 0; i < 256; ++i)
      table[i] =
          int64_t(std::nearbyint(most * std::exp((i - 255) * rows.scale)));
    values = {{"the sum", signedBits(most * double(rows.columns)), 33}};
  }

  int64_t term(int64_t below) const override { return table[below + 255]; }
  int32_t finish(int64_t term, RowFactor factor) const override {
    int64_t quotient = ((term << 8) + factor.value / 2) / factor.value;
    return int32_t(std::min<int64_t>(quotient, 255));
  }
  /// A whole step where 256 becomes 255.
  double finishError() const override { return 1.0 / 256; }

private:
  std::array<int64_t, 256> table;
};

} // namespace

SoftmaxPointer makeLiteRTSoftmax(const SoftmaxRows &rows) {
  return std::make_unique<LiteRTSoftmax>(rows);
}
SoftmaxPointer makeLiteRT16Softmax(const SoftmaxRows &rows) {
  return std::make_unique<LiteRT16Softmax>(rows);
}
SoftmaxPointer makeIndexSoftmax(const SoftmaxRows &rows) {
  return std::make_unique<IndexSoftmax>(rows);
}
SoftmaxPointer makeXNNPACKSoftmax(const SoftmaxRows &rows) {
  return std::make_unique<XNNPACKSoftmax>(rows);
}

} // namespace quantir::approximate
