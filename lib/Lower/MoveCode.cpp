#include "MoveCode.h"

#include "Quantir/LaneKind.h"
#include "VectorBuilder.h"

using namespace mlir;
using namespace quantir;

bool quantir::isPlain(KernelOp kernel) {
  return llvm::none_of(kernel.getBody().front(), [](Operation &op) {
    return isa<ElementwiseInterface>(op);
  });
}

Place MoveCode::both(KernelFunction &kernel, Place a, Place b) {
  Value inside =
      a.inside && b.inside
          ? Value(arith::AndIOp::create(kernel.builder(), a.inside, b.inside))
      : a.inside ? a.inside
                 : b.inside;
  return {kernel.add(a.offset, b.offset), inside};
}

Place MoveCode::placeOf(const Movement::Dim &dim, Value index) {
  ImplicitLocOpBuilder &b = kernel.builder();
  if (dim.isRegular())
    return {kernel.mul(index, dim.stride)};
  Type i64 = b.getI64Type(), place = b.getIndexType();
  auto number = [&](int64_t value) {
    return arith::ConstantIntOp::create(b, value, 64);
  };
  if (dim.indices) {
    Value buffer = prologue.bufferOf(dim.indices);
    Value at = kernel.mul(index, dim.indexStride);
    Value i = memref::LoadOp::create(b, buffer, at);
    if (i.getType() != i64)
      i = arith::ExtSIOp::create(b, i64, i);
    Value fromEnd = arith::AddIOp::create(b, i, number(dim.extent));
    Value negative =
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, i, number(0));
    i = arith::SelectOp::create(b, negative, fromEnd, i);
    i = arith::MaxSIOp::create(b, i, number(0));
    i = arith::MinSIOp::create(b, i, number(dim.extent - 1));
    Value inExtent = arith::IndexCastOp::create(b, place, i);
    return {kernel.mul(inExtent, dim.stride)};
  }
  auto type = RankedTensorType::get({dim.size}, i64);
  Value table = kernel.constant(
      DenseElementsAttr::get(type, ArrayRef<int64_t>(dim.table)));
  Value offset = memref::LoadOp::create(b, table, index);
  Value inside;
  if (llvm::is_contained(dim.table, -1)) {
    inside =
        arith::CmpIOp::create(b, arith::CmpIPredicate::sge, offset, number(0));
    offset = arith::MaxSIOp::create(b, offset, number(0));
  }
  return {arith::IndexCastOp::create(b, place, offset), inside};
}

/// The place of all dimensions but the last, given their linear index.
Place MoveCode::placeOfRow(Value row) {
  Place place{kernel.index(move.base)};
  int64_t passed = 1, left = move.rows();
  for (const Movement::Dim &dim :
       llvm::reverse(ArrayRef(move.dims).drop_back())) {
    left /= dim.size;
    if (dim.size != 1 || !dim.isRegular()) {
      Value index = kernel.div(row, passed);
      if (left != 1)
        index = kernel.rem(index, dim.size);
      place = both(kernel, place, placeOf(dim, index));
    }
    passed *= dim.size;
  }
  return place;
}

/// The bytes that stand outside, as lanes.
Value MoveCode::fillLanes(int64_t count) {
  VectorBuilder v(kernel, count);
  Type element = from.getElementType();
  if (element.isF32())
    return v.asF32(v.i32(int32_t(move.fill)));
  if (element.isInteger(64))
    return v.i64(int64_t(move.fill));
  if (element.isInteger(1))
    return v.equalInt(v.i32(int32_t(move.fill)), v.i32(1));
  if (getStorageType(element).isInteger(32))
    return v.i32(int32_t(move.fill));
  if (getStorageType(element).isInteger(16))
    return v.i32(int32_t(int16_t(move.fill)));
  return v.i32(isZeroExtended(element) ? int32_t(uint8_t(move.fill))
                                       : int32_t(int8_t(move.fill)));
}

Value MoveCode::filled(Value value, Value inside) {
  if (!inside)
    return value;
  int64_t count = cast<VectorType>(value.getType()).getDimSize(0);
  return arith::SelectOp::create(kernel.builder(), inside, value,
                                 fillLanes(count));
}

/// `valid` neighbouring elements of the source, which lie in one of its rows.
Value MoveCode::loadRun(Place place, int64_t count, int64_t valid) {
  if (plain) {
    Value buffer = prologue.bufferOf(move.source);
    bool slack = hasSlack(buffer, from.getNumElements());
    return filled(loadLanes(kernel, buffer, from.getElementType(), place.offset,
                            count, valid, slack),
                  place.inside);
  }
  int64_t columns = prologue.columns();
  FailureOr<Value> value = prologue.compute(
      move.source, {kernel.div(place.offset, columns),
                    kernel.rem(place.offset, columns), count, valid});
  if (succeeded(value))
    return filled(*value, place.inside);
  status = failure();
  return fillLanes(count);
}

void MoveCode::store(Value value, Value row, Value column, int64_t valid) {
  if (plain) {
    Value buffer =
        kernel.use(kernel.lowering().buffers.lookup(op.getResult(0)));
    Value offset = kernel.add(kernel.mul(row, move.dims.back().size), column);
    storeLanes(kernel, value, buffer, result.getElementType(), offset, valid);
    return;
  }
  if (lanes == 1) {
    Value place = kernel.add(kernel.mul(row, move.dims.back().size), column);
    row = kernel.div(place, evaluator.columns());
    column = kernel.rem(place, evaluator.columns());
  }
  if (failed(evaluator.finish({{move.op->getResult(0), value}},
                              {row, column, lanes, valid})))
    status = failure();
}

LogicalResult quantir::lowerMovement(Lowering &lowering, KernelOp kernel,
                                     Operation *op) {
  std::optional<Movement> movement =
      movementOf(op, stridesOf(shapeOf(op->getOperand(0))));
  if (!movement)
    return op->emitOpError("has no lowering");
  return MoveCode(lowering, kernel, *movement).emit();
}
