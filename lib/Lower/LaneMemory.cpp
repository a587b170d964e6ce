#include "LaneEvaluator.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

/// The element type of lanes that hold `element`.
static Type laneType(Type element) {
  if (element.isF32() || element.isInteger(64) || element.isInteger(1))
    return element;
  return IntegerType::get(element.getContext(), 32);
}

static bool isSignedStorage(Type element) {
  if (auto codes = dyn_cast<quant::QuantizedType>(element))
    return codes.isSigned();
  return !element.isUnsignedInteger();
}

/// Powers of two that sum to `count`, the largest first, with their starts.
static SmallVector<std::pair<int64_t, int64_t>> pieces(int64_t count) {
  SmallVector<std::pair<int64_t, int64_t>> result;
  for (int64_t start = 0; start < count;) {
    int64_t size = llvm::bit_floor(uint64_t(count - start));
    result.push_back({start, size});
    start += size;
  }
  return result;
}

static Value widen(ImplicitLocOpBuilder &b, Value stored, Type element) {
  auto type = cast<VectorType>(stored.getType());
  auto lanes = type.clone(laneType(element));
  if (element.isInteger(1))
    return arith::CmpIOp::create(
        b, arith::CmpIPredicate::ne, stored,
        arith::ConstantOp::create(b, type, b.getZeroAttr(type)));
  if (lanes == type)
    return stored;
  if (isSignedStorage(element))
    return arith::ExtSIOp::create(b, lanes, stored);
  return arith::ExtUIOp::create(b, lanes, stored);
}

Value quantir::splatLane(KernelFunction &kernel, Value value, int64_t lanes) {
  ImplicitLocOpBuilder &b = kernel.builder();
  auto type = cast<VectorType>(value.getType());
  Value one = vector::ExtractOp::create(b, value, ArrayRef<int64_t>{0});
  return vector::BroadcastOp::create(
      b, VectorType::get({lanes}, type.getElementType()), one);
}

Value quantir::loadStorage(KernelFunction &kernel, Value buffer,
                           VectorType type, Value offset, int64_t valid,
                           bool slack) {
  ImplicitLocOpBuilder &b = kernel.builder();
  if (valid == type.getDimSize(0) || slack)
    return vector::LoadOp::create(b, type, buffer, offset);
  Value all = arith::ConstantOp::create(b, type, b.getZeroAttr(type));
  for (auto [start, size] : pieces(valid)) {
    Value piece = vector::LoadOp::create(
        b, VectorType::get({size}, type.getElementType()), buffer,
        kernel.add(offset, start));
    all = vector::InsertStridedSliceOp::create(
        b, piece, all, ArrayRef<int64_t>{start}, ArrayRef<int64_t>{1});
  }
  return all;
}

Value quantir::loadLanes(KernelFunction &kernel, Value buffer, Type element,
                         Value offset, int64_t lanes, int64_t valid,
                         bool slack) {
  auto type = VectorType::get({lanes}, getStorageType(element));
  return widen(kernel.builder(),
               loadStorage(kernel, buffer, type, offset, valid, slack),
               element);
}

void quantir::storeStorage(KernelFunction &kernel, Value stored, Value buffer,
                           Value offset, int64_t valid) {
  ImplicitLocOpBuilder &b = kernel.builder();
  if (valid == cast<VectorType>(stored.getType()).getDimSize(0)) {
    vector::StoreOp::create(b, stored, buffer, offset);
    return;
  }
  for (auto [start, size] : pieces(valid)) {
    Value piece = vector::ExtractStridedSliceOp::create(
        b, stored, ArrayRef<int64_t>{start}, ArrayRef<int64_t>{size},
        ArrayRef<int64_t>{1});
    vector::StoreOp::create(b, piece, buffer, kernel.add(offset, start));
  }
}

Value quantir::asStored(KernelFunction &kernel, Value lanes, Type element) {
  ImplicitLocOpBuilder &b = kernel.builder();
  auto type = cast<VectorType>(lanes.getType()).clone(getStorageType(element));
  if (element.isInteger(1))
    return arith::ExtUIOp::create(b, type, lanes);
  if (type != lanes.getType())
    return arith::TruncIOp::create(b, type, lanes);
  return lanes;
}

void quantir::storeLanes(KernelFunction &kernel, Value lanes, Value buffer,
                         Type element, Value offset, int64_t valid) {
  storeStorage(kernel, asStored(kernel, lanes, element), buffer, offset, valid);
}
