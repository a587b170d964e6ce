// Steps of tiles whose rows PackedLeft packs.
#include "InnerTileCode.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

SmallVector<Value> InnerTileCode::startPacked(int64_t rows,
                                              ArrayRef<Value> initial) {
  Value zero =
      arith::ConstantOp::create(b, resultType(), b.getZeroAttr(resultType()));
  auto firstOr = [&](Value value) { return value ? value : zero; };
  SmallVector<Value> sums;
  if (!isMatrix()) {
    for (int64_t row = 0; row < rows; ++row)
      for (Value value : initial)
        sums.push_back(firstOr(value));
    return sums;
  }
  for (int64_t row = 0; row < rows; row += 2)
    for (Value value : initial)
      for (int64_t column : {0, 2}) {
        SmallVector<int64_t> twice{column, column + 1, column, column + 1};
        Value start = firstOr(value);
        sums.push_back(vector::ShuffleOp::create(b, start, start, twice));
      }
  return sums;
}

/// One row's word in all lanes.
Value InnerTileCode::byLane(Value rows, int64_t row) {
  auto type = cast<VectorType>(rows.getType());
  SmallVector<int64_t> lane(4, row % 4);
  if (!type.getElementType().isInteger(8))
    return vector::ShuffleOp::create(b, rows, rows, lane);
  Value words =
      vector::BitCastOp::create(b, VectorType::get({4}, b.getI32Type()), rows);
  return vector::BitCastOp::create(
      b, type, vector::ShuffleOp::create(b, words, words, lane));
}

/// The second products of all sums, and then the first.
void InnerTileCode::stepBf16(MutableArrayRef<Value> sums, ArrayRef<Value> left,
                             ArrayRef<Value> right, int64_t rows) {
  auto pairs = VectorType::get({2 * lanes()}, b.getBF16Type());
  auto asPairs = [&](Value words) {
    return vector::BitCastOp::create(b, pairs, words);
  };
  for (int64_t half : {1, 0})
    for (int64_t row = 0; row < rows; ++row) {
      Value four = asPairs(left[row / 4]);
      SmallVector<int64_t> lane(8, row % 4 * 2 + half);
      Value number = vector::ShuffleOp::create(b, four, four, lane);
      for (auto [i, weights] : llvm::enumerate(right)) {
        Value &sum = sums[row * int64_t(right.size()) + int64_t(i)];
        sum = callIntrinsic(b, tile->intrinsic + (half ? "t" : "b"),
                            sum.getType(), {sum, asPairs(weights), number});
      }
    }
}

void InnerTileCode::stepPacked(MutableArrayRef<Value> sums,
                               ArrayRef<Value> left, ArrayRef<Value> right,
                               int64_t rows) {
  auto width = int64_t(right.size());
  if (isMatrix()) {
    for (auto [pair, codes] : llvm::enumerate(left))
      for (auto [i, weights] : llvm::enumerate(right)) {
        Value &sum = sums[pair * width + i];
        sum = step(sum, codes, weights);
      }
    return;
  }
  auto forRows = [&](ArrayRef<Value> left, ArrayRef<Value> right, auto step) {
    for (int64_t row = 0; row < rows; ++row)
      for (auto [i, weights] : llvm::enumerate(right)) {
        Value &sum = sums[row * width + int64_t(i)];
        sum = step(sum, byLane(left[row / 4], row), weights);
      }
  };
  auto add = [&](Value sum, Value x, Value weights) {
    return fma(x, weights, sum);
  };
  if (sumsCodes())
    return forRows(left, right, [&](Value sum, Value x, Value weights) {
      return step(sum, x, weights);
    });
  if (!tile || tile->numbers == TileNumbers::F16)
    return forRows(left, right, add);
  if (tile->kind == DotKind::DotByLane)
    return stepBf16(sums, left, right, rows);
  SmallVector<Value> seconds, firsts;
  for (Value words : right) {
    seconds.push_back(secondOfPair(words));
    firsts.push_back(firstOfPair(words));
  }
  forRows(left.take_front(left.size() / 2), seconds, add);
  forRows(left.take_back(left.size() / 2), firsts, add);
}

SmallVector<Value> InnerTileCode::finishPacked(ArrayRef<Value> sums,
                                               int64_t rows, int64_t vectors) {
  if (!isMatrix())
    return SmallVector<Value>(sums);
  SmallVector<Value> results;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t v = 0; v < vectors; ++v) {
      const Value *columns = &sums[(row / 2 * vectors + v) * 2];
      SmallVector<int64_t> ofRow = {0, 1, 4, 5};
      if (row % 2)
        ofRow = {2, 3, 6, 7};
      results.push_back(
          vector::ShuffleOp::create(b, columns[0], columns[1], ofRow));
    }
  return results;
}
