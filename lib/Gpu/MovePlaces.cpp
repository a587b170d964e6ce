#include "MovePlaces.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace quantir;

MovePlace MovePlaces::both(const MovePlace &a, const MovePlace &b) {
  Value inside = a.inside ? a.inside : b.inside;
  if (a.inside && b.inside)
    inside = arith::AndIOp::create(kernel.builder(), a.inside, b.inside);
  return {kernel.add(a.offset, b.offset), inside};
}

/// The index into the source that the `index`-th of a gather's indices is:
/// negative ones count from the end, and what is outside even so is clamped.
Value MovePlaces::chosen(const Movement::Dim &dim, Value index) {
  ImplicitLocOpBuilder &b = kernel.builder();
  bool isWide = typeOf(dim.indices).getElementType().isInteger(64);
  Value binding = tensors.bindingOf(dim.indices);
  Value word = kernel.mul(kernel.mul(index, dim.indexStride), isWide ? 2 : 1);
  Value low = kernel.load(binding, word);
  Value zero = kernel.i32(0), last = kernel.i32(int32_t(dim.extent - 1));
  auto isNegative = [&](Value x) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, x, zero);
  };
  Value fromEnd =
      arith::AddIOp::create(b, low, kernel.i32(int32_t(dim.extent)));
  Value i = arith::SelectOp::create(b, isNegative(low), fromEnd, low);
  i = arith::MaxSIOp::create(b, i, zero);
  i = arith::MinSIOp::create(b, i, last);
  if (isWide) {
    Value high = kernel.load(binding, kernel.add(word, 1));
    Value sign = arith::ShRSIOp::create(b, low, kernel.i32(31));
    Value fits = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, sign, high);
    Value end = arith::SelectOp::create(b, isNegative(high), zero, last);
    i = arith::SelectOp::create(b, fits, i, end);
  }
  return kernel.asIndex(i);
}

MovePlace MovePlaces::ofIndex(const Movement::Dim &dim, Value index) {
  if (dim.isRegular())
    return {kernel.mul(index, dim.stride)};
  if (dim.indices)
    return {kernel.mul(chosen(dim, index), dim.stride)};
  ImplicitLocOpBuilder &b = kernel.builder();
  SmallVector<int32_t> words(dim.table.begin(), dim.table.end());
  Value offset = kernel.load(kernel.constant(words), index);
  Value inside;
  if (llvm::is_contained(dim.table, -1)) {
    Value zero = kernel.i32(0);
    inside = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, offset, zero);
    offset = arith::MaxSIOp::create(b, offset, zero);
  }
  return {kernel.asIndex(offset), inside};
}

MovePlace MovePlaces::placeOf(Value number, ArrayRef<Movement::Dim> dims) {
  MovePlace place{kernel.index(move.base)};
  int64_t passed = 1, left = 1;
  for (const Movement::Dim &dim : dims)
    left *= dim.size;
  for (const Movement::Dim &dim : llvm::reverse(dims)) {
    left /= dim.size;
    if (dim.size != 1 || !dim.isRegular()) {
      Value index = kernel.div(number, passed);
      if (left != 1)
        index = kernel.rem(index, dim.size);
      place = both(place, ofIndex(dim, index));
    }
    passed *= dim.size;
  }
  return place;
}
