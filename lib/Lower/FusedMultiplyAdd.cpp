#include "InnerTileCode.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace quantir;

/// Rounds a double sum to odd: when the sum is inexact, its last bit is set, so
/// that the rounding to f32 that follows cannot be a second rounding at a tie
/// (Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums",
/// 2008).
static Value roundedToOdd(ImplicitLocOpBuilder &b, Value product,
                          Value addend) {
  auto type = cast<VectorType>(product.getType());
  auto bitsType = type.clone(b.getI64Type());
  auto bitsOf = [&](Value v) -> Value {
    return arith::BitcastOp::create(b, bitsType, v);
  };
  Value sum = arith::AddFOp::create(b, product, addend);
  // TwoSum: the exact error of the addition.
  Value back = arith::SubFOp::create(b, sum, product);
  Value left =
      arith::SubFOp::create(b, product, arith::SubFOp::create(b, sum, back));
  Value right = arith::SubFOp::create(b, addend, back);
  Value error = arith::AddFOp::create(b, left, right);
  // The sum cut towards zero is one unit nearer to zero when the error points
  // there; then the last bit stands for all that was cut.
  Value sign = arith::ConstantOp::create(
      b, bitsType,
      DenseElementsAttr::get(bitsType, b.getI64IntegerAttr(INT64_MIN)));
  Value outward = arith::BitcastOp::create(
      b, type,
      arith::XOrIOp::create(b, bitsOf(error),
                            arith::AndIOp::create(b, bitsOf(sum), sign)));
  Value zero = arith::ConstantOp::create(b, type, b.getZeroAttr(type));
  Value inward =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, outward, zero);
  Value inexact =
      arith::CmpFOp::create(b, arith::CmpFPredicate::ONE, error, zero);
  Value cut = arith::AddIOp::create(
      b, bitsOf(sum), arith::ExtSIOp::create(b, bitsType, inward));
  return arith::BitcastOp::create(
      b, type,
      arith::OrIOp::create(b, cut,
                           arith::ExtUIOp::create(b, bitsType, inexact)));
}

Value quantir::emitFma(ImplicitLocOpBuilder &b, const VectorUnit &unit, Value a,
                       Value x, Value acc) {
  if (unit.fma)
    return math::FmaOp::create(b, a, x, acc);
  auto narrow = cast<VectorType>(a.getType());
  auto wide = narrow.clone(b.getF64Type());
  auto extend = [&](Value v) { return arith::ExtFOp::create(b, wide, v); };
  // The product of two f32 is exact in f64.
  Value product = arith::MulFOp::create(b, extend(a), extend(x));
  return arith::TruncFOp::create(b, narrow,
                                 roundedToOdd(b, product, extend(acc)));
}
