#include "VectorBuilder.h"

#include "Kernels.h"

using namespace mlir;
using namespace quantir;

Value VectorBuilder::splat(TypedAttr value) {
  auto type = vec(value.getType());
  return arith::ConstantOp::create(b, type,
                                   DenseElementsAttr::get(type, value));
}

Value VectorBuilder::like(Value x, int64_t value) {
  auto type = cast<VectorType>(x.getType());
  APInt bits(type.getElementTypeBitWidth(), value, /*isSigned=*/true,
             /*implicitTrunc=*/true);
  return arith::ConstantOp::create(b, type, DenseElementsAttr::get(type, bits));
}

/// Rounding by instructions exists from SSE4.1 on; without it LLVM would call
/// the C library. Adding and subtracting 2^23 rounds what is smaller, to even.
static Value roundByAdding(VectorBuilder &v, Value x) {
  Value limit = v.f32(8388608.0f);
  Value magnitude = v.absF32(x);
  Value rounded = v.subF32(v.addF32(magnitude, limit), limit);
  Value small = v.greaterF32(limit, magnitude);
  Value sign =
      v.andBits(v.asI32(x), v.i32(std::numeric_limits<int32_t>::min()));
  Value withSign = v.asF32(v.orBits(v.asI32(rounded), sign));
  return v.select(small, withSign, x);
}

static bool hasRounding(const TargetSpec &target) {
  return target.has("sse4.1") ||
         StringRef(target.triple).starts_with("aarch64");
}

Value VectorBuilder::roundF32(Value x) {
  if (hasRounding(kernel.lowering().target))
    return math::RoundEvenOp::create(b, x);
  return roundByAdding(*this, x);
}

Value VectorBuilder::floorF32(Value x) {
  if (hasRounding(kernel.lowering().target))
    return math::FloorOp::create(b, x);
  Value nearest = roundByAdding(*this, x);
  return select(greaterF32(nearest, x), subF32(nearest, f32(1.0f)), nearest);
}

Value VectorBuilder::ceilF32(Value x) {
  if (hasRounding(kernel.lowering().target))
    return math::CeilOp::create(b, x);
  return negF32(floorF32(negF32(x)));
}

Value VectorBuilder::perChannel(ArrayRef<float> values,
                                std::optional<int64_t> axis) {
  if (!axis || llvm::all_equal(values))
    return f32(values[0]);
  return evaluator->loadChannels(values, *axis, *position);
}

Value VectorBuilder::lookup(unsigned operand, Value index) {
  Value table = evaluator->bufferOf(op->getOperand(operand));
  Type element = getElementTypeOrSelf(op->getOperand(operand).getType());
  auto bytes = vec(b.getI8Type());
  Value result = arith::ConstantOp::create(b, bytes, b.getZeroAttr(bytes));
  for (int64_t lane = 0; lane < lanes; ++lane) {
    Value i = vector::ExtractOp::create(b, index, ArrayRef<int64_t>{lane});
    Value code = memref::LoadOp::create(
        b, table,
        arith::IndexCastOp::create(b, b.getIndexType(), i).getResult());
    result = vector::InsertOp::create(b, code, result, ArrayRef<int64_t>{lane});
  }
  if (cast<quant::QuantizedType>(element).isSigned())
    return arith::ExtSIOp::create(b, vec(b.getI32Type()), result);
  return arith::ExtUIOp::create(b, vec(b.getI32Type()), result);
}
