#ifndef QUANTIR_SOFTMAXFORMS_H
#define QUANTIR_SOFTMAXFORMS_H

#include "Quantir/FixedPointMath.h"
#include <string>

/// Softmax on codes as others published it, over a builder as ElementwiseMath.h
/// describes it. `lib/Approximate` has each form once more, for plain integers,
/// with its source and what is known about its faults.
namespace quantir {

/// The constants of a published form. Values are i32 lanes unless said
/// otherwise; every form works on 32-bit terms, whose sum fits 32 bits.
class SoftmaxFormCodes {
public:
  /// \param form  not `house`.
  explicit SoftmaxFormCodes(SoftmaxOp op);

  /// Why the arithmetic of `op`'s form would not fit its codes and columns;
  /// empty when it does.
  static std::string reasonAgainst(SoftmaxOp op);

  /// What a row's sum becomes: i64.
  template <class Value> struct Factor {
    Value value, second;
  };

  /// What stands for the exponential of a code that lies `below` (not negative)
  /// steps under its row's largest.
  template <class B>
  typename B::Value term(B &b, const typename B::Value &below) const {
    switch (form) {
    case SoftmaxForm::ibert:
      return clampInt(
          b, scaledProduct(b, split(b, below), b.i32(factor16), shift16), 0,
          32767);
    case SoftmaxForm::log2:
    case SoftmaxForm::hyq:
      return split(b, below);
    case SoftmaxForm::shiftmax:
      return shiftTerm(b, below);
    case SoftmaxForm::litert:
      return litertTerm(b, below);
    case SoftmaxForm::litert16:
      return litert16Term(b, below);
    case SoftmaxForm::index:
      return indexTerm(b, below);
    case SoftmaxForm::xnnpack:
      // Lanes behind a row's end hold anything.
      return b.entry(table, b.andBits(below, b.i32(255)));
    case SoftmaxForm::house:
      break;
    }
    llvm_unreachable("house has no published form");
  }

  /// What a term adds to the sum.
  template <class B>
  typename B::Value addend(B &b, const typename B::Value &term) const {
    if (form != SoftmaxForm::litert)
      return term;
    // Rounded without leaving 32 bits.
    return b.addInt(b.shiftRight(term, 12),
                    b.andBits(b.shiftRight(term, 11), b.i32(1)));
  }

  /// From the sum of a row, whose 32 bits are unsigned.
  template <class B>
  Factor<typename B::Value> factor(B &b, const typename B::Value &sum) const {
    using Value = typename B::Value;
    Value wide = b.andBits(b.i32ToI64(sum), b.i64(0xffffffff));
    switch (form) {
    case SoftmaxForm::ibert:
      return {b.divInt(b.i64(int64_t(1) << 32), wide), b.i64(24)};
    case SoftmaxForm::shiftmax:
      return {b.divInt(b.i64((int64_t(1) << 31) - 1), wide), b.i64(24)};
    case SoftmaxForm::litert: {
      // leading zeros of 32 bits
      Value leading = b.subInt(b.leadingZeros(wide), b.i64(32));
      Value fraction =
          b.subInt(b.shiftLeftBy(wide, leading), b.i64(int64_t(1) << 31));
      return {b.i32ToI64(reciprocalOfOnePlus(b, b.i64ToI32(fraction))),
              b.subInt(b.i64(12 + 31 - 8), leading)};
    }
    case SoftmaxForm::litert16: {
      Value leading = b.subInt(b.leadingZeros(wide), b.i64(32));
      Value normal = roundingShift(
          b, b.shiftLeftBy(wide, b.subInt(leading, b.i64(1))), 14);
      Value centred =
          b.i64ToI32(b.subInt(normal, b.i64((1 << 15) + (1 << 16))));
      return {b.i32ToI64(
                  interpolated(b, second, clampInt(b, centred, -32768, 32767))),
              b.subInt(b.i64(31), leading)};
    }
    case SoftmaxForm::index: // of 510 term / (2 sum)
      return {b.shiftLeft(wide, 1),
              b.divInt(b.i64(int64_t(1) << 38), b.shiftLeft(wide, 1))};
    case SoftmaxForm::xnnpack:
      return {wide, b.divInt(b.i64(int64_t(1) << 54), wide)};
    case SoftmaxForm::log2:
    case SoftmaxForm::hyq:
    case SoftmaxForm::house:
      break;
    }
    return {wide, wide};
  }

