#include "LookupCode.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

LookupCode::LookupCode(KernelFunction &kernel, const ByteLookup &row,
                       Value table)
    : b(kernel.builder()), row(row),
      type(VectorType::get({row.bytes}, b.getI8Type())) {
  // vpshufb chooses from 16 bytes that a register repeats.
  int64_t size = row.entries == 16 ? 16 : row.bytes;
  auto partType = VectorType::get({size}, b.getI8Type());
  SmallVector<int64_t> repeated;
  for (int64_t i = 0; i < int64_t(row.bytes); ++i)
    repeated.push_back(i % size);
  for (int64_t start = 0; start < 256; start += size) {
    Value part =
        vector::LoadOp::create(b, partType, table, kernel.index(start));
    if (size < int64_t(row.bytes))
      part = vector::ShuffleOp::create(b, part, part, repeated);
    parts.push_back(part);
  }
}

LookupCode::LookupCode(KernelFunction &kernel, const ByteLookup &row,
                       ArrayRef<Value> registers)
    : b(kernel.builder()), row(row),
      type(VectorType::get({row.bytes}, b.getI8Type())),
      parts(registers.begin(), registers.end()) {}

Value LookupCode::bytes(int value) {
  return arith::ConstantOp::create(
      b, type, DenseElementsAttr::get(type, b.getI8IntegerAttr(value)));
}

Value LookupCode::call(StringRef intrinsic, ValueRange operands) {
  return callIntrinsic(b, intrinsic, type, operands);
}

Value LookupCode::chooseByBit(Value indices, int bit, Value clear, Value set) {
  Value top =
      bit == 7 ? indices
               : arith::ShLIOp::create(b, indices, bytes(7 - bit)).getResult();
  Value isSet =
      arith::CmpIOp::create(b, arith::CmpIPredicate::slt, top, bytes(0));
  return arith::SelectOp::create(b, isSet, set, clear);
}

Value LookupCode::fromHalves(Value indices) {
  Value low = call(row.intrinsic, {parts[0], indices, parts[1]});
  Value high = call(row.intrinsic, {parts[2], indices, parts[3]});
  return chooseByBit(indices, 7, low, high);
}

/// Each part finds what lies in it, and leaves the rest alone.
Value LookupCode::fromParts(Value indices) {
  size_t step = row.entries / row.bytes;
  Value found;
  for (size_t start = 0; start < parts.size(); start += step) {
    SmallVector<Value> operands(ArrayRef(parts).slice(start, step));
    if (found) {
      indices = arith::SubIOp::create(b, indices, bytes(int(row.entries)));
      operands.insert(operands.begin(), found);
    }
    operands.push_back(indices);
    found = call(found ? row.keeping : row.intrinsic, operands);
  }
  return found;
}

Value LookupCode::fromSixteenths(Value indices) {
  Value within = arith::AndIOp::create(b, indices, bytes(15));
  SmallVector<Value> found;
  for (Value part : parts)
    found.push_back(call(row.intrinsic, {part, within}));
  for (int bit = 4; bit < 8; ++bit) {
    for (size_t i = 0; i < found.size() / 2; ++i)
      found[i] = chooseByBit(indices, bit, found[2 * i], found[2 * i + 1]);
    found.resize(found.size() / 2);
  }
  return found[0];
}

Value LookupCode::find(Value indices) {
  if (row.entries == 16)
    return fromSixteenths(indices);
  return row.keeping.empty() ? fromHalves(indices) : fromParts(indices);
}

Value LookupCode::operator()(Value indices) {
  int64_t count = cast<VectorType>(indices.getType()).getDimSize(0);
  if (count > int64_t(row.bytes)) {
    Value all = indices;
    for (int64_t start = 0; start < count; start += row.bytes) {
      Value part = vector::ExtractStridedSliceOp::create(
          b, indices, ArrayRef<int64_t>{start}, ArrayRef<int64_t>{row.bytes},
          ArrayRef<int64_t>{1});
      all = vector::InsertStridedSliceOp::create(
          b, find(part), all, ArrayRef<int64_t>{start}, ArrayRef<int64_t>{1});
    }
    return all;
  }
  if (count < int64_t(row.bytes)) {
    SmallVector<int64_t> widened(row.bytes, vector::ShuffleOp::kPoisonIndex);
    for (int64_t i = 0; i < count; ++i)
      widened[i] = i;
    indices = vector::ShuffleOp::create(b, indices, indices, widened);
  }
  Value found = find(indices);
  if (count == int64_t(row.bytes))
    return found;
  return vector::ExtractStridedSliceOp::create(b, found, ArrayRef<int64_t>{0},
                                               ArrayRef<int64_t>{count},
                                               ArrayRef<int64_t>{1});
}
