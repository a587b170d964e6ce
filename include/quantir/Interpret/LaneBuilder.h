#ifndef QUANTIR_INTERPRET_LANEBUILDER_H
#define QUANTIR_INTERPRET_LANEBUILDER_H

#include "quantir/Interpret/MultiplyAdd.h"

#include "Quantir/FloatMath.h"
#include "Quantir/LaneKind.h"
#include "Quantir/ShortFloatMath.h"
#include "llvm/ADT/bit.h"

#include <cmath>
#include <optional>
#include <type_traits>

namespace quantir {

/// A block of numbers of one kind.
struct Lanes {
  static constexpr int64_t size = 64;
  LaneKind kind;
  union {
    float f32[size];
    int32_t i32[size];
    int64_t i64[size];
    bool i1[size];
  };
};

/// The builder of ElementwiseMath.h that computes at once, on blocks of
/// `Lanes::size` elements.
class LaneBuilder {
public:
  using Value = Lanes;

  /// Says which elements the lanes are: from element `first` (row-major) on, of
  /// a tensor of the given shape. `operands` are the bytes of the op's
  /// operands.
  LaneBuilder(llvm::ArrayRef<int64_t> shape,
              llvm::ArrayRef<const uint8_t *> operands, bool zeroExtendsLookup)
      : shape(shape), operands(operands), zeroExtendsLookup(zeroExtendsLookup) {
  }
  LaneBuilder() : LaneBuilder({}, {}, false) {}
  void moveTo(int64_t first) { this->first = first; }

  Lanes f32(float value) {
    return floats([&](int64_t) { return value; });
  }
  Lanes i32(int32_t value) {
    return make<int32_t>(LaneKind::i32, [&](int64_t) { return value; });
  }
  Lanes i64(int64_t value) {
    return make<int64_t>(LaneKind::i64, [&](int64_t) { return value; });
  }

  Lanes addF32(const Lanes &a, const Lanes &b) {
    return floats([&](int64_t i) { return a.f32[i] + b.f32[i]; });
  }
  Lanes subF32(const Lanes &a, const Lanes &b) {
    return floats([&](int64_t i) { return a.f32[i] - b.f32[i]; });
  }
  Lanes mulF32(const Lanes &a, const Lanes &b) {
    return floats([&](int64_t i) { return a.f32[i] * b.f32[i]; });
  }
  Lanes divF32(const Lanes &a, const Lanes &b) {
    return floats([&](int64_t i) { return a.f32[i] / b.f32[i]; });
  }
  Lanes divideF32(const Lanes &a, float b) {
    return floats([&](int64_t i) { return a.f32[i] / b; });
  }
  Lanes fmaF32(const Lanes &a, const Lanes &b, const Lanes &c) {
    Lanes result;
    result.kind = LaneKind::f32;
    fusedMultiplyAdd(a.f32, b.f32, c.f32, result.f32, Lanes::size);
    return result;
  }
  Lanes sqrtF32(const Lanes &a) {
    return floats([&](int64_t i) { return std::sqrt(a.f32[i]); });
  }
  Lanes negF32(const Lanes &a) {
    return floats([&](int64_t i) { return -a.f32[i]; });
  }
  Lanes absF32(const Lanes &a) {
    return floats([&](int64_t i) { return std::fabs(a.f32[i]); });
  }
  Lanes floorF32(const Lanes &a) {
    return floats([&](int64_t i) { return std::floor(a.f32[i]); });
  }
  Lanes ceilF32(const Lanes &a) {
    return floats([&](int64_t i) { return std::ceil(a.f32[i]); });
  }
  Lanes roundF32(const Lanes &a) {
    // From 2^23 on every number is whole; below, the sum rounds, ties to even.
    constexpr float whole = 8388608.0f;
    return floats([&](int64_t i) {
      float size = std::fabs(a.f32[i]);
      float rounded = std::copysign((size + whole) - whole, a.f32[i]);
      return size < whole ? rounded : a.f32[i];
    });
  }
  Lanes greaterF32(const Lanes &a, const Lanes &b) {
    return truths([&](int64_t i) { return a.f32[i] > b.f32[i]; });
  }
  Lanes equalF32(const Lanes &a, const Lanes &b) {
    return truths([&](int64_t i) { return a.f32[i] == b.f32[i]; });
  }

