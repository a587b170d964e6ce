#include "Quantir/ShortFloatMath.h"
#include "VectorBuilder.h"

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
  if (!tile)
    return b.getF32Type();
  return sumsCodes() ? b.getI8Type() : b.getI16Type();
}

VectorType InnerTileCode::resultType() {
  return VectorType::get({lanes()}, sumsCodes() ? Type(b.getI32Type())
                                                : Type(b.getF32Type()));
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

/// Two bf16 in every lane, or one and a zero.
Value InnerTileCode::loadPair(Value buffer, Value offset, bool isWhole) {
  auto lanes = resultType().clone(b.getI32Type());
  Value word;
  if (isWhole) {
    Value pair = vector::LoadOp::create(b, VectorType::get({2}, b.getI16Type()),
                                        buffer, offset);
    auto one = VectorType::get({1}, b.getI32Type());
    word = vector::ExtractOp::create(b, vector::BitCastOp::create(b, one, pair),
                                     ArrayRef<int64_t>{0});
  } else {
    Value bits = memref::LoadOp::create(b, buffer, offset);
    word = arith::ExtUIOp::create(b, b.getI32Type(), bits);
  }
  return pairs(vector::BroadcastOp::create(b, lanes, word));
}

/// What a step reads of a lane's two bf16.
Value InnerTileCode::pairs(Value words) {
  if (tile->kind != DotKind::Dot)
    return words;
  auto type = VectorType::get({2 * lanes()}, b.getBF16Type());
  return vector::BitCastOp::create(b, type, words);
}

Value InnerTileCode::loadLeft(Value buffer, Value offset,
                              std::optional<int64_t> present) {
  if (!tile || tile->numbers == TileNumbers::F16) {
    Value element = memref::LoadOp::create(b, buffer, offset);
    return vector::BroadcastOp::create(b, resultType(), element);
  }
  if (tile->numbers == TileNumbers::Bf16)
    return loadPair(buffer, offset, present.value_or(2) == 2);
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
  if (!sumsCodes()) {
    auto type = VectorType::get({lanes() * depth()}, storage());
    Value bits = vector::LoadOp::create(b, type, buffer, offset);
    auto words = resultType().clone(b.getI32Type());
    if (tile->numbers == TileNumbers::Bf16)
      return {pairs(vector::BitCastOp::create(b, words, bits))};
    return {VectorBuilder(kernel, lanes())
                .f16ToF32(arith::ExtSIOp::create(b, words, bits))};
  }
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

/// The pair's second product first, as `vdpbf16ps` does.
Value InnerTileCode::fmaOfShort(Value sum, Value left, Value right) {
  if (tile->numbers == TileNumbers::F16)
    return fma(left, right, sum);
  VectorBuilder v(kernel, lanes());
  auto second = [&](Value words) {
    return v.asF32(v.andBits(words, v.i32(int32_t(0xffff0000))));
  };
  sum = fma(second(left), second(right), sum);
  return fma(fromBf16(v, left), fromBf16(v, right), sum);
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
    // Only the second operand may be broadcast as it is read.
    if (!sumsCodes())
      return call(tile->intrinsic, sums, {accumulator, right, left});
    return call(tile->intrinsic, sums, {accumulator, left, right});
  case DotKind::WidenFma:
    return fmaOfShort(accumulator, left, right);
  case DotKind::MaddUbsMaddWd: {
    auto pairs = VectorType::get({tile->lanes * 2}, b.getI16Type());
    Value sixteen = call(tile->intrinsic, pairs, {left, right});
    StringRef sumPairs = tile->lanes == 16 ? "llvm.x86.avx512.pmaddw.d.512"
                                           : "llvm.x86.avx2.pmadd.wd";
    Value products = call(sumPairs, sums, {sixteen, splat(1, pairs)});
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
  case DotKind::Block:
    break; // BlockCode's
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
