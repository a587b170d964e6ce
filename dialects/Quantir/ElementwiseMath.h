#ifndef QUANTIR_ELEMENTWISEMATH_H
#define QUANTIR_ELEMENTWISEMATH_H

#include "Quantir/CodeMath.h"
#include "Quantir/FixedPointMath.h"
#include "Quantir/FloatMath.h"
#include "Quantir/IntegerMath.h"
#include "Quantir/LaneKind.h"
#include "Quantir/ShortFloatMath.h"
#include "llvm/ADT/TypeSwitch.h"

/// The meaning, to the bit, of every op with ElementwiseInterface, written once
/// over a builder `B`: the interpreter computes blocks of lanes with it, code
/// generation emits vector operations.
///
/// `B::Value` is a bundle of lanes of one LaneKind. A builder offers:
///
///   f32(float) i32(int32_t) i64(int64_t)      every lane the same
///   addF32 subF32 mulF32 divF32 sqrtF32       rounded to nearest even
///   fmaF32(a, b, c)                           a * b + c, rounded once
///   divideF32(x, float y)                     x / y, rounded to nearest even,
///                     of x below 2^20 y in magnitude; below 2^-20 y any value
///                     below 2^-19
///   negF32 absF32                             change the sign bit alone
///   floorF32 ceilF32 roundF32                 (ties to even)
///   greaterF32 equalF32                       i1, false when one is NaN
///   addInt subInt mulInt                      i32 or i64, wrap
///   mulHigh(a, b)                             the upper half of a product of
///                     i32, signed
///   divInt(a, b)                              towards zero; b is not 0 or -1
///   greaterInt equalInt                       i1, of signed i32 or i64
///   isI64(a)                                  i64 lanes, not i32
///   shiftLeft shiftRight(a, bits)             shiftRight copies the sign
///   shiftLeftBy shiftRightBy(a, b)            the same by lanes, in [0, width)
///   leadingZeros(a)                           of i64
///   andBits orBits notBits                    i32, i64 or i1
///   select(condition, a, b)                   of any one kind
///   i32ToF32 i64ToF32                         rounded to nearest even
///   f32ToI32 f32ToI64                         towards zero, of values in range
///   roundToI32                                f32ToI32(roundF32(x))
///   roundToCode(x, zero, low, high)           i32: round(x) + zero, clamped to
///                     [low, high], of any x; `low` of NaN
///   i32ToI64 i64ToI32                         sign-extends; the low half
///   asI32 asF32                               the same bits
///   f32ToBf16 f32ToF16 f16ToF32               between f32 and the bits of a
///                     short float, as ShortFloatMath.h's functions do
///   perChannel(values, axis)                  f32: values[index along the
///                     result's `axis`], or values[0] everywhere without axis
///   perChannelI32(values, axis)               the same of i32
///   lookupI32(operand, first, size, index)    the element `first + index`,
///                     `index` in [0, size), of the op's whole operand, which
///                     holds i32 or f32 (then its bits)
///   entry(values, index)                      i32: values[index] of constants
///   lookup(operand, index)                    the element `index` (i32 lanes
///   in
///                     [0, 255]) of the op's whole operand number `operand`
///
/// None of it may flush denormals or fuse what is not written fused. What a NaN
/// operand gives is defined everywhere, except for the sign and payload of a
/// NaN result.
namespace quantir {

/// Lanes of the result of `op` (which has ElementwiseInterface) from lanes of
/// its operands, broadcast already; the table of a lookup has none (any value
/// may stand for it). Failure, with a diagnostic, for element types without
/// such an operation.
template <class B>
mlir::FailureOr<typename B::Value>
evaluateElementwise(B &b, mlir::Operation *op,
                    llvm::ArrayRef<typename B::Value> operands);

namespace detail {

template <class B> class Elementwise {
public:
  using Value = typename B::Value;
  using Result = mlir::FailureOr<Value>;

  Elementwise(B &b, mlir::Operation *op, llvm::ArrayRef<Value> operands)
      : b(b), op(op), x(operands),
        from(mlir::getElementTypeOrSelf(op->getOperand(0).getType())),
        to(mlir::getElementTypeOrSelf(op->getResult(0).getType())) {}

  Result evaluate() {
    return llvm::TypeSwitch<mlir::Operation *, Result>(op)
        .template Case<AddOp, SubOp, MulOp, DivOp, MaxOp, MinOp, AndOp, OrOp>(
            [&](auto op) { return binary(op); })
        .template Case<NegOp, AbsOp, ReluOp, NotOp>(
            [&](auto op) { return unary(op); })
        .template Case<FloorOp, CeilOp, RoundOp, ExpOp, LogOp, ErfOp, TanhOp,
                       SigmoidOp, SiluOp, SoftplusOp, HardSwishOp, GeluOp,
                       ClipOp, LeakyReluOp, HardSigmoidOp>(
            [&](auto op) -> Result {
              if (!from.isF32() || !to.isF32())
                return unsupported();
              return function(op);
            })
        .template Case<ReciprocalOp>([&](auto) { return reciprocal(); })
        .template Case<SqrtOp>([&](auto) { return root(); })
        .template Case<CastOp>([&](auto) { return cast(); })
        .template Case<CompareOp>([&](auto op) { return compare(op); })
        .template Case<SelectOp>(
            [&](auto) { return Result(b.select(x[0], x[1], x[2])); })
        .template Case<QuantizeOp>([&](auto op) {
          return Result(op.getByReciprocal()
                            ? quantizeByReciprocal(b, x[0], codes(to))
                            : quantize(b, x[0], codes(to)));
        })
        .template Case<DequantizeOp>(
            [&](auto) { return Result(dequantize(b, x[0], codes(from))); })
        .template Case<RequantizeOp>([&](auto op) {
          return Result(op.getQ31() ? requantizeFixed(b, x[0], op)
                                    : requantize(b, x[0], op));
        })
        .template Case<ByteOp>([&](ByteOp op) { return Result(byte(op)); })
        .template Case<LookupOp>(
            [&](auto) { return Result(lookup(b, x[0], codes(from))); })
        .template Case<InterpolateOp>(
            [&](auto op) { return Result(interpolate(b, x[0], op)); })
        .template Case<PiecewiseOp>(
            [&](auto op) { return Result(piecewise(b, x[0], op)); })
        .Default([&](auto *) { return unsupported(); });
  }

private:
  Result unsupported() {
    return op->emitOpError("has no meaning on elements of ")
           << from << " giving " << to;
  }

  static mlir::quant::QuantizedType codes(mlir::Type element) {
    return llvm::cast<mlir::quant::QuantizedType>(element);
  }

  bool isNumber() {
    return llvm::isa<mlir::IntegerType>(from) && !from.isInteger(1);
  }

  //===-- Float or integer --------------------------------------------------===

  template <class Op> Result binary(Op op) {
    if (llvm::isa<mlir::quant::QuantizedType>(to))
      return codes2(op);
    if (from != to)
      return unsupported();
    if (from.isF32())
      return float2(op);
    if (!llvm::isa<mlir::IntegerType>(from))
      return unsupported();
    if constexpr (std::is_same_v<Op, AndOp>)
      return b.andBits(x[0], x[1]);
    if constexpr (std::is_same_v<Op, OrOp>)
      return b.orBits(x[0], x[1]);
    if (!isNumber())
      return unsupported();
    return wrapTo(b, integer2(op), to);
  }

  Result float2(AddOp) { return b.addF32(x[0], x[1]); }
  Result float2(SubOp) { return b.subF32(x[0], x[1]); }
  Result float2(MulOp) { return b.mulF32(x[0], x[1]); }
  Result float2(DivOp) { return b.divF32(x[0], x[1]); }
  Result float2(MaxOp) { return floatmath::maximum(b, x[0], x[1]); }
  Result float2(MinOp) { return floatmath::minimum(b, x[0], x[1]); }
  Result float2(mlir::Operation *) { return unsupported(); }

  Value integer2(AddOp) { return b.addInt(x[0], x[1]); }
  Value integer2(SubOp) { return b.subInt(x[0], x[1]); }
  Value integer2(MulOp) { return b.mulInt(x[0], x[1]); }
  Value integer2(DivOp) { return divide(b, x[0], x[1], to); }
  Value integer2(MaxOp) {
    return b.select(b.greaterInt(x[0], x[1]), x[0], x[1]);
  }
  Value integer2(MinOp) {
    return b.select(b.greaterInt(x[1], x[0]), x[0], x[1]);
  }
  Value integer2(mlir::Operation *) { return x[0]; } // and, or: done above

  Result codes2(AddOp) { return addCodes(b, op, x[0], x[1], 1); }
  Result codes2(SubOp) { return addCodes(b, op, x[0], x[1], -1); }
  Result codes2(MulOp) { return multiplyCodes(b, op, x[0], x[1]); }
  Result codes2(MaxOp op) { return integer2(op); }
  Result codes2(MinOp op) { return integer2(op); }
  Result codes2(mlir::Operation *) { return unsupported(); }

  template <class Op> Result unary(Op op) {
    if (from != to)
      return unsupported();
    if (from.isF32())
      return float1(op);
    if (!llvm::isa<mlir::IntegerType>(from))
      return unsupported();
    if constexpr (std::is_same_v<Op, NotOp>)
      return wrapTo(b, b.notBits(x[0]), to);
    if (!isNumber())
      return unsupported();
    Value zero = integer(b, 0, to);
    if constexpr (std::is_same_v<Op, ReluOp>)
      return b.select(b.greaterInt(x[0], zero), x[0], zero);
    Value negative = b.subInt(zero, x[0]);
    if constexpr (std::is_same_v<Op, AbsOp>)
      negative = b.select(b.greaterInt(zero, x[0]), negative, x[0]);
    return wrapTo(b, negative, to);
  }

  Result float1(NegOp) { return b.negF32(x[0]); }
  Result float1(AbsOp) { return b.absF32(x[0]); }
  Result float1(ReluOp) { return floatmath::maximum(b, x[0], b.f32(0.0f)); }
  Result float1(NotOp) { return unsupported(); }

  //===-- Functions of f32 --------------------------------------------------===

  Value function(FloorOp) { return b.floorF32(x[0]); }
  Value function(CeilOp) { return b.ceilF32(x[0]); }
  Value function(RoundOp) { return b.roundF32(x[0]); }
  Value function(ExpOp) { return floatmath::exp(b, x[0]); }
  Value function(LogOp) { return floatmath::log(b, x[0]); }
  Value function(ErfOp) { return floatmath::erf(b, x[0]); }
  Value function(TanhOp) { return floatmath::tanh(b, x[0]); }
  Value function(SigmoidOp) { return floatmath::sigmoid(b, x[0]); }
  Value function(SiluOp) { return floatmath::silu(b, x[0]); }
  Value function(SoftplusOp) { return floatmath::softplus(b, x[0]); }
  Value function(GeluOp op) {
    return op.getForm() == GeluForm::erf ? floatmath::geluErf(b, x[0])
                                         : floatmath::geluTanh(b, x[0]);
  }
  Value function(HardSwishOp) {
    return b.mulF32(x[0], unitLine(1.0f / 6.0f, 0.5f));
  }
  Value function(HardSigmoidOp op) {
    return unitLine(op.getAlpha().convertToFloat(),
                    op.getBeta().convertToFloat());
  }
  Value function(ClipOp op) {
    Value low = b.f32(op.getLow().convertToFloat());
    Value high = b.f32(op.getHigh().convertToFloat());
    return floatmath::minimum(b, floatmath::maximum(b, x[0], low), high);
  }
  Value function(LeakyReluOp op) {
    Value scaled = b.mulF32(b.f32(op.getAlpha().convertToFloat()), x[0]);
    return b.select(b.greaterF32(b.f32(0.0f), x[0]), scaled, x[0]);
  }

  /// min(max(slope * x + offset, 0), 1), the line with one rounding.
  Value unitLine(float slope, float offset) {
    Value line = b.fmaF32(x[0], b.f32(slope), b.f32(offset));
    Value above = floatmath::maximum(b, line, b.f32(0.0f));
    return floatmath::minimum(b, above, b.f32(1.0f));
  }

  //===-- Conversions, comparisons ------------------------------------------===

  Result root() {
    if (from.isF32() && to.isF32())
      return b.sqrtF32(x[0]);
    if (llvm::isa<mlir::quant::QuantizedType>(to))
      return rootOfCodes(b, op, x[0]);
    return unsupported();
  }

  Result reciprocal() {
    if (from.isF32() && to.isF32())
      return b.divF32(b.f32(1.0f), x[0]);
    if (llvm::isa<mlir::quant::QuantizedType>(to))
      return reciprocalCodes(b, op, x[0]);
    return unsupported();
  }

  Result cast() {
    if (llvm::isa<mlir::quant::QuantizedType>(to))
      return integerToCodes(
          b, from.isInteger(1) ? b.select(x[0], b.i32(1), b.i32(0)) : x[0],
          codes(to));
    if (llvm::isa<mlir::quant::QuantizedType>(from))
      return castOfCodes();
    if (from == to)
      return x[0];
    if (isShortFloat(to))
      return to.isBF16() ? toBf16(b, x[0]) : b.f32ToF16(x[0]);
    if (isShortFloat(from))
      return from.isBF16() ? fromBf16(b, x[0]) : b.f16ToF32(x[0]);
    if (from.isInteger(1))
      return b.select(x[0], one(b, to), zero(b, to));
    if (to.isInteger(1))
      return b.notBits(from.isF32() ? b.equalF32(x[0], zero(b, from))
                                    : b.equalInt(x[0], zero(b, from)));
    if (from.isF32())
      return truncate(b, x[0], to);
    if (to.isF32())
      return from.isInteger(64) ? b.i64ToF32(x[0]) : b.i32ToF32(x[0]);
    if (from.isInteger(64) && !to.isInteger(64))
      return wrapTo(b, b.i64ToI32(x[0]), to);
    if (to.isInteger(64) && !from.isInteger(64))
      return b.i32ToI64(x[0]);
    return wrapTo(b, x[0], to);
  }

  Value byte(ByteOp op) {
    if (!op.getHigh())
      return b.andBits(x[0], b.i32(255));
    return b.addInt(b.shiftRight(x[0], 8), b.i32(128));
  }

  Result castOfCodes() {
    if (to.isInteger(1))
      return b.notBits(b.equalInt(x[0], zeroPointOf(b, codes(from))));
    Value whole = codesToInteger(b, x[0], codes(from));
    if (to.isInteger(64))
      return whole;
    unsigned bits = to.getIntOrFloatBitWidth();
    bool isUnsigned = to.isUnsignedInteger();
    int64_t low = isUnsigned ? 0 : -(int64_t(1) << (bits - 1));
    int64_t high = (int64_t(1) << (isUnsigned ? bits : bits - 1)) - 1;
    return b.i64ToI32(clampInt(b, whole, low, high));
  }

  Result compare(CompareOp op) {
    Value lhs = x[0], rhs = x[1];
    if (from.isInteger(1)) {
      Value zero = b.i32(0), one = b.i32(1);
      lhs = b.select(lhs, one, zero);
      rhs = b.select(rhs, one, zero);
    }
    auto greater = [&](const Value &a, const Value &c) {
      return from.isF32() ? b.greaterF32(a, c) : b.greaterInt(a, c);
    };
    auto equal = [&] {
      return from.isF32() ? b.equalF32(lhs, rhs) : b.equalInt(lhs, rhs);
    };
    // Written with `or`, not as a negation, which NaN would turn into true.
    auto orEqual = [&](Value strict) { return b.orBits(strict, equal()); };
    switch (op.getPredicate()) {
    case ComparePredicate::eq:
      return equal();
    case ComparePredicate::ne:
      return b.notBits(equal());
    case ComparePredicate::lt:
      return greater(rhs, lhs);
    case ComparePredicate::le:
      return orEqual(greater(rhs, lhs));
    case ComparePredicate::gt:
      return greater(lhs, rhs);
    case ComparePredicate::ge:
      return orEqual(greater(lhs, rhs));
    }
    return unsupported();
  }

  B &b;
  mlir::Operation *op;
  llvm::ArrayRef<Value> x;
  mlir::Type from, to;
};

} // namespace detail

template <class B>
mlir::FailureOr<typename B::Value>
evaluateElementwise(B &b, mlir::Operation *op,
                    llvm::ArrayRef<typename B::Value> operands) {
  return detail::Elementwise<B>(b, op, operands).evaluate();
}

} // namespace quantir

#endif // QUANTIR_ELEMENTWISEMATH_H
