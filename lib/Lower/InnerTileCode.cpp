#include "Quantir/ShortFloatMath.h"
#include "VectorBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
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
  if (tile->kind == DotKind::LongPairs || tile->kind == DotKind::Long) {
    auto row = VectorType::get({int64_t(tile->depth)}, b.getI8Type());
    return flipped(vector::LoadOp::create(b, row, buffer, offset));
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
  return tile->kind == DotKind::WidenMaddWd ? widened(all, false)
                                            : flipped(all);
}

/// Codes as the step multiplies them.
Value InnerTileCode::flipped(Value codes) {
  return tile->signedLeft ? flipTopBits(b, codes) : codes;
}

Value InnerTileCode::ones() {
  int64_t bytes = tile->columns * tile->depth;
  Type element =
      tile->kind == DotKind::WidenMaddWd ? b.getI16Type() : b.getI8Type();
  return splat(1, VectorType::get({bytes}, element));
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

std::pair<Value, Value> InnerTileCode::loadWords(Value buffer, Value offset) {
  auto bytes = VectorType::get({16}, b.getI8Type());
  auto words = VectorType::get({4}, b.getI32Type());
  auto load = [&](int64_t at) -> Value {
    return vector::BitCastOp::create(
        b, words,
        vector::LoadOp::create(b, bytes, buffer, kernel.add(offset, at)));
  };
  Value low = load(0), high = load(16);
  auto every = [&](ArrayRef<int64_t> which) -> Value {
    return vector::BitCastOp::create(
        b, bytes, vector::ShuffleOp::create(b, low, high, which));
  };
  Value even = every({0, 2, 4, 6}), odd = every({1, 3, 5, 7});
  return {even, odd};
}

SmallVector<Value> InnerTileCode::loadLines(Value buffer, Value first,
                                            Value last) {
  auto bytes = VectorType::get({16}, b.getI8Type());
  auto eights = VectorType::get({2}, b.getI64Type());
  auto load = [&](Value from, int64_t at) -> Value {
    if (!from)
      return arith::ConstantOp::create(b, eights, b.getZeroAttr(eights));
    return vector::BitCastOp::create(
        b, eights,
        vector::LoadOp::create(b, bytes, buffer, kernel.add(from, at)));
  };
  SmallVector<Value> columns;
  for (int64_t pair : {0, 1}) {
    Value x = load(first, pair * 16), y = load(last, pair * 16);
    for (int64_t column : {0, 1})
      columns.push_back(vector::BitCastOp::create(
          b, bytes,
          vector::ShuffleOp::create(b, x, y,
                                    ArrayRef<int64_t>{column, column + 2})));
  }
  return columns;
}

/// The first number of each pair of bf16, and the second.
Value InnerTileCode::firstOfPair(Value words) {
  VectorBuilder v(kernel, lanes());
  return fromBf16(v, words);
}
Value InnerTileCode::secondOfPair(Value words) {
  VectorBuilder v(kernel, lanes());
  return v.asF32(v.andBits(words, v.i32(int32_t(0xffff0000))));
}

/// The pair's second product first, as `vdpbf16ps` does.
Value InnerTileCode::fmaOfShort(Value sum, Value left, Value right) {
  if (tile->numbers == TileNumbers::F16)
    return fma(left, right, sum);
  Value second = secondOfPair(left);
  sum = fma(second, secondOfPair(right), sum);
  Value first = firstOfPair(left);
  return fma(first, firstOfPair(right), sum);
}

/// Sixteen products of one column, which its four lanes share: sums of two in
/// 16 bits, or single products, are widened pair by pair as they are added.
Value InnerTileCode::longProducts(Value sum, Value left, Value right) {
  auto shorts = VectorType::get({8}, b.getI16Type());
  auto product = [&](int64_t from) {
    auto part = [&](Value all) -> Value {
      return vector::ExtractStridedSliceOp::create(
          b, all, ArrayRef<int64_t>{from}, ArrayRef<int64_t>{8},
          ArrayRef<int64_t>{1});
    };
    return callIntrinsic(b, tile->intrinsic, shorts, {part(left), part(right)});
  };
  auto widen = [&](Value products) {
    return callIntrinsic(b, "llvm.aarch64.neon.saddlp.v4i32.v8i16",
                         sum.getType(), {products});
  };
  Value low = product(0), high = product(8);
  if (tile->kind == DotKind::LongPairs)
    return arith::AddIOp::create(b, sum,
                                 widen(arith::AddIOp::create(b, low, high)));
  sum = arith::AddIOp::create(b, sum, widen(low));
  return arith::AddIOp::create(b, sum, widen(high));
}

Value InnerTileCode::step(Value accumulator, Value left, Value right) {
  if (!tile)
    return fma(left, right, accumulator);
  VectorType sums = cast<VectorType>(accumulator.getType());
  switch (tile->kind) {
  case DotKind::Dot:
    // Only the second operand may be broadcast as it is read.
    if (!sumsCodes())
      return callIntrinsic(b, tile->intrinsic, sums,
                           {accumulator, right, left});
    return callIntrinsic(b, tile->intrinsic, sums, {accumulator, left, right});
  case DotKind::DotByLane:
    // As an instruction reads it, the lane stands last: for `usdot` that makes
    // `sudot`.
    if (tile->signedLeft)
      return callIntrinsic(b, tile->intrinsic, sums,
                           {accumulator, right, left});
    return callIntrinsic(b, tile->intrinsic, sums, {accumulator, left, right});
  case DotKind::Matrix:
    return callIntrinsic(b, tile->intrinsic, sums, {accumulator, left, right});
  case DotKind::LongPairs:
  case DotKind::Long:
    return longProducts(accumulator, left, right);
  case DotKind::WidenFma:
    return fmaOfShort(accumulator, left, right);
  case DotKind::MaddUbsMaddWd: {
    auto pairs = VectorType::get({tile->lanes * 2}, b.getI16Type());
    Value sixteen = callIntrinsic(b, tile->intrinsic, pairs, {left, right});
    StringRef sumPairs = tile->lanes == 16 ? "llvm.x86.avx512.pmaddw.d.512"
                                           : "llvm.x86.avx2.pmadd.wd";
    Value products =
        callIntrinsic(b, sumPairs, sums, {sixteen, splat(1, pairs)});
    return arith::AddIOp::create(b, accumulator, products);
  }
  case DotKind::WidenMaddWd:
    return arith::AddIOp::create(
        b, accumulator, callIntrinsic(b, tile->intrinsic, sums, {left, right}));
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
  SmallVector<Value> sums(accumulators);
  if (isMatrix()) { // of two rows that are equal
    sums = finishPacked(sums, 2, 1);
    sums.truncate(1);
  }
  // Neighbouring lanes hold parts of one column.
  SmallVector<int64_t> even, odd;
  for (int64_t lane = 0; lane < lanes(); ++lane) {
    even.push_back(lane * 2);
    odd.push_back(lane * 2 + 1);
  }
  for (; sums.size() > 1; sums.truncate(sums.size() / 2))
    for (size_t i = 0; i < sums.size() / 2; ++i) {
      Value x = sums[2 * i], y = sums[2 * i + 1];
      sums[i] =
          arith::AddIOp::create(b, vector::ShuffleOp::create(b, x, y, even),
                                vector::ShuffleOp::create(b, x, y, odd));
    }
  return initial ? arith::AddIOp::create(b, sums[0], initial).getResult()
                 : sums[0];
}

Value InnerTileCode::fma(Value a, Value x, Value acc) {
  return emitFma(b, kernel.lowering().unit, a, x, acc);
}