  /// The result's code.
  template <class B>
  typename B::Value finish(B &b, const typename B::Value &term,
                           const Factor<typename B::Value> &factor) const {
    typename B::Value code = native(b, term, factor);
    if (keepsNative)
      return b.addInt(code, b.i32(int32_t(zeroPoint)));
    return rescale(b, code, 16, toResult, std::nullopt, zeroPoint, low, high);
  }

private:
  /// The form's own code less its zero point: in units of `nativeScale`.
  template <class B>
  typename B::Value native(B &b, const typename B::Value &term,
                           const Factor<typename B::Value> &factor) const {
    using Value = typename B::Value;
    auto shifted = [&](const Value &product, int64_t most) {
      Value half = b.shiftRight(b.shiftLeftBy(b.i64(1), factor.second), 1);
      Value code = b.shiftRightBy(b.addInt(product, half), factor.second);
      return b.i64ToI32(clampInt(b, code, 0, most));
    };
    auto product = [&] { return b.mulInt(b.i32ToI64(term), factor.value); };
    switch (form) {
    case SoftmaxForm::ibert:
      return shifted(product(), 255);
    case SoftmaxForm::shiftmax:
      return shifted(product(), 127);
    case SoftmaxForm::litert:
      return shifted(roundingShift(b, product(), 31), 255);
    case SoftmaxForm::litert16:
      return shifted(product(), 32767);
    case SoftmaxForm::index:
      return quotient(b,
                      b.addInt(b.mulInt(b.i32ToI64(term), b.i64(510)),
                               b.shiftRight(factor.value, 1)),
                      factor, 38, 255);
    case SoftmaxForm::xnnpack:
      return quotient(b,
                      b.addInt(b.shiftLeft(b.i32ToI64(term), 8),
                               b.shiftRight(factor.value, 1)),
                      factor, 54, 255);
    case SoftmaxForm::log2:
    case SoftmaxForm::hyq:
      return powerOfTwo(b, term, factor.value);
    case SoftmaxForm::house:
      break;
    }
    llvm_unreachable("house has no published form");
  }

  /// min(floor(x / factor.value), most), by the reciprocal in 2^-bits, which is
  /// at most one too low.
  template <class B>
  typename B::Value quotient(B &b, const typename B::Value &x,
                             const Factor<typename B::Value> &factor, int bits,
                             int64_t most) const {
    using Value = typename B::Value;
    Value low = b.shiftRight(b.mulInt(x, factor.second), bits);
    Value rest = b.subInt(x, b.mulInt(low, factor.value));
    Value isLower = b.greaterInt(factor.value, rest);
    Value exact = b.select(isLower, low, b.addInt(low, b.i64(1)));
    return b.i64ToI32(clampInt(b, exact, 0, most));
  }

  /// I-BERT's polynomial, or HyQ's line, with `guardBits` more bits, halved for
  /// every ln 2.
  template <class B>
  typename B::Value split(B &b, const typename B::Value &below) const {
    using Value = typename B::Value;
    Value limited = clampInt(b, below, 0, 30 * ln2);
    Value halvings = b.divInt(limited, b.i32(int32_t(ln2)));
    Value rest =
        b.subInt(b.mulInt(halvings, b.i32(int32_t(ln2))), limited); // <= 0
    Value line = b.addInt(rest, b.i32(int32_t(slope)));
    Value value =
        isLine ? line
               : b.addInt(b.mulInt(rest, line), b.i32(int32_t(constant)));
    return b.shiftRightBy(b.shiftLeft(value, guardBits), halvings);
  }

