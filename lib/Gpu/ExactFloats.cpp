#include "ExactFloats.h"

using namespace mlir;
using namespace quantir;

static constexpr int32_t kSign = std::numeric_limits<int32_t>::min();
static constexpr int32_t kInfinity = 0x7f800000;
static constexpr int32_t kNaN = 0x7fc00000;

namespace {
/// The parts of finite f32 lanes.
struct Parts {
  Value sign;      ///< the highest bit
  Value magnitude; ///< all other bits
  /// The number is mantissa * 2^(exponent - 149); `mantissa` has 24 bits, fewer
  /// when the number is subnormal, and then `exponent` is 0.
  Value exponent, mantissa;
};
} // namespace

static Parts partsOf(WordCode &w, Value x) {
  Value bits = w.asI32(x);
  Value magnitude = w.andBits(bits, w.i32(~kSign));
  Value exponent =
      w.maxInt(w.subInt(w.shiftDown(magnitude, 23), w.i32(1)), w.i32(0));
  Value mantissa = w.subInt(magnitude, w.shiftLeft(exponent, 23));
  return {w.andBits(bits, w.i32(kSign)), magnitude, exponent, mantissa};
}

/// The same with 24 bits of mantissa in any case but zero, and an exponent that
/// may be negative.
static Parts normalPartsOf(WordCode &w, Value x) {
  Parts parts = partsOf(w, x);
  Value missing = w.subInt(w.i32(23), w.highestBit(parts.mantissa));
  missing = w.minInt(missing, w.i32(23));
  parts.mantissa = w.shiftLeftBy(parts.mantissa, missing);
  parts.exponent = w.subInt(parts.exponent, missing);
  return parts;
}

/// `number`, whose lowest bit is set where `inexact` is not 0.
static Value jam(WordCode &w, Value number, Value inexact) {
  return w.orBits(number, w.select(w.isZero(inexact), w.i32(0), w.i32(1)));
}

/// The bits of the f32 nearest to sign * number * 2^(exponent - 158): a
/// `number` whose highest bit is set has the biased exponent `exponent`. Its
/// lowest bit stands for all that was cut off. `sign` has one bit, the highest.
static Value assemble(WordCode &w, Value sign, Value exponent, Value number) {
  // Below the normal numbers the last place stays where it is.
  Value down = w.maxInt(w.subInt(w.i32(1), exponent), w.i32(0));
  down = w.minInt(down, w.i32(31));
  Value cut = w.shiftDownBy(number, down);
  cut = jam(w, cut, w.xorBits(w.shiftLeftBy(cut, down), number));
  Value mantissa = w.shiftDown(cut, 8);
  Value odd = w.andBits(mantissa, w.i32(1));
  Value rest = w.addInt(w.andBits(cut, w.i32(255)), odd);
  Value up = w.asWord(w.greaterInt(rest, w.i32(128)));
  // The mantissa's own highest bit adds the missing one to the exponent.
  Value base = w.maxInt(w.subInt(exponent, w.i32(1)), w.i32(0));
  Value bits = w.addInt(w.shiftLeft(base, 23), w.addInt(mantissa, up));
  Value above = w.greaterInt(exponent, w.i32(254));
  return w.orBits(w.select(above, w.i32(kInfinity), bits), sign);
}

/// x * 2^-bits for bits in [0, 64), where the lowest bit stands for all that is
/// cut off.
static GpuLanes shiftAndJam(WordCode &w, GpuLanes x, Value bits) {
  Value within = w.andBits(bits, w.i32(31));
  Value far = w.greaterInt(bits, w.i32(31));
  Value low = w.select(far, x.high, x.bits);
  Value high = w.select(far, w.i32(0), x.high);
  Value lost = w.orBits(w.keepIf(far, x.bits), w.spillDown(low, within));
  Value moved = w.orBits(w.shiftDownBy(low, within), w.spillDown(high, within));
  return {jam(w, moved, lost), w.shiftDownBy(high, within)};
}

namespace {
/// The upper word of a pair that is not 0, shifted until its highest bit is
/// set, with the lowest bit standing for the rest.
struct Leading {
  Value word;
  Value zeros; ///< by which it was shifted
};
} // namespace

static Leading leadingWord(WordCode &w, GpuLanes x) {
  Value far = w.isZero(x.high);
  Value high = w.select(far, x.bits, x.high);
  Value low = w.select(far, w.i32(0), x.bits);
  Value zeros = w.subInt(w.i32(31), w.highestBit(high));
  Value word = w.orBits(w.shiftLeftBy(high, zeros), w.spillUp(low, zeros));
  return {jam(w, word, w.shiftLeftBy(low, zeros)),
          w.addInt(zeros, w.keepIf(far, w.i32(32)))};
}