  Lanes addInt(const Lanes &a, const Lanes &b) {
    return integers(a, b, [](auto x, auto y) { return x + y; });
  }
  Lanes subInt(const Lanes &a, const Lanes &b) {
    return integers(a, b, [](auto x, auto y) { return x - y; });
  }
  Lanes mulInt(const Lanes &a, const Lanes &b) {
    return integers(a, b, [](auto x, auto y) { return x * y; });
  }
  Lanes mulHigh(const Lanes &a, const Lanes &b) {
    return make<int32_t>(LaneKind::i32, [&](int64_t i) {
      return int32_t(int64_t(a.i32[i]) * b.i32[i] >> 32);
    });
  }
  Lanes divInt(const Lanes &a, const Lanes &b) {
    return integers(a, b, [](auto x, auto y) {
      using Signed = std::make_signed_t<decltype(x)>;
      return Signed(x) / Signed(y);
    });
  }
  Lanes shiftLeft(const Lanes &a, unsigned bits) {
    return integers(a, a, [&](auto x, auto) { return x << bits; });
  }
  Lanes shiftRight(const Lanes &a, unsigned bits) {
    return integers(a, a, [&](auto x, auto) {
      return std::make_signed_t<decltype(x)>(x) >> bits;
    });
  }
  static bool isI64(const Lanes &a) { return a.kind == LaneKind::i64; }
  Lanes shiftLeftBy(const Lanes &a, const Lanes &bits) {
    return integers(a, bits, [](auto x, auto y) { return x << y; });
  }
  Lanes shiftRightBy(const Lanes &a, const Lanes &bits) {
    return integers(a, bits, [](auto x, auto y) {
      return std::make_signed_t<decltype(x)>(x) >> y;
    });
  }
  Lanes leadingZeros(const Lanes &a) {
    return integers(
        a, a, [](auto x, auto) { return decltype(x)(llvm::countl_zero(x)); });
  }
  Lanes greaterInt(const Lanes &a, const Lanes &b) {
    if (a.kind == LaneKind::i64)
      return truths([&](int64_t i) { return a.i64[i] > b.i64[i]; });
    return truths([&](int64_t i) { return a.i32[i] > b.i32[i]; });
  }
  Lanes equalInt(const Lanes &a, const Lanes &b) {
    if (a.kind == LaneKind::i64)
      return truths([&](int64_t i) { return a.i64[i] == b.i64[i]; });
    return truths([&](int64_t i) { return a.i32[i] == b.i32[i]; });
  }
  Lanes andBits(const Lanes &a, const Lanes &b) {
    if (a.kind == LaneKind::i1)
      return truths([&](int64_t i) { return a.i1[i] && b.i1[i]; });
    return integers(a, b, [](auto x, auto y) { return x & y; });
  }
  Lanes orBits(const Lanes &a, const Lanes &b) {
    if (a.kind == LaneKind::i1)
      return truths([&](int64_t i) { return a.i1[i] || b.i1[i]; });
    return integers(a, b, [](auto x, auto y) { return x | y; });
  }
  Lanes notBits(const Lanes &a) {
    if (a.kind == LaneKind::i1)
      return truths([&](int64_t i) { return !a.i1[i]; });
    return integers(a, a, [](auto x, auto) { return ~x; });
  }

  Lanes select(const Lanes &condition, const Lanes &a, const Lanes &b) {
    auto choose = [&](const auto &x, const auto &y) {
      return [&](int64_t i) { return condition.i1[i] ? x[i] : y[i]; };
    };
    switch (a.kind) {
    case LaneKind::f32:
      return floats(choose(a.f32, b.f32));
    case LaneKind::i32:
      return make<int32_t>(LaneKind::i32, choose(a.i32, b.i32));
    case LaneKind::i64:
      return make<int64_t>(LaneKind::i64, choose(a.i64, b.i64));
    case LaneKind::i1:
      return truths(choose(a.i1, b.i1));
    }
    return a;
  }

