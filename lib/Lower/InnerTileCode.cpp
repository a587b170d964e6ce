#include "InnerTileCode.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

InnerTileCode::InnerTileCode(KernelFunction &kernel, const InnerTile *tile)
    : kernel(kernel), tile(tile), b(kernel.builder()) {}

int64_t InnerTileCode::lanes() const {
  return tile ? tile->lanes : kernel.lowering().unit.lanes;
}

Type InnerTileCode::storage() {
  return tile ? Type(b.getI8Type()) : Type(b.getF32Type());
}

VectorType InnerTileCode::resultType() {
  return VectorType::get({lanes()},
                         tile ? Type(b.getI32Type()) : Type(b.getF32Type()));
}

Value InnerTileCode::splat(int64_t value, VectorType type) {
  return arith::ConstantOp::create(
      b, type,
      DenseElementsAttr::get(type,
                             b.getIntegerAttr(type.getElementType(), value)));
}

SmallVector<Value> InnerTileCode::start(Value initial) {
  Value zero =
      arith::ConstantOp::create(b, resultType(), b.getZeroAttr(resultType()));
  SmallVector<Value> accumulators(parts(), zero);
  if (initial && parts() == 1)
    accumulators[0] = initial;
  return accumulators;
}

Value InnerTileCode::widened(Value bytes, bool isSigned) {
  auto type = cast<VectorType>(bytes.getType()).clone(b.getI16Type());
  if (isSigned)
    return arith::ExtSIOp::create(b, type, bytes);
  return arith::ExtUIOp::create(b, type, bytes);
}

Value InnerTileCode::loadLeft(Value buffer, Value offset) {
  if (!tile) {
    Value element = memref::LoadOp::create(b, buffer, offset);
    return vector::BroadcastOp::create(b, resultType(), element);
  }
  auto four = VectorType::get({4}, b.getI8Type());
  auto word = VectorType::get({1}, b.getI32Type());
  Value bytes = vector::LoadOp::create(b, four, buffer, offset);
  Value dword = vector::ExtractOp::create(
      b, vector::BitCastOp::create(b, word, bytes), ArrayRef<int64_t>{0});
  // A widened side has twice the bytes: half as many lanes of codes fill it.
  int64_t words =
      tile->kind == DotKind::WidenMaddWd ? tile->lanes / 2 : tile->lanes;
  auto spread = VectorType::get({words}, b.getI32Type());
  Value all =
      vector::BitCastOp::create(b, VectorType::get({words * 4}, b.getI8Type()),
                                vector::BroadcastOp::create(b, spread, dword));
  return tile->kind == DotKind::WidenMaddWd ? widened(all, false) : all;
}

Value InnerTileCode::ones() {
  int64_t bytes = tile->columns * tile->depth;
  if (tile->kind == DotKind::WidenMaddWd)
    return splat(1, VectorType::get({bytes}, b.getI16Type()));
  return splat(1, VectorType::get({bytes}, b.getI8Type()));
}

SmallVector<Value> InnerTileCode::loadRight(Value buffer, Value offset) {
  if (!tile)
    return {vector::LoadOp::create(b, resultType(), buffer, offset)};
  int64_t bytes = tile->columns * tile->depth;
  auto type = VectorType::get({bytes}, b.getI8Type());
  SmallVector<Value> right;
  for (int64_t i = 0; i < parts(); ++i) {
    Value codes =
        vector::LoadOp::create(b, type, buffer, kernel.add(offset, i * bytes));
    right.push_back(tile->kind == DotKind::WidenMaddWd ? widened(codes, true)
                                                       : codes);
  }
  return right;
}

Value InnerTileCode::step(Value accumulator, Value left, Value right) {
  if (!tile)
    return fma(left, right, accumulator);
  auto call = [&](StringRef name, Type type, ValueRange operands) -> Value {
    return LLVM::CallIntrinsicOp::create(b, type, b.getStringAttr(name),
                                         operands)
        .getResult(0);
  };
  VectorType sums = cast<VectorType>(accumulator.getType());
  switch (tile->kind) {
  case DotKind::Dot:
    return call(tile->intrinsic, sums, {accumulator, left, right});
  case DotKind::MaddUbsMaddWd: {
    auto pairs = VectorType::get({tile->lanes * 2}, b.getI16Type());
    Value sixteen = call(tile->intrinsic, pairs, {left, right});
    Value products =
        call("llvm.x86.avx2.pmadd.wd", sums, {sixteen, splat(1, pairs)});
    return arith::AddIOp::create(b, accumulator, products);
  }
  case DotKind::WidenMaddWd:
    return arith::AddIOp::create(b, accumulator,
                                 call(tile->intrinsic, sums, {left, right}));
  case DotKind::PartialReduce: {
    auto wide = VectorType::get({tile->lanes * 4}, b.getI32Type());
    Value product =
        arith::MulIOp::create(b, arith::ExtUIOp::create(b, wide, left),
                              arith::ExtSIOp::create(b, wide, right));
    // Lane l sums the four products of column l: l = element / 4.
    SmallVector<Value> quarters;
    for (int64_t part = 0; part < 4; ++part) {
      SmallVector<int64_t> mask;
      for (int64_t lane = 0; lane < int64_t(tile->lanes); ++lane)
        mask.push_back(lane * 4 + part);
      accumulator = arith::AddIOp::create(
          b, accumulator, vector::ShuffleOp::create(b, product, product, mask));
    }
    return accumulator;
  }
  }
  llvm_unreachable("unknown kind of tile");
}

Value InnerTileCode::addCodes(Value sum, Value buffer, Value offset) {
  if (tile->kind == DotKind::Dot) {
    auto type = VectorType::get({lanes() * 4}, b.getI8Type());
    return step(sum, vector::LoadOp::create(b, type, buffer, offset), ones());
  }
  auto type = VectorType::get({lanes()}, b.getI8Type());
  for (int64_t part = 0; part < 4; ++part) {
    Value codes = vector::LoadOp::create(b, type, buffer,
                                         kernel.add(offset, part * lanes()));
    sum = arith::AddIOp::create(b, sum,
                                arith::ExtUIOp::create(b, resultType(), codes));
  }
  return sum;
}

Value InnerTileCode::finish(ValueRange accumulators, Value initial) {
  if (parts() == 1)
    return accumulators[0];
  // Neighbouring lanes hold the two halves of one column.
  SmallVector<int64_t> even, odd;
  for (int64_t lane = 0; lane < lanes(); ++lane) {
    even.push_back(lane * 2);
    odd.push_back(lane * 2 + 1);
  }
  Value sum = arith::AddIOp::create(
      b, vector::ShuffleOp::create(b, accumulators[0], accumulators[1], even),
      vector::ShuffleOp::create(b, accumulators[0], accumulators[1], odd));
  return initial ? arith::AddIOp::create(b, sum, initial).getResult() : sum;
}

Value InnerTileCode::fma(Value a, Value x, Value acc) {
  return emitFma(b, kernel.lowering().unit, a, x, acc);
}

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
