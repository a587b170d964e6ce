#include "ContractionKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

namespace {
/// Packs [step][column][depth] panels of one right operand.
class Packer {
public:
  Packer(KernelFunction &kernel, const RunTimeRight &right, int64_t zeroPoint,
         const ContractionShape &shape, const TilePlan &plan,
         const InnerTile *tile, Value from, Value to)
      : kernel(kernel), right(right), zeroPoint(zeroPoint), shape(shape),
        plan(plan), code(kernel, tile), from(from), to(to),
        b(kernel.builder()) {}

  /// One vector of columns: its panel starts at `panel`, its columns at
  /// `column`.
  void packVector(Value base, Value panel, Value column, int64_t vectorInPanel,
                  int64_t vectors, int64_t valid);
  /// -zero point times the sum of every column of the vector.
  Value startValue(Value panel, int64_t vectorInPanel, int64_t vectors);

private:
  /// What a column brings to a step has 32 bits.
  bool isWord() {
    return code.storage().getIntOrFloatBitWidth() * plan.depth == 32;
  }
  /// The elements of a column are neighbours, not those of a row.
  bool isTransposed() const {
    return right.columnStride != 1 && shape.columns > 1;
  }
  Value place(Value panel, Value step, int64_t vectorInPanel, int64_t vectors) {
    int64_t size = plan.lanes * plan.depth;
    return kernel.add(kernel.add(panel, kernel.mul(step, vectors * size)),
                      vectorInPanel * size);
  }
  void packRows(Value base, Value at, Value column, Value step,
                int64_t present);
  void packColumns(Value base, Value at, Value column, Value step,
                   int64_t present, int64_t valid);
  void packSquares(Value base, Value panel, Value column, Value step,
                   int64_t vectorInPanel, int64_t vectors, int64_t valid);

  KernelFunction &kernel;
  const RunTimeRight &right;
  int64_t zeroPoint;
  const ContractionShape &shape;
  const TilePlan &plan;
  InnerTileCode code;
  Value from, to;
  ImplicitLocOpBuilder &b;
};
} // namespace

/// [K, N]: `depth` lines of the source interleave into one line of the panel.
void Packer::packRows(Value base, Value at, Value column, Value step,
                      int64_t present) {
  auto type = VectorType::get({plan.lanes}, code.storage());
  SmallVector<Value> lines;
  for (int64_t d = 0; d < plan.depth; ++d) {
    if (d >= present) {
      lines.push_back(arith::ConstantOp::create(b, type, b.getZeroAttr(type)));
      continue;
    }
    Value k = kernel.add(kernel.mul(step, plan.depth), d);
    Value offset =
        kernel.add(kernel.add(base, kernel.mul(k, right.depthStride)), column);
    lines.push_back(vector::LoadOp::create(b, type, from, offset));
  }
  auto weave = [&](Value x, Value y) {
    return vector::InterleaveOp::create(b, x, y).getResult();
  };
  // Those that are half of the depth apart become neighbours, again and again.
  for (; lines.size() > 1; lines.truncate(lines.size() / 2))
    for (size_t i = 0, half = lines.size() / 2; i < half; ++i)
      lines[i] = weave(lines[i], lines[i + half]);
  vector::StoreOp::create(b, lines[0], to, at);
}

/// [N, K]: each column brings `depth` consecutive elements.
void Packer::packColumns(Value base, Value at, Value column, Value step,
                         int64_t present, int64_t valid) {
  kernel.loop(valid, [&](Value lane) {
    Value line = kernel.mul(kernel.add(column, lane), right.columnStride);
    Value offset =
        kernel.add(kernel.add(base, line), kernel.mul(step, plan.depth));
    Value target = kernel.add(at, kernel.mul(lane, plan.depth));
    if (present == plan.depth) {
      auto type = VectorType::get({plan.depth}, code.storage());
      vector::StoreOp::create(b, vector::LoadOp::create(b, type, from, offset),
                              to, target);
      return;
    }
    for (int64_t d = 0; d < plan.depth; ++d) {
      Value element =
          d < present ? memref::LoadOp::create(b, from, kernel.add(offset, d))
                            .getResult()
                      : arith::ConstantOp::create(b, code.storage(),
                                                  b.getZeroAttr(code.storage()))
                            .getResult();
      memref::StoreOp::create(b, element, to, kernel.add(target, d));
    }
  });
}