  /// I-ViT's 2^-halvings (1 - rest / 2).
  template <class B>
  typename B::Value shiftTerm(B &b, const typename B::Value &below) const {
    using Value = typename B::Value;
    Value q = b.subInt(b.i32(0), below);
    q = b.subInt(b.addInt(q, b.shiftRight(q, 1)), b.shiftRight(q, 4));
    Value distance = clampInt(b, b.subInt(b.i32(0), q), 0, 15 * one);
    Value halvings = b.divInt(distance, b.i32(int32_t(one)));
    Value rest =
        b.subInt(b.mulInt(halvings, b.i32(int32_t(one))), distance); // <= 0
    Value twice = b.addInt(rest, b.i32(int32_t(2 * one)));
    return b.shiftRight(b.shiftLeftBy(twice, b.subInt(b.i32(15), halvings)), 1);
  }

  /// gemmlowp's product in Q0.31: rounded, halves up.
  template <class B>
  static typename B::Value doublingHigh(B &b, const typename B::Value &x,
                                        const typename B::Value &y) {
    return b.i64ToI32(roundingShift(b, wideProduct(b, x, y), 31));
  }
  template <class B>
  static typename B::Value doublingHigh(B &b, const typename B::Value &x,
                                        int32_t y) {
    return doublingHigh(b, x, b.i32(y));
  }
  /// x / 2^bits, halves away from zero.
  template <class B>
  static typename B::Value roundedQuotient(B &b, const typename B::Value &x,
                                           int bits) {
    typename B::Value negative = b.greaterInt(b.i32(0), x);
    int32_t half = 1 << (bits - 1);
    return b.shiftRight(
        b.addInt(x, b.select(negative, b.i32(half - 1), b.i32(half))), bits);
  }

  /// e^(below * scale) in Q0.31.
  template <class B>
  typename B::Value litertTerm(B &b, const typename B::Value &below) const {
    using Value = typename B::Value;
    Value tooLow = b.greaterInt(below, b.i32(int32_t(lowest)));
    Value limited = b.select(tooLow, b.i32(0), below);
    Value a = doublingHigh(
        b, b.shiftLeft(b.subInt(b.i32(0), limited), inputShift), inputFactor);
    constexpr int32_t quarter = 1 << 24;
    Value part = b.subInt(b.andBits(a, b.i32(quarter - 1)), b.i32(quarter));
    // Taylor's series of degree 4 about -1/8
    constexpr int32_t atEighth = 1895147668, third = 715827883;
    Value x = b.addInt(b.shiftLeft(part, 5), b.i32(1 << 28));
    Value x2 = doublingHigh(b, x, x), x3 = doublingHigh(b, x2, x);
    Value x4 = roundedQuotient(b, doublingHigh(b, x2, x2), 2);
    Value high = b.addInt(doublingHigh(b, b.addInt(x4, x3), third), x2);
    Value sum = b.addInt(x, roundedQuotient(b, high, 1));
    Value result = b.addInt(b.i32(atEighth), doublingHigh(b, sum, atEighth));
    Value remainder = b.subInt(part, a);
    constexpr int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308,
                                   39332535,   720401,     242};
    for (int i = 0; i < 7; ++i) {
      Value bit = b.andBits(remainder, b.i32(1 << (24 + i)));
      result = b.select(b.equalInt(bit, b.i32(0)), result,
                        doublingHigh(b, result, factors[i]));
    }
    constexpr int32_t most = std::numeric_limits<int32_t>::max();
    result = b.select(b.equalInt(a, b.i32(0)), b.i32(most), result);
    return b.select(tooLow, b.i32(0), result);
  }

  /// 1 / (1 + x), both Q0.31.
  template <class B>
  static typename B::Value reciprocalOfOnePlus(B &b,
                                               const typename B::Value &x) {
    using Value = typename B::Value;
    // (x + 2^31 - 1 + 1) / 2
    Value half = b.addInt(b.shiftRight(x, 1), b.i32(1 << 30));
    Value y = b.addInt(b.i32(1515870810), doublingHigh(b, half, -1010580540));
    for (int step = 0; step < 3; ++step) {
      Value error = b.subInt(b.i32(1 << 29), doublingHigh(b, half, y));
      y = b.addInt(y, b.shiftLeft(doublingHigh(b, y, error), 2));
    }
    return b.i64ToI32(clampInt(b, b.shiftLeft(b.i32ToI64(y), 1), 0,
                               std::numeric_limits<int32_t>::max()));
  }

