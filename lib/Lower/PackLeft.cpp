#include "PackLeft.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

PackedLeft::PackedLeft(KernelFunction &kernel, const InnerTile *tile,
                       const ContractionShape &shape, const TilePlan &plan,
                       Value left, int64_t tiles)
    : kernel(kernel), tile(tile), shape(shape), plan(plan), left(left),
      b(kernel.builder()) {
  constexpr int64_t bytesOnStack = 32768;
  // Ranges of steps end within a load.
  int64_t steps =
      shape.outerRuns * shape.innerRuns * plan.steps(shape) + stepsOfLoad() - 1;
  int64_t size = steps * stepSize(plan.rows);
  if (size * 16 / registerSize() <= bytesOnStack) {
    buffer = kernel.stackBuffer(MemRefType::get({size}, element()));
    base = kernel.index(0);
    return;
  }
  buffer = kernel.use(
      kernel.lowering().allocate(b.getLoc(), element(), tiles * size));
  base = kernel.mul(kernel.tile(), size);
}

Type PackedLeft::element() {
  if (tile && tile->numbers == TileNumbers::Codes)
    return b.getI8Type();
  bool isShort = isBf16() && tile->kind != DotKind::WidenFma;
  return isShort ? Type(b.getI16Type()) : Type(b.getF32Type());
}

int64_t PackedLeft::stepSize(int64_t rows) {
  return leftRegisters(tile, rows) * registerSize();
}

/// 16 bytes of a row, as words.
Value PackedLeft::loadRow(Value at) {
  Type element = cast<MemRefType>(left.getType()).getElementType();
  auto type = VectorType::get({128 / element.getIntOrFloatBitWidth()}, element);
  Value row = vector::LoadOp::create(b, type, left, at);
  if (tile && tile->signedLeft)
    row = flipTopBits(b, row);
  auto words = VectorType::get({4}, b.getI32Type());
  return element.isF32() ? row
                         : vector::BitCastOp::create(b, words, row).getResult();
}

/// Of the words of several rows those that go into one step's register.
SmallVector<Value> PackedLeft::transposed(ArrayRef<Value> rows) {
  auto mix = [&](Value x, Value y, ArrayRef<int64_t> which) -> Value {
    return vector::ShuffleOp::create(b, x, y, which);
  };
  if (isMatrix())
    return {mix(rows[0], rows[1], {0, 1, 4, 5}),
            mix(rows[0], rows[1], {2, 3, 6, 7})};
  SmallVector<Value> columns(rows);
  transpose(b, columns);
  return columns;
}

/// What the buffer keeps of four words. Pairs of bf16 that are widened: the
/// second numbers and then the first, the order in which they are multiplied;
/// a pair that is not whole has a zero instead of its second.
SmallVector<Value> PackedLeft::stored(Value words, bool isWhole) {
  auto type = cast<VectorType>(words.getType());
  auto splat = [&](int32_t value) -> Value {
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(type, b.getI32IntegerAttr(value)));
  };
  auto as = [&](Value value) -> Value {
    auto stored = VectorType::get({registerSize()}, element());
    if (value.getType() == stored)
      return value;
    return vector::BitCastOp::create(b, stored, value);
  };
  if (!isBf16())
    return {as(words)};
  if (tile->kind != DotKind::WidenFma) {
    if (!isWhole)
      words = arith::AndIOp::create(b, words, splat(0xffff));
    return {as(words)};
  }
  Value second =
      isWhole ? arith::AndIOp::create(b, words, splat(int32_t(0xffff0000)))
              : splat(0);
  return {as(second), as(arith::ShLIOp::create(b, words, splat(16)))};
}

/// `count` steps, of which 16 bytes of each row from `from` on hold at least as
/// many.
void PackedLeft::packSteps(Value from, Value step, int64_t rows, int64_t count,
                           bool lastIsWhole) {
  int64_t together = rowsOfRegister(tile);
  int64_t groups = llvm::divideCeil(rows, together);
  for (int64_t group = 0; group < groups; ++group) {
    SmallVector<Value> lines;
    for (int64_t i = 0; i < together; ++i) {
      int64_t row = std::min(group * together + i, rows - 1);
      lines.push_back(loadRow(kernel.add(from, row * shape.rowStride)));
    }
    SmallVector<Value> steps = transposed(lines);
    for (int64_t i = 0; i < count; ++i) {
      Value at =
          kernel.add(base, kernel.mul(kernel.add(step, i), stepSize(rows)));
      for (auto [part, words] :
           llvm::enumerate(stored(steps[i], i + 1 < count || lastIsWhole)))
        vector::StoreOp::create(
            b, words, buffer,
            kernel.add(at, (int64_t(part) * groups + group) * registerSize()));
    }
  }
}

void PackedLeft::pack(Value first, int64_t rows, Value low, Value high) {
  int64_t depth = plan.depth, turn = stepsOfLoad(), perRun = plan.steps(shape);
  auto packRange = [&](Value from, Value firstStep, Value low, Value high) {
    kernel.loop(low, high, turn, [&](Value step) {
      packSteps(kernel.add(from, kernel.mul(step, depth)),
                kernel.add(firstStep, step), rows, turn, true);
    });
  };
  if (low)
    return packRange(first, kernel.index(0), low, high);
  int64_t whole = shape.runLength / depth, inTurns = whole / turn * turn;
  kernel.loop(shape.outerRuns, [&](Value outer) {
    kernel.loop(shape.innerRuns, [&](Value inner) {
      Value from =
          kernel.add(kernel.add(first, kernel.mul(outer, shape.outerStride)),
                     kernel.mul(inner, shape.innerStride));
      Value step = kernel.mul(
          kernel.add(kernel.mul(outer, shape.innerRuns), inner), perRun);
      packRange(from, step, kernel.index(0), kernel.index(inTurns));
      if (inTurns < perRun)
        packSteps(kernel.add(from, inTurns * depth), kernel.add(step, inTurns),
                  rows, perRun - inTurns, whole == perRun);
    });
  });
}

SmallVector<Value> PackedLeft::load(Value step, int64_t rows) {
  auto type = VectorType::get({registerSize()}, element());
  Value at = kernel.add(base, kernel.mul(step, stepSize(rows)));
  SmallVector<Value> registers;
  for (int64_t i = 0; i < leftRegisters(tile, rows); ++i)
    registers.push_back(vector::LoadOp::create(
        b, type, buffer, kernel.add(at, i * registerSize())));
  return registers;
}
