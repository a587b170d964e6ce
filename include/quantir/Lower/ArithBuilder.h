#ifndef QUANTIR_LOWER_ARITHBUILDER_H
#define QUANTIR_LOWER_ARITHBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace quantir {

/// What the builders of ElementwiseMath.h that emit code have in common: the
/// operations that are one of arith's or math's on every processor.
///
/// `Lanes` is a bundle of lanes: an mlir::Value, or made of one and convertible
/// to it.
template <class Lanes> class ArithBuilder {
public:
  using Value = Lanes;

  /// \param type  of the lanes, with any element type: a vector, or a scalar
  ///              when there is one lane.
  ArithBuilder(mlir::ImplicitLocOpBuilder &b, mlir::Type type)
      : b(b), laneType(type) {}

  Lanes f32(float v) { return splat(b.getF32FloatAttr(v)); }
  Lanes i32(int32_t v) { return splat(b.getI32IntegerAttr(v)); }

  Lanes addF32(Lanes x, Lanes y) { return emit<mlir::arith::AddFOp>(x, y); }
  Lanes subF32(Lanes x, Lanes y) { return emit<mlir::arith::SubFOp>(x, y); }
  Lanes mulF32(Lanes x, Lanes y) { return emit<mlir::arith::MulFOp>(x, y); }
  Lanes divF32(Lanes x, Lanes y) { return emit<mlir::arith::DivFOp>(x, y); }
  Lanes sqrtF32(Lanes x) { return emit<mlir::math::SqrtOp>(x); }
  Lanes negF32(Lanes x) { return emit<mlir::arith::NegFOp>(x); }
  Lanes absF32(Lanes x) { return emit<mlir::math::AbsFOp>(x); }
  Lanes greaterF32(Lanes x, Lanes y) {
    return compare(mlir::arith::CmpFPredicate::OGT, x, y);
  }
  Lanes equalF32(Lanes x, Lanes y) {
    return compare(mlir::arith::CmpFPredicate::OEQ, x, y);
  }

  Lanes addInt(Lanes x, Lanes y) { return emit<mlir::arith::AddIOp>(x, y); }
  Lanes subInt(Lanes x, Lanes y) { return emit<mlir::arith::SubIOp>(x, y); }
  Lanes mulInt(Lanes x, Lanes y) { return emit<mlir::arith::MulIOp>(x, y); }
  Lanes divInt(Lanes x, Lanes y) { return emit<mlir::arith::DivSIOp>(x, y); }
  Lanes greaterInt(Lanes x, Lanes y) {
    return compare(mlir::arith::CmpIPredicate::sgt, x, y);
  }
  Lanes equalInt(Lanes x, Lanes y) {
    return compare(mlir::arith::CmpIPredicate::eq, x, y);
  }
  Lanes shiftLeft(Lanes x, int bits) { return shiftLeftBy(x, like(x, bits)); }
  Lanes shiftRight(Lanes x, int bits) { return shiftRightBy(x, like(x, bits)); }
  Lanes shiftLeftBy(Lanes x, Lanes bits) {
    return emit<mlir::arith::ShLIOp>(x, bits);
  }
  Lanes shiftRightBy(Lanes x, Lanes bits) {
    return emit<mlir::arith::ShRSIOp>(x, bits);
  }
  Lanes andBits(Lanes x, Lanes y) { return emit<mlir::arith::AndIOp>(x, y); }
  Lanes orBits(Lanes x, Lanes y) { return emit<mlir::arith::OrIOp>(x, y); }
  Lanes xorBits(Lanes x, Lanes y) { return emit<mlir::arith::XOrIOp>(x, y); }
  Lanes notBits(Lanes x) { return xorBits(x, like(x, -1)); }
  Lanes select(Lanes c, Lanes x, Lanes y) {
    return emit<mlir::arith::SelectOp>(c, x, y);
  }

  Lanes i32ToF32(Lanes x) {
    return convert<mlir::arith::SIToFPOp>(b.getF32Type(), x);
  }
  Lanes f32ToI32(Lanes x) {
    return convert<mlir::arith::FPToSIOp>(b.getI32Type(), x);
  }
  Lanes asI32(Lanes x) {
    return convert<mlir::arith::BitcastOp>(b.getI32Type(), x);
  }
  Lanes asF32(Lanes x) {
    return convert<mlir::arith::BitcastOp>(b.getF32Type(), x);
  }

protected:
  /// The type of so many lanes of `element`.
  mlir::Type lanesOf(mlir::Type element) {
    if (auto vector = mlir::dyn_cast<mlir::VectorType>(laneType))
      return vector.clone(element);
    return element;
  }
  Lanes splat(mlir::TypedAttr value) {
    mlir::Type type = lanesOf(value.getType());
    if (auto vector = mlir::dyn_cast<mlir::VectorType>(type))
      value = mlir::DenseElementsAttr::get(vector, value);
    return Lanes(mlir::Value(mlir::arith::ConstantOp::create(b, type, value)));
  }
  /// `value` as lanes of the integers that `x` has.
  Lanes like(mlir::Value x, int64_t value) {
    mlir::Type element = mlir::getElementTypeOrSelf(x);
    llvm::APInt bits(element.getIntOrFloatBitWidth(), value, /*isSigned=*/true,
                     /*implicitTrunc=*/true);
    return splat(b.getIntegerAttr(element, bits));
  }
  template <class Predicate>
  Lanes compare(Predicate predicate, mlir::Value x, mlir::Value y) {
    using Op = std::conditional_t<
        std::is_same_v<Predicate, mlir::arith::CmpFPredicate>,
        mlir::arith::CmpFOp, mlir::arith::CmpIOp>;
    return Lanes(mlir::Value(Op::create(b, predicate, x, y)));
  }
  template <class Op> Lanes emit(mlir::Value x) {
    return Lanes(mlir::Value(Op::create(b, x)));
  }
  template <class Op> Lanes emit(mlir::Value x, mlir::Value y) {
    return Lanes(mlir::Value(Op::create(b, x, y)));
  }
  template <class Op> Lanes emit(mlir::Value x, mlir::Value y, mlir::Value z) {
    return Lanes(mlir::Value(Op::create(b, x, y, z)));
  }
  template <class Op> Lanes convert(mlir::Type element, mlir::Value x) {
    return Lanes(mlir::Value(Op::create(b, lanesOf(element), x)));
  }

  mlir::ImplicitLocOpBuilder &b;

private:
  mlir::Type laneType;
};

} // namespace quantir

#endif // QUANTIR_LOWER_ARITHBUILDER_H
