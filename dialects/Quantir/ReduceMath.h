#ifndef QUANTIR_REDUCEMATH_H
#define QUANTIR_REDUCEMATH_H

#include "Quantir/IntegerMath.h"
#include "Quantir/QuantirOps.h"

namespace quantir {

/// How the elements of a reduction are folded into one, over a builder as
/// ElementwiseMath.h describes it. The order of integers is free.
class ReduceFold {
public:
  /// \param count  how many elements are folded.
  ReduceFold(ReduceOp op, int64_t count)
      : kind(op.getKind()),
        from(mlir::getElementTypeOrSelf(op.getInput().getType())),
        to(mlir::getElementTypeOrSelf(op.getType())), count(count) {
    auto codes = llvm::dyn_cast<mlir::quant::QuantizedType>(from);
    if (codes && (kind == ReduceKind::sum || kind == ReduceKind::mean))
      zeroPoint = getZeroPoints(codes)[0];
    isWide = from.isInteger(64) ||
             (kind == ReduceKind::mean && llvm::isa<mlir::IntegerType>(from));
  }

  /// A product of f32 has no partial products.
  bool inOrder() const { return kind == ReduceKind::prod && from.isF32(); }

  /// The order of the elements changes no bit.
  bool isAssociative() const { return !from.isF32(); }

  /// What the first element is combined with.
  template <class B> typename B::Value initial(B &b) const {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    bool isReal = from.isF32();
    auto integer = [&](int32_t narrow, int64_t wide) {
      return isWide ? b.i64(wide) : b.i32(narrow);
    };
    switch (kind) {
    case ReduceKind::sum:
    case ReduceKind::mean:
      return isReal ? b.f32(0.0f) : integer(0, 0);
    case ReduceKind::prod:
      return isReal ? b.f32(1.0f) : integer(1, 1);
    case ReduceKind::max:
      return isReal ? b.f32(-infinity)
                    : integer(std::numeric_limits<int32_t>::min(),
                              std::numeric_limits<int64_t>::min());
    case ReduceKind::min:
      return isReal ? b.f32(infinity)
                    : integer(std::numeric_limits<int32_t>::max(),
                              std::numeric_limits<int64_t>::max());
    }
    return {};
  }

  /// An element as it enters the fold.
  template <class B>
  typename B::Value widen(B &b, const typename B::Value &x) const {
    typename B::Value lanes = x;
    if (from.isInteger(1))
      lanes = b.select(x, b.i32(1), b.i32(0));
    return isWide && !from.isInteger(64) ? b.i32ToI64(lanes) : lanes;
  }

  template <class B>
  typename B::Value combine(B &b, const typename B::Value &partial,
                            const typename B::Value &x) const {
    bool isReal = from.isF32();
    switch (kind) {
    case ReduceKind::sum:
    case ReduceKind::mean:
      return isReal ? b.addF32(partial, x) : b.addInt(partial, x);
    case ReduceKind::prod:
      return isReal ? b.mulF32(partial, x) : b.mulInt(partial, x);
    case ReduceKind::max: // keeps what there was when x is NaN
      return b.select(isReal ? b.greaterF32(x, partial)
                             : b.greaterInt(x, partial),
                      x, partial);
    case ReduceKind::min:
      return b.select(isReal ? b.greaterF32(partial, x)
                             : b.greaterInt(partial, x),
                      x, partial);
    }
    return partial;
  }

  /// The result from the fold of all elements.
  template <class B>
  typename B::Value finish(B &b, const typename B::Value &folded) const {
    typename B::Value result = folded;
    bool isMean = kind == ReduceKind::mean;
    if (from.isF32())
      return isMean ? b.mulF32(folded, b.f32(float(1.0 / double(count))))
                    : folded;
    if (llvm::isa<mlir::quant::QuantizedType>(from)) {
      auto offset = int32_t(uint32_t(uint64_t(count) * uint64_t(zeroPoint)));
      return offset ? b.subInt(folded, b.i32(offset)) : folded;
    }
    if (isMean)
      result = b.divInt(result, b.i64(count));
    if (isWide && !to.isInteger(64))
      result = b.i64ToI32(result);
    if (to.isInteger(1))
      return b.equalInt(b.andBits(result, b.i32(1)), b.i32(1));
    return wrapTo(b, result, to);
  }

private:
  ReduceKind kind;
  mlir::Type from, to;
  int64_t count, zeroPoint = 0;
  /// The lanes are i64, for i64 elements and the means of other integers.
  bool isWide;
};

} // namespace quantir

#endif // QUANTIR_REDUCEMATH_H