/// What a * b + c is where one of them is infinite or NaN.
static Value specialSum(WordCode &w, const Parts &a, const Parts &b,
                        const Parts &c, Value productSign) {
  Value infinity = w.i32(kInfinity);
  Value least = w.minInt(a.magnitude, b.magnitude);
  Value most = w.maxInt(a.magnitude, b.magnitude);
  Value isNaN = w.greaterInt(w.maxInt(most, c.magnitude), infinity);
  Value isInfinite = w.equalInt(most, infinity);
  // Infinity times 0, and infinity minus infinity.
  Value opposite = w.notBits(w.equalInt(productSign, c.sign));
  Value lost = w.andBits(opposite, w.equalInt(c.magnitude, infinity));
  Value undefined = w.andBits(isInfinite, w.orBits(lost, w.isZero(least)));
  Value sum = w.select(isInfinite, w.orBits(productSign, infinity),
                       w.orBits(c.magnitude, c.sign));
  return w.select(w.orBits(isNaN, undefined), w.i32(kNaN), sum);
}

/// The product (48 bits) and the addend (24 bits) lie in 64 bits such that the
/// one with the larger place value keeps all of its bits at the top; the other
/// is shifted to it. What is cut off lies far below the sum's last place, also
/// when the sum cancels: that happens only where nothing is cut.
Value quantir::computeFma(WordCode &w, Value x, Value y, Value z) {
  Parts a = partsOf(w, x), b = partsOf(w, y), c = partsOf(w, z);
  Value zero = w.i32(0);
  Value productSign = w.xorBits(a.sign, b.sign);
  // product = pair * 2^(exponents - 312), addend = pair * 2^(exponent - 187).
  GpuLanes product =
      w.product(w.shiftLeft(a.mantissa, 7), w.shiftLeft(b.mantissa, 7));
  GpuLanes addend(zero, w.shiftLeft(c.mantissa, 6));
  Value exponents = w.addInt(a.exponent, b.exponent);
  Value distance = w.subInt(exponents, w.addInt(c.exponent, w.i32(125)));
  Value noProduct = w.isZero(w.minInt(a.magnitude, b.magnitude));
  distance = w.select(noProduct, w.i32(-1), distance);
  Value addendLeads = w.isNegative(distance);
  GpuLanes leader = w.selectWide(addendLeads, addend, product);
  GpuLanes other = w.selectWide(addendLeads, product, addend);
  Value down = w.select(addendLeads, w.subInt(zero, distance), distance);
  other = shiftAndJam(w, other, w.minInt(down, w.i32(63)));
  Value opposite = w.shiftRight(w.xorBits(productSign, c.sign), 31);
  GpuLanes sum = w.addWide(leader, w.negateIf(opposite, other));
  Value below = w.shiftRight(sum.high, 31);
  sum = w.negateIf(below, sum);
  Value sign = w.select(addendLeads, c.sign, productSign);
  sign = w.xorBits(sign, w.andBits(below, w.i32(kSign)));
  Leading leading = leadingWord(w, sum);
  Value base = w.select(addendLeads, w.addInt(c.exponent, w.i32(3)),
                        w.subInt(exponents, w.i32(122)));
  Value result = assemble(w, sign, w.subInt(base, leading.zeros), leading.word);
  // Zero is negative as the sum of two negative zeros alone.
  Value nothing = w.isZero(w.orBits(sum.bits, sum.high));
  result = w.select(nothing, w.andBits(productSign, c.sign), result);
  Value largest = w.maxInt(w.maxInt(a.magnitude, b.magnitude), c.magnitude);
  Value finite = w.greaterInt(w.i32(kInfinity), largest);
  return w.asF32(w.select(finite, result, specialSum(w, a, b, c, productSign)));
}

/// What a / b is where one of them is zero, infinite or NaN.
static Value specialQuotient(WordCode &w, const Parts &a, const Parts &b,
                             Value sign) {
  Value infinity = w.i32(kInfinity);
  Value isNaN = w.greaterInt(w.maxInt(a.magnitude, b.magnitude), infinity);
  Value bothZero = w.isZero(w.orBits(a.magnitude, b.magnitude));
  Value bothInfinite = w.equalInt(w.minInt(a.magnitude, b.magnitude), infinity);
  Value undefined = w.orBits(isNaN, w.orBits(bothZero, bothInfinite));
  Value grows =
      w.orBits(w.equalInt(a.magnitude, infinity), w.isZero(b.magnitude));
  Value result = w.orBits(sign, w.keepIf(grows, infinity));
  return w.select(undefined, w.i32(kNaN), result);
}