  Lanes i32ToF32(const Lanes &a) {
    return floats([&](int64_t i) { return float(a.i32[i]); });
  }
  Lanes i64ToF32(const Lanes &a) {
    return floats([&](int64_t i) { return float(a.i64[i]); });
  }
  Lanes f32ToI32(const Lanes &a) {
    return make<int32_t>(LaneKind::i32,
                         [&](int64_t i) { return int32_t(a.f32[i]); });
  }
  Lanes roundToI32(const Lanes &a) { return f32ToI32(roundF32(a)); }
  Lanes roundToCode(const Lanes &a, int32_t zeroPoint, int32_t low,
                    int32_t high) {
    Lanes limited = floatmath::maximum(*this, a, f32(float(low - zeroPoint)));
    limited = floatmath::minimum(*this, limited, f32(float(high - zeroPoint)));
    return addInt(roundToI32(limited), i32(zeroPoint));
  }
  Lanes f32ToI64(const Lanes &a) {
    return make<int64_t>(LaneKind::i64,
                         [&](int64_t i) { return int64_t(a.f32[i]); });
  }
  Lanes i32ToI64(const Lanes &a) {
    return make<int64_t>(LaneKind::i64,
                         [&](int64_t i) { return int64_t(a.i32[i]); });
  }
  Lanes i64ToI32(const Lanes &a) {
    return make<int32_t>(LaneKind::i32,
                         [&](int64_t i) { return int32_t(a.i64[i]); });
  }
  Lanes asI32(const Lanes &a) {
    return make<int32_t>(LaneKind::i32, [&](int64_t i) {
      return llvm::bit_cast<int32_t>(a.f32[i]);
    });
  }
  Lanes asF32(const Lanes &a) {
    return floats([&](int64_t i) { return llvm::bit_cast<float>(a.i32[i]); });
  }
  Lanes f32ToBf16(const Lanes &a) { return roundToBf16(*this, a); }
  Lanes f32ToF16(const Lanes &a) { return roundToF16(*this, a); }
  Lanes f16ToF32(const Lanes &a) { return widenF16(*this, a); }

private:
  /// The values along `axis`, one lane after the other.
  template <typename T>
  auto channels(llvm::ArrayRef<T> values, int64_t axis) const {
    int64_t inner = 1;
    for (int64_t size : shape.drop_front(axis + 1))
      inner *= size;
    int64_t channel = first / inner % values.size(), within = first % inner;
    return [=](int64_t) mutable {
      T value = values[channel];
      if (++within == inner) {
        within = 0;
        channel = channel + 1 == int64_t(values.size()) ? 0 : channel + 1;
      }
      return value;
    };
  }

public:
  Lanes perChannel(llvm::ArrayRef<float> values, std::optional<int64_t> axis) {
    if (values.size() == 1 || !axis)
      return f32(values[0]);
    return floats(channels(values, *axis));
  }
  Lanes perChannelI32(llvm::ArrayRef<int32_t> values,
                      std::optional<int64_t> axis) {
    if (values.size() == 1 || !axis)
      return i32(values[0]);
    return make<int32_t>(LaneKind::i32, channels(values, *axis));
  }

  Lanes lookupI32(unsigned operand, int64_t first, int64_t /*size*/,
                  const Lanes &index) {
    const auto *table = reinterpret_cast<const int32_t *>(operands[operand]);
    return make<int32_t>(
        LaneKind::i32, [&](int64_t i) { return table[first + index.i32[i]]; });
  }
  Lanes entry(llvm::ArrayRef<int32_t> values, const Lanes &index) {
    return make<int32_t>(LaneKind::i32,
                         [&](int64_t i) { return values[index.i32[i]]; });
  }

  Lanes lookup(unsigned operand, const Lanes &index) {
    const uint8_t *table = operands[operand];
    return make<int32_t>(LaneKind::i32, [&](int64_t i) {
      uint8_t entry = table[uint8_t(index.i32[i])];
      return zeroExtendsLookup ? int32_t(entry) : int32_t(int8_t(entry));
    });
  }

private:
  template <typename T, typename Function>
  static Lanes make(LaneKind kind, Function function) {
    Lanes result;
    result.kind = kind;
    T *out = reinterpret_cast<T *>(result.f32);
    for (int64_t i = 0; i < Lanes::size; ++i)
      out[i] = function(i);
    return result;
  }
  template <typename Function> static Lanes floats(Function function) {
    return make<float>(LaneKind::f32, function);
  }
  template <typename Function> static Lanes truths(Function function) {
    return make<bool>(LaneKind::i1, function);
  }
  /// On unsigned numbers of the lanes' width, which wrap.
  template <typename Function>
  static Lanes integers(const Lanes &a, const Lanes &b, Function function) {
    if (a.kind == LaneKind::i64)
      return make<int64_t>(LaneKind::i64, [&](int64_t i) {
        return int64_t(function(uint64_t(a.i64[i]), uint64_t(b.i64[i])));
      });
    return make<int32_t>(LaneKind::i32, [&](int64_t i) {
      return int32_t(function(uint32_t(a.i32[i]), uint32_t(b.i32[i])));
    });
  }

  llvm::ArrayRef<int64_t> shape;
  llvm::ArrayRef<const uint8_t *> operands;
  bool zeroExtendsLookup;
  int64_t first = 0;
};

} // namespace quantir

#endif // QUANTIR_INTERPRET_LANEBUILDER_H