/// [N, K], four steps of all lanes, a step being a word: each column brings
/// sixteen consecutive bytes, and squares of four by four words are transposed.
void Packer::packSquares(Value base, Value panel, Value column, Value step,
                         int64_t vectorInPanel, int64_t vectors,
                         int64_t valid) {
  auto run = VectorType::get({4 * plan.depth}, code.storage());
  auto square = VectorType::get({4}, b.getI32Type());
  auto words = VectorType::get({plan.lanes}, b.getI32Type());
  SmallVector<Value> lines(
      4, arith::ConstantOp::create(b, words, b.getZeroAttr(words)));
  Value depth = kernel.add(base, kernel.mul(step, plan.depth));
  for (int64_t lane = 0; lane < plan.lanes; ++lane) {
    // What stands in the columns behind the last one means nothing.
    Value line = kernel.mul(kernel.add(column, std::min(lane, valid - 1)),
                            right.columnStride);
    Value four = vector::BitCastOp::create(
        b, square,
        vector::LoadOp::create(b, run, from, kernel.add(depth, line)));
    lines[lane % 4] = vector::InsertStridedSliceOp::create(
        b, four, lines[lane % 4], ArrayRef<int64_t>{lane / 4 * 4},
        ArrayRef<int64_t>{1});
  }
  // Words x and y of the first operand's squares beside those of the second's.
  auto mix = [&](Value first, Value second, std::array<int64_t, 4> which) {
    SmallVector<int64_t> mask;
    for (int64_t start = 0; start < plan.lanes; start += 4)
      for (int64_t word : which)
        mask.push_back(word < 4 ? start + word : plan.lanes + start + word - 4);
    return vector::ShuffleOp::create(b, first, second, mask);
  };
  Value low01 = mix(lines[0], lines[1], {0, 4, 1, 5});
  Value high01 = mix(lines[0], lines[1], {2, 6, 3, 7});
  Value low23 = mix(lines[2], lines[3], {0, 4, 1, 5});
  Value high23 = mix(lines[2], lines[3], {2, 6, 3, 7});
  Value results[] = {
      mix(low01, low23, {0, 1, 4, 5}), mix(low01, low23, {2, 3, 6, 7}),
      mix(high01, high23, {0, 1, 4, 5}), mix(high01, high23, {2, 3, 6, 7})};
  auto line = VectorType::get({plan.lanes * plan.depth}, code.storage());
  for (auto [i, result] : llvm::enumerate(results))
    vector::StoreOp::create(
        b, vector::BitCastOp::create(b, line, result), to,
        place(panel, kernel.add(step, int64_t(i)), vectorInPanel, vectors));
}

void Packer::packVector(Value base, Value panel, Value column,
                        int64_t vectorInPanel, int64_t vectors, int64_t valid) {
  int64_t whole = shape.runLength / plan.depth,
          rest = shape.runLength % plan.depth;
  auto emit = [&](Value step, int64_t present) {
    Value at = place(panel, step, vectorInPanel, vectors);
    if (isTransposed())
      packColumns(base, at, column, step, present, valid);
    else
      packRows(base, at, column, step, present);
  };
  int64_t inSquares = isTransposed() && isWord() ? whole / 4 * 4 : 0;
  kernel.loop(kernel.index(0), kernel.index(inSquares), 4, [&](Value step) {
    packSquares(base, panel, column, step, vectorInPanel, vectors, valid);
  });
  kernel.loop(kernel.index(inSquares), kernel.index(whole), 1,
              [&](Value step) { emit(step, plan.depth); });
  if (rest)
    emit(kernel.index(whole), rest);
}

Value Packer::startValue(Value panel, int64_t vectorInPanel, int64_t vectors) {
  Value ones = code.ones();
  SmallVector<Value> sums =
      kernel.loop(kernel.index(0), kernel.index(plan.steps(shape)), 1,
                  code.start(nullptr), [&](Value step, ValueRange before) {
                    SmallVector<Value> after;
                    SmallVector<Value> weights = code.loadRight(
                        to, place(panel, step, vectorInPanel, vectors));
                    for (auto [sum, weight] : llvm::zip(before, weights))
                      after.push_back(code.step(sum, ones, weight));
                    return after;
                  });
  Value sum = code.finish(sums, nullptr);
  auto type = cast<VectorType>(sum.getType());
  Value factor = arith::ConstantOp::create(
      b, type, DenseElementsAttr::get(type, b.getI32IntegerAttr(-zeroPoint)));
  return arith::MulIOp::create(b, sum, factor);
}

std::pair<Value, Value>
quantir::packAtRunTime(Lowering &lowering, Location location,
                       const RunTimeRight &right, int64_t zeroPoint,
                       const ContractionShape &shape, const TilePlan &plan,
                       const InnerTile *tile) {
  KernelFunction kernel(lowering, location, "pack");
  InnerTileCode code(kernel, tile);
  int64_t width = plan.totalVectors() * plan.lanes,
          size = plan.packedSize(shape);
  Value packed =
      lowering.allocate(location, code.storage(), shape.rights * size);
  Value starts;
  if (code.sumsCodes())
    starts = lowering.allocate(location, kernel.builder().getI32Type(),
                               shape.rights * width);
  Value to = kernel.use(packed), from = kernel.use(right.buffer);
  Value startsHere = starts ? kernel.use(starts) : nullptr;
  if (tile)
    zeroPoint -= tile->leftOffset();
  Packer packer(kernel, right, zeroPoint, shape, plan, tile, from, to);
  int64_t tiles = tilesFor(double(shape.rights) * size / 4, shape.rights);
  auto [low, high] = kernel.share(shape.rights, tiles);
  kernel.loop(low, high, 1, [&](Value number) {
    Value base =
        kernel.add(kernel.offsetAlong(number, right.rights), right.base);
    Value start = kernel.mul(number, size);
    auto emitPanel = [&](Value panel, int64_t vectors, int64_t lastLanes) {
      Value at = kernel.add(start, kernel.mul(panel, plan.panelSize(shape)));
      for (int64_t v = 0; v < vectors; ++v) {
        Value column = kernel.add(kernel.mul(panel, plan.vectors * plan.lanes),
                                  v * plan.lanes);
        packer.packVector(base, at, column, v, vectors,
                          v == vectors - 1 ? lastLanes : plan.lanes);
        if (starts)
          vector::StoreOp::create(
              kernel.builder(), packer.startValue(at, v, vectors), startsHere,
              kernel.add(kernel.mul(number, width), column));
      }
    };
    kernel.loop(plan.fullPanels(), [&](Value panel) {
      emitPanel(panel, plan.vectors, plan.lanes);
    });
    if (plan.tailVectors())
      emitPanel(kernel.index(plan.fullPanels()), plan.tailVectors(),
                plan.tailLanes());
  });
  kernel.launch(tiles);
  return {packed, starts};
}