/// The device's quotient of the mantissas is within some units of 25 or 26
/// binary digits; the remainder, small and hence known from its low word, says
/// how many.
Value quantir::computeQuotient(WordCode &w, Value x, Value y) {
  Parts a = normalPartsOf(w, x), b = normalPartsOf(w, y);
  Value zero = w.i32(0), one = w.i32(1);
  Value sign = w.xorBits(a.sign, b.sign);
  // A zero divisor's result is taken from elsewhere.
  Value divisor = w.maxInt(b.mantissa, one);
  Value above = w.i32ToF32(a.mantissa), below = w.i32ToF32(divisor);
  Value quotient = w.f32ToI32(w.mulF32(w.divF32(above, below), w.f32(0x1p25f)));
  Value rest =
      w.subInt(w.shiftLeft(a.mantissa, 25), w.mulInt(quotient, divisor));
  Value more = w.f32ToI32(w.divF32(w.i32ToF32(rest), below));
  quotient = w.addInt(quotient, more);
  rest = w.subInt(rest, w.mulInt(more, divisor));
  Value tooMuch = w.isNegative(rest);
  quotient = w.addInt(quotient, w.asMask(tooMuch));
  rest = w.addInt(rest, w.keepIf(tooMuch, divisor));
  Value tooLittle = w.notBits(w.greaterInt(divisor, rest));
  quotient = w.addInt(quotient, w.asWord(tooLittle));
  rest = w.subInt(rest, w.keepIf(tooLittle, divisor));
  Value atLeastOne = w.greaterInt(quotient, w.i32((1 << 25) - 1));
  Value number = w.shiftLeft(quotient, 6);
  number = w.select(atLeastOne, number, w.shiftLeft(number, 1));
  Value exponent = w.addInt(w.subInt(a.exponent, b.exponent), w.i32(126));
  exponent = w.addInt(exponent, w.asWord(atLeastOne));
  Value result = assemble(w, sign, exponent, jam(w, number, rest));
  Value least = w.minInt(a.magnitude, b.magnitude);
  Value most = w.maxInt(a.magnitude, b.magnitude);
  Value ordinary = w.andBits(w.greaterInt(least, zero),
                             w.greaterInt(w.i32(kInfinity), most));
  return w.asF32(w.select(ordinary, result, specialQuotient(w, a, b, sign)));
}

/// The device's root of the mantissa is within some units of 25 binary digits;
/// again the remainder says how many.
Value quantir::computeRoot(WordCode &w, Value x) {
  Parts a = normalPartsOf(w, x);
  Value zero = w.i32(0), one = w.i32(1);
  // x = mantissa * 2^(even number), with a mantissa of 25 or 26 bits.
  Value odd = w.andBits(a.exponent, one);
  Value mantissa = w.shiftLeftBy(a.mantissa, w.addInt(odd, one));
  Value root =
      w.f32ToI32(w.mulF32(w.sqrtF32(w.i32ToF32(mantissa)), w.f32(0x1p12f)));
  Value rest = w.subInt(w.shiftLeft(mantissa, 24), w.mulInt(root, root));
  Value twice = w.shiftLeft(root, 1);
  Value more = w.f32ToI32(w.divF32(w.i32ToF32(rest), w.i32ToF32(twice)));
  rest = w.subInt(rest, w.mulInt(more, w.addInt(twice, more)));
  root = w.addInt(root, more);
  // (root - 1)^2 = root^2 - (2 root - 1), (root + 1)^2 = root^2 + 2 root + 1.
  Value tooMuch = w.isNegative(rest);
  Value step = w.subInt(w.shiftLeft(root, 1), one);
  rest = w.addInt(rest, w.keepIf(tooMuch, step));
  root = w.addInt(root, w.asMask(tooMuch));
  step = w.shiftLeft(root, 1);
  Value tooLittle = w.greaterInt(rest, step);
  rest = w.subInt(rest, w.keepIf(tooLittle, w.addInt(step, one)));
  root = w.addInt(root, w.asWord(tooLittle));
  Value number = jam(w, w.shiftLeft(root, 7), rest);
  Value exponent = w.addInt(w.shiftRight(a.exponent, 1), w.i32(64));
  Value result = assemble(w, zero, exponent, number);
  // Zeros and positive infinity are their own roots, NaN stays.
  Value infinity = w.i32(kInfinity);
  Value itself = w.orBits(w.isZero(a.magnitude),
                          w.notBits(w.greaterInt(infinity, a.magnitude)));
  Value bits = w.asI32(x);
  Value undefined =
      w.andBits(w.isNegative(bits), w.notBits(w.isZero(a.magnitude)));
  result = w.select(itself, bits, result);
  return w.asF32(w.select(undefined, w.i32(kNaN), result));
}

Value quantir::roundToFloat(WordCode &w, GpuLanes x) {
  Value sign = w.andBits(x.high, w.i32(kSign));
  Leading leading = leadingWord(w, w.negateIf(w.shiftRight(x.high, 31), x));
  Value exponent = w.subInt(w.i32(127 + 63), leading.zeros);
  Value rounded = assemble(w, sign, exponent, leading.word);
  Value nothing = w.isZero(w.orBits(x.bits, x.high));
  return w.asF32(w.select(nothing, w.i32(0), rounded));
}
