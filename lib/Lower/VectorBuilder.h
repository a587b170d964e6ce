#ifndef QUANTIR_LIB_LOWER_VECTORBUILDER_H
#define QUANTIR_LIB_LOWER_VECTORBUILDER_H

#include "InnerTileCode.h"
#include "LaneEvaluator.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "quantir/Target/ByteLookups.h"
#include "quantir/Target/VectorInstructions.h"

namespace quantir {

/// The builder of ElementwiseMath.h that emits vector operations: the twin of
/// the interpreter's.
class VectorBuilder {
public:
  using Value = mlir::Value;

  VectorBuilder(KernelFunction &kernel, int64_t lanes)
      : kernel(kernel), b(kernel.builder()), lanes(lanes) {}

  Value f32(float v) { return splat(b.getF32FloatAttr(v)); }
  Value i32(int32_t v) { return splat(b.getI32IntegerAttr(v)); }
  Value i64(int64_t v) { return splat(b.getI64IntegerAttr(v)); }

  Value addF32(Value x, Value y) {
    return mlir::arith::AddFOp::create(b, x, y);
  }
  Value subF32(Value x, Value y) {
    return mlir::arith::SubFOp::create(b, x, y);
  }
  Value mulF32(Value x, Value y) {
    return mlir::arith::MulFOp::create(b, x, y);
  }
  Value divF32(Value x, Value y) {
    return mlir::arith::DivFOp::create(b, x, y);
  }
  Value divideF32(Value x, float y);
  Value fmaF32(Value x, Value y, Value z) {
    return emitFma(b, kernel.lowering().unit, x, y, z);
  }
  Value sqrtF32(Value x) { return mlir::math::SqrtOp::create(b, x); }
  Value negF32(Value x) { return mlir::arith::NegFOp::create(b, x); }
  Value absF32(Value x) { return mlir::math::AbsFOp::create(b, x); }
  Value floorF32(Value x);
  Value ceilF32(Value x);
  Value roundF32(Value x);
  Value greaterF32(Value x, Value y) {
    return compareF(mlir::arith::CmpFPredicate::OGT, x, y);
  }
  Value equalF32(Value x, Value y) {
    return compareF(mlir::arith::CmpFPredicate::OEQ, x, y);
  }

  Value addInt(Value x, Value y) {
    return mlir::arith::AddIOp::create(b, x, y);
  }
  Value subInt(Value x, Value y) {
    return mlir::arith::SubIOp::create(b, x, y);
  }
  Value mulInt(Value x, Value y);
  Value mulHigh(Value x, Value y) {
    Value product = mulInt(i32ToI64(x), i32ToI64(y));
    return i64ToI32(shiftRight(product, 32));
  }
  Value divInt(Value x, Value y) {
    return mlir::arith::DivSIOp::create(b, x, y);
  }
  Value greaterInt(Value x, Value y) {
    return compareI(mlir::arith::CmpIPredicate::sgt, x, y);
  }
  Value equalInt(Value x, Value y) {
    return compareI(mlir::arith::CmpIPredicate::eq, x, y);
  }
  Value shiftLeft(Value x, int bits) {
    return mlir::arith::ShLIOp::create(b, x, like(x, bits));
  }
  Value shiftRight(Value x, int bits) {
    return mlir::arith::ShRSIOp::create(b, x, like(x, bits));
  }
  static bool isI64(Value x) {
    return mlir::cast<mlir::VectorType>(x.getType())
        .getElementType()
        .isInteger(64);
  }
  Value shiftLeftBy(Value x, Value bits) {
    return mlir::arith::ShLIOp::create(b, x, bits);
  }
  Value shiftRightBy(Value x, Value bits) {
    return mlir::arith::ShRSIOp::create(b, x, bits);
  }
  Value leadingZeros(Value x) {
    return mlir::math::CountLeadingZerosOp::create(b, x);
  }
  Value andBits(Value x, Value y) {
    return mlir::arith::AndIOp::create(b, x, y);
  }
  Value orBits(Value x, Value y) { return mlir::arith::OrIOp::create(b, x, y); }
  Value notBits(Value x) {
    return mlir::arith::XOrIOp::create(b, x, like(x, -1));
  }
  Value select(Value c, Value x, Value y) {
    return mlir::arith::SelectOp::create(b, c, x, y);
  }

  Value i32ToF32(Value x) {
    return mlir::arith::SIToFPOp::create(b, vec(b.getF32Type()), x);
  }
  Value i64ToF32(Value x) {
    return mlir::arith::SIToFPOp::create(b, vec(b.getF32Type()), x);
  }
  Value f32ToI32(Value x) {
    return mlir::arith::FPToSIOp::create(b, vec(b.getI32Type()), x);
  }
  Value roundToI32(Value x);
  Value roundToCode(Value x, int32_t zeroPoint, int32_t low, int32_t high);
  Value f32ToI64(Value x) {
    return mlir::arith::FPToSIOp::create(b, vec(b.getI64Type()), x);
  }
  Value i32ToI64(Value x) {
    return mlir::arith::ExtSIOp::create(b, vec(b.getI64Type()), x);
  }
  Value i64ToI32(Value x) {
    return mlir::arith::TruncIOp::create(b, vec(b.getI32Type()), x);
  }
  Value asI32(Value x) {
    return mlir::arith::BitcastOp::create(b, vec(b.getI32Type()), x);
  }
  Value asF32(Value x) {
    return mlir::arith::BitcastOp::create(b, vec(b.getF32Type()), x);
  }

  Value f32ToBf16(Value x);
  Value f32ToF16(Value x);
  Value f16ToF32(Value x);

  Value perChannel(llvm::ArrayRef<float> values, std::optional<int64_t> axis);
  Value perChannelI32(llvm::ArrayRef<int32_t> values,
                      std::optional<int64_t> axis);
  Value entry(llvm::ArrayRef<int32_t> values, Value index);
  Value lookup(unsigned operand, Value index);
  Value lookupI32(unsigned operand, int64_t first, int64_t size, Value index);

  /// What `perChannel` and `lookup` refer to.
  void setPlace(LaneEvaluator *evaluator, mlir::Operation *op,
                const LanePosition *position) {
    this->evaluator = evaluator;
    this->op = op;
    this->position = position;
  }

private:
  mlir::VectorType vec(mlir::Type element) {
    return mlir::VectorType::get({lanes}, element);
  }
  Value splat(mlir::TypedAttr value);
  /// The row for `operation` on so many lanes, or null.
  const VectorInstruction *instruction(VectorOperation operation);
  Value lookupBytes(Value table, Value index);
  Value entryOf(Value table, int64_t first, int64_t size, Value index);
  Value entryByBytes(const ByteLookup &row, Value table, int64_t first,
                     Value index);
  Value narrowToCode(Value whole, int32_t zeroPoint, int32_t low, int32_t high);
  Value like(Value x, int64_t value);
  Value compareF(mlir::arith::CmpFPredicate p, Value x, Value y) {
    return mlir::arith::CmpFOp::create(b, p, x, y);
  }
  Value compareI(mlir::arith::CmpIPredicate p, Value x, Value y) {
    return mlir::arith::CmpIOp::create(b, p, x, y);
  }

  KernelFunction &kernel;
  mlir::ImplicitLocOpBuilder &b;
  int64_t lanes;
  LaneEvaluator *evaluator = nullptr;
  mlir::Operation *op = nullptr;
  const LanePosition *position = nullptr;
};

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_VECTORBUILDER_H
