#ifndef QUANTIR_LIB_LOWER_VECTORBUILDER_H
#define QUANTIR_LIB_LOWER_VECTORBUILDER_H

#include "InnerTileCode.h"
#include "LaneEvaluator.h"
#include "quantir/Lower/PlacedBuilder.h"
#include "quantir/Target/ByteLookups.h"
#include "quantir/Target/VectorInstructions.h"

namespace quantir {

/// The builder of ElementwiseMath.h that emits vector operations: the twin of
/// the interpreter's.
class VectorBuilder
    : public PlacedBuilder<mlir::Value, LaneEvaluator, LanePosition> {
public:
  VectorBuilder(KernelFunction &kernel, int64_t lanes)
      : PlacedBuilder(
            kernel.builder(),
            mlir::VectorType::get({lanes}, kernel.builder().getI32Type())),
        kernel(kernel), lanes(lanes) {}

  Value i64(int64_t v) { return splat(b.getI64IntegerAttr(v)); }

  Value divideF32(Value x, float y);
  Value fmaF32(Value x, Value y, Value z) {
    return emitFma(b, kernel.lowering().unit, x, y, z);
  }
  Value floorF32(Value x);
  Value ceilF32(Value x);
  Value roundF32(Value x);

  Value mulInt(Value x, Value y);
  Value mulHigh(Value x, Value y) {
    Value product = mulInt(i32ToI64(x), i32ToI64(y));
    return i64ToI32(shiftRight(product, 32));
  }
  static bool isI64(Value x) {
    return mlir::cast<mlir::VectorType>(x.getType())
        .getElementType()
        .isInteger(64);
  }
  Value leadingZeros(Value x) {
    return emit<mlir::math::CountLeadingZerosOp>(x);
  }

  Value i64ToF32(Value x) {
    return convert<mlir::arith::SIToFPOp>(b.getF32Type(), x);
  }
  Value roundToI32(Value x);
  Value roundToCode(Value x, int32_t zeroPoint, int32_t low, int32_t high);
  Value f32ToI64(Value x) {
    return convert<mlir::arith::FPToSIOp>(b.getI64Type(), x);
  }
  Value i32ToI64(Value x) {
    return convert<mlir::arith::ExtSIOp>(b.getI64Type(), x);
  }
  Value i64ToI32(Value x) {
    return convert<mlir::arith::TruncIOp>(b.getI32Type(), x);
  }

  Value f32ToBf16(Value x);
  Value f32ToF16(Value x);
  Value f16ToF32(Value x);

  Value entry(llvm::ArrayRef<int32_t> values, Value index);
  Value lookup(unsigned operand, Value index);
  Value lookupI32(unsigned operand, int64_t first, int64_t size, Value index);

private:
  mlir::VectorType vec(mlir::Type element) {
    return mlir::VectorType::get({lanes}, element);
  }
  /// The row for `operation` on so many lanes, or null.
  const VectorInstruction *instruction(VectorOperation operation);
  Value lookupBytes(Value table, Value index);
  Value entryOf(Value table, int64_t first, int64_t size, Value index);
  Value entryByBytes(const ByteLookup &row, Value table, int64_t first,
                     Value index);
  Value narrowToCode(Value whole, int32_t zeroPoint, int32_t low, int32_t high);

  KernelFunction &kernel;
  int64_t lanes;
};

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_VECTORBUILDER_H