  /// LiteRT's line between neighbouring entries of a table of 513.
  template <class B>
  static typename B::Value interpolated(B &b, llvm::ArrayRef<int32_t> entries,
                                        const typename B::Value &x) {
    using Value = typename B::Value;
    Value index = b.addInt(b.shiftRight(x, 7), b.i32(256));
    Value here = b.entry(entries.drop_back(), index);
    Value next = b.entry(entries.drop_front(), index);
    Value within = b.andBits(x, b.i32(127));
    return b.addInt(
        here, roundingShift(b, b.mulInt(b.subInt(next, here), within), 7));
  }

  template <class B>
  typename B::Value litert16Term(B &b, const typename B::Value &below) const {
    using Value = typename B::Value;
    Value scaled = doublingHigh(
        b, b.shiftLeft(b.subInt(b.i32(0), below), inputShift), inputFactor);
    if (inputRight > 0)
      scaled = roundedQuotient(b, scaled, inputRight);
    return interpolated(
        b, table, clampInt(b, b.addInt(scaled, b.i32(32767)), -32768, 32767));
  }

  template <class B>
  typename B::Value indexTerm(B &b, const typename B::Value &below) const {
    using Value = typename B::Value;
    Value distance = clampInt(b, below, 0, clip);
    Value steps = b.addInt(b.mulInt(distance, b.i32(62)), b.i32(int32_t(clip)));
    return b.entry(table, b.divInt(steps, b.i32(int32_t(2 * clip))));
  }

  /// 2^14 / 2^c, c being the rounded logarithm of round(sum / term): c or more
  /// where sum / term >= t - 1/2 with t = 2, 3, 6, 12, ... for c = 1, 2, ...;
  /// of the halves, which round to even, only that of t = 3 goes down.
  template <class B>
  typename B::Value powerOfTwo(B &b, const typename B::Value &term,
                               const typename B::Value &sum) const {
    using Value = typename B::Value;
    Value e = b.i32ToI64(term), twice = b.shiftLeft(sum, 1);
    // 2^14 and a half step, halved at every threshold that is passed
    Value result = b.i32(1 << 15);
    auto halveUnless = [&](const Value &isLess) {
      result = b.select(isLess, result, b.shiftRight(result, 1));
    };
    Value three = b.addInt(e, b.shiftLeft(e, 1));
    halveUnless(b.greaterInt(three, twice));
    halveUnless(
        b.notBits(b.greaterInt(twice, b.addInt(three, b.shiftLeft(e, 1)))));
    for (int c = 3; c <= 15; ++c)
      halveUnless(b.greaterInt(b.subInt(b.shiftLeft(three, c - 1), e), twice));
    Value code = b.shiftRight(b.addInt(result, b.i32(1)), 1);
    Value isNothing = b.greaterInt(
        twice, b.subInt(b.subInt(b.shiftLeft(three, 15), e), b.i64(1)));
    return b.select(isNothing, b.i32(0), code);
  }

  SoftmaxForm form;
  bool isLine = false;
  int64_t ln2 = 1, slope = 0, constant = 0; ///< ibert, log2, hyq
  int guardBits = 0, shift16 = 0;
  int32_t factor16 = 0;
  int64_t one = 1;    ///< shiftmax
  int64_t clip = 1;   ///< index
  int64_t lowest = 0; ///< litert: codes further below count for nothing
  int inputShift = 0, inputRight = 0;
  int32_t inputFactor = 0;
  std::vector<int32_t> table, second;
  bool keepsNative = false;
  FixedPoint toResult;
  int64_t zeroPoint, low, high;
};

/// What the codes of a form mean before they become the result's: code * scale.
double nativeScale(SoftmaxForm form);

} // namespace quantir

#endif // QUANTIR_SOFTMAXFORMS_H
