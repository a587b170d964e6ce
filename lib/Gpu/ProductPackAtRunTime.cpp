// Right operands of codes that only a run knows, brought into the order of
// weights.
#include "ProductCodes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

namespace {
/// The code that packs four neighbouring columns.
struct ColumnPacking {
  ColumnPacking(GpuKernel &code, const ProductSource &source, Value binding)
      : code(code), b(code.builder()), source(source), binding(binding),
        element(getElementTypeOrSelf(source.right.getType())),
        pitch(WordLayout(source.right.getType()).wordsOfRow()) {}

  Value vectorOf(int32_t value) {
    auto type = VectorType::get({4}, b.getI32Type());
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(type, Attribute(b.getI32IntegerAttr(value))));
  }

  /// Word `step` of each column, of which `count` bytes exist, and the sum of
  /// these added to `sums`.
  std::pair<Value, Value> packWord(Value step, int64_t count, Value sums) {
    return source.rightIsTransposed ? takeWords(step, count, sums)
                                    : joinRows(step, count, sums);
  }

  /// The four words lie in rows already.
  std::pair<Value, Value> takeWords(Value step, int64_t count, Value sums) {
    SmallVector<GpuLanes> lanes;
    for (int64_t lane = 0; lane < 4; ++lane) {
      Value at =
          code.min(code.add(column, lane), code.index(source.columns - 1));
      Value row = code.add(code.mul(matrix, source.columns), at);
      lanes.push_back(code.load(binding, code.add(code.mul(row, pitch), step)));
    }
    Value words = joinLanes(code, lanes);
    for (int64_t i = 0; i < count; ++i) {
      Value up = arith::ShLIOp::create(b, words, vectorOf(24 - 8 * i));
      sums = arith::AddIOp::create(b, sums,
                                   arith::ShRSIOp::create(b, up, vectorOf(24)));
    }
    if (count < 4)
      words = arith::AndIOp::create(b, words, vectorOf((1 << (8 * count)) - 1));
    return {words, sums};
  }

  /// Each byte of the words lies in a row of its own.
  std::pair<Value, Value> joinRows(Value step, int64_t count, Value sums) {
    Value words;
    for (int64_t i = 0; i < count; ++i) {
      Value k = code.add(code.mul(step, 4), i);
      Value row = code.add(code.mul(matrix, source.depth), k);
      Value quad = loadQuad(code, binding, element, code.mul(row, pitch),
                            column, source.columns);
      sums = arith::AddIOp::create(b, sums, quad);
      Value byte = arith::AndIOp::create(b, quad, vectorOf(255));
      byte = arith::ShLIOp::create(b, byte, vectorOf(8 * i));
      words = words ? arith::OrIOp::create(b, words, byte).getResult() : byte;
    }
    return {words, sums};
  }

  GpuKernel &code;
  ImplicitLocOpBuilder &b;
  const ProductSource &source;
  Value binding;
  Type element;
  int64_t pitch;
  Value matrix, column; ///< of the four columns
};
} // namespace

/// Emits the code that packs quad number `quad` of all columns, and gives the
/// sums of the part of them that this invocation packs; nothing is stored
/// unless `exists`.
static Value emitPacking(GpuKernel &code, ColumnPacking &packing, Value quad,
                         Value exists, const GroupSize &threads,
                         const ProductGrid &grid, Value words) {
  const ProductSource &source = packing.source;
  int64_t quads = grid.quadsOfRow();
  packing.matrix = code.div(quad, quads);
  Value quadOfRow = code.rem(quad, quads);
  packing.column = code.min(code.mul(quadOfRow, 4),
                            code.index((source.columns - 1) / 4 * 4));
  Value first =
      code.add(code.mul(packing.matrix, wordsOfTap(source) * quads), quadOfRow);
  auto emitWord = [&](Value step, int64_t count, Value stores, Value sums) {
    auto [word, added] = packing.packWord(step, count, sums);
    auto store = [&, packed = word] {
      code.store(packed, words, code.add(first, code.mul(step, quads)));
    };
    if (stores)
      code.when(stores, store);
    else
      store();
    return added;
  };
  ImplicitLocOpBuilder &b = code.builder();
  int64_t whole = source.depth / 4, rest = source.depth % 4;
  Value part = threads[2] > 1 ? code.thread(2) : code.index(0);
  Value sums = code.loop(
      part, code.index(whole), threads[2], zeroQuad(code, b.getI32Type()),
      [&](Value step, ValueRange sums) {
        return SmallVector<Value>{emitWord(step, 4, exists, sums[0])};
      })[0];
  if (rest == 0)
    return sums;
  if (threads[2] == 1)
    return emitWord(code.index(whole), rest, exists, sums);
  // The last word, which ends within, is the first part's.
  Value isFirst = code.less(part, code.index(1));
  Value stores =
      exists ? arith::AndIOp::create(b, exists, isFirst).getResult() : isFirst;
  Value added = emitWord(code.index(whole), rest, stores, sums);
  return arith::SelectOp::create(b, splat(code, isFirst), added, sums);
}

PackedRight quantir::packAtRunTime(GpuLowering &lowering,
                                   const ProductSource &source,
                                   const ProductGrid &grid) {
  int64_t all = source.rights * grid.quadsOfRow();
  int64_t zeroPoint = LeftBytes(lowering.target, source.leftCodes()).zeroPoint;
  // A code of -128 may be there, and every weight may be one.
  PackedRight packed{
      lowering.allocate(source.location(), all * wordsOfTap(source) * 4),
      nullptr, false, 128 * source.depth, grid.columnTiles};
  if (zeroPoint != 0)
    packed.starts = lowering.allocate(source.location(), all * 4);
  int64_t parts = partsOfSums(lowering.target, all, source.depth / 4);
  GroupSize threads = {kThreadsThatShare / parts, 1, parts};
  GpuKernel code(lowering, source.location(), "pack", threads);
  QuadEvaluator evaluator(code, source.kernel,
                          shapeOf(source.op->getResult(0)));
  ColumnPacking packing(code, source, evaluator.bindingOf(source.right));
  Value words = code.useWritten(packed.words, 4);
  Value quad = code.globalThread(), exists;
  if (all % threads[0] != 0) {
    exists = code.less(quad, code.index(all));
    quad = code.min(quad, code.index(all - 1));
  }
  Value sums = emitPacking(code, packing, quad, exists, threads, grid, words);
  if (packed.starts) {
    Value starts = code.useWritten(packed.starts, 4);
    if (parts > 1) {
      sums = shareSums(code, partOfThread(code, threads), sums)(code.index(0));
      Value isFirst = code.less(code.thread(2), code.index(1));
      exists = exists
                   ? code.builder().createOrFold<arith::AndIOp>(exists, isFirst)
                   : isFirst;
    }
    auto store = [&] {
      code.store(arith::MulIOp::create(code.builder(), sums,
                                       packing.vectorOf(int32_t(-zeroPoint))),
                 starts, quad);
    };
    if (exists)
      code.when(exists, store);
    else
      store();
  }
  code.dispatchFor(all);
  return packed;
}
