#include "ContractionTile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace quantir;

namespace {
/// The loops around the tiles.
class Emitter {
public:
  Emitter(KernelFunction &kernel, InnerTileCode &code,
          const ContractionShape &shape, const TilePlan &plan,
          const ContractionData &data, int64_t epilogueCost,
          ContractionTile::Finish finish)
      : kernel(kernel), code(code), shape(shape), plan(plan), data(data),
        tile(kernel, code, shape, plan, data, epilogueCost, finish),
        b(kernel.builder()) {}

  int64_t emit();
  void emitBlock(const ContractionBlock &block, int64_t tiles);

private:
  struct Split {
    int64_t batches, rows, panels;
  };
  Split splitWork() const;
  void emitBatch(Value batch, Value rowTile, Value panelTile,
                 const Split &split);
  void emitPanels(const TileOrigin &origin, Value right, Value panelTile,
                  int64_t panelTiles,
                  function_ref<void(const TileOrigin &, TileWidth)> emit);
  void emitPanels(Value low, Value high, function_ref<TileOrigin(Value)> at,
                  function_ref<void(const TileOrigin &, TileWidth)> emit);
  Value packedAt(Value base, Value panel);
  Value stepSizeOf(Value panel);
  void emitRows(const TileOrigin &origin, Value rowTile, int64_t rowTiles,
                function_ref<void(const TileOrigin &, int64_t)> emit);
  void emitRowTiles(const TileOrigin &origin, Value rowTile, int64_t rowTiles,
                    function_ref<void(const TileOrigin &, int64_t)> emit);
  void emitOverlappingTiles(const TileOrigin &origin, Value rows,
                            function_ref<void(const TileOrigin &)> emit);
  void emitPanels(const TileOrigin &origin, const ContractionBlock &block,
                  function_ref<void(const TileOrigin &, TileWidth)> emit);

  KernelFunction &kernel;
  InnerTileCode &code;
  const ContractionShape &shape;
  const TilePlan &plan;
  const ContractionData &data;
  ContractionTile tile;
  std::optional<PackedLeft> packed;
  ImplicitLocOpBuilder &b;
};
} // namespace

/// Batches first, then panels when the weights are the larger operand, else
/// rows: each core then reads as little as possible of what others read too.
Emitter::Split Emitter::splitWork() const {
  double nanoseconds = shape.products() * plan.share /
                       (plan.blockRows     ? kBlockProducts
                        : code.depth() > 1 ? kCodeProducts
                                           : kFloatProducts);
  int64_t rowUnits =
      shape.groups > 1 ? shape.groups : llvm::divideCeil(shape.rows, plan.rows);
  int64_t want =
      tilesFor(nanoseconds, shape.batches() * rowUnits * plan.panels());
  Split split{std::min(want, shape.batches()), 1, 1};
  int64_t rest = want / split.batches;
  if (shape.columns > shape.groups * shape.rows) {
    split.panels = std::min(rest, plan.panels());
    split.rows = std::min(rest / split.panels, rowUnits);
  } else {
    split.rows = std::min(rest, rowUnits);
    split.panels = std::min(rest / split.rows, plan.panels());
  }
  return split;
}

int64_t Emitter::emit() {
  Split split = splitWork();
  int64_t inner = split.rows * split.panels;
  if (plan.packsLeft)
    packed.emplace(kernel, code.row(), shape, plan, data.left,
                   split.batches * inner);
  tile.setPacked(packed ? &*packed : nullptr);
  Value rowTile = kernel.div(kernel.rem(kernel.tile(), inner), split.panels);
  Value panelTile = kernel.rem(kernel.tile(), split.panels);
  auto [low, high] = kernel.share(kernel.div(kernel.tile(), inner),
                                  shape.batches(), split.batches, 1);
  kernel.loop(low, high, 1, [&](Value batch) {
    emitBatch(batch, rowTile, panelTile, split);
  });
  return split.batches * inner;
}

void Emitter::emitBatch(Value batch, Value rowTile, Value panelTile,
                        const Split &split) {
  Value zero = kernel.index(0);
  TileOrigin origin{zero, zero, zero, zero, zero};
  Value right = zero, rest = batch;
  for (const BatchLoop &loop : llvm::reverse(shape.batch)) {
    Value turn = kernel.rem(rest, loop.count);
    rest = kernel.div(rest, loop.count);
    origin.left = kernel.add(origin.left, kernel.mul(turn, loop.left));
    right = kernel.add(right, kernel.mul(turn, loop.right));
    origin.row = kernel.add(origin.row, kernel.mul(turn, loop.row));
    origin.column = kernel.add(origin.column, kernel.mul(turn, loop.column));
  }
  origin.packed = kernel.mul(right, plan.packedSize(shape));
  origin.initial = kernel.mul(right, plan.packedColumns());
  // What the inner loop goes through again and again should stay near.
  if (plan.rowsOutside)
    emitRows(origin, rowTile, split.rows,
             [&](const TileOrigin &line, int64_t rows) {
               if (packed)
                 packed->pack(line.left, rows);
               emitPanels(line, right, panelTile, split.panels,
                          [&](const TileOrigin &place, TileWidth width) {
                            tile.emit(place, rows, width);
                          });
             });
  else
    emitPanels(origin, right, panelTile, split.panels,
               [&](const TileOrigin &panel, TileWidth width) {
                 emitRows(panel, rowTile, split.rows,
                          [&](const TileOrigin &place, int64_t rows) {
                            tile.emit(place, rows, width);
                          });
               });
}

/// Where a panel begins: beside others within a wider packed one, or not.
Value Emitter::packedAt(Value base, Value panel) {
  int64_t own = plan.vectors * plan.lanes, ratio = plan.packedPitch() / own;
  Value wide = kernel.mul(kernel.div(panel, ratio), plan.panelSize(shape));
  if (ratio == 1)
    return kernel.add(base, wide);
  Value within =
      kernel.mul(kernel.rem(panel, ratio), own * plan.depthOfPacked());
  return kernel.add(base, kernel.add(wide, within));
}

/// Elements of a packed step of a panel; null where they are the panel's own. A
/// null `panel` is the tail.
Value Emitter::stepSizeOf(Value panel) {
  int64_t own = plan.vectors * plan.lanes;
  if (plan.packedPitch() == own)
    return nullptr;
  auto sizeAt = [&](int64_t index) {
    return plan.packedColumnsAt(index * own) * plan.depthOfPacked();
  };
  int64_t full = plan.fullPanels();
  if (!panel)
    return kernel.index(sizeAt(full));
  int64_t first = sizeAt(0), last = sizeAt(full - 1);
  if (first == last)
    return kernel.index(first);
  Value bound = kernel.index(plan.columns / plan.packedPitch() *
                             plan.packedPitch() / own);
  Value isFull =
      b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ult, panel, bound);
  return b.createOrFold<arith::SelectOp>(isFull, kernel.index(first),
                                         kernel.index(last));
}

/// The panels [low, high), each of which is where `at` says.
void Emitter::emitPanels(
    Value low, Value high, function_ref<TileOrigin(Value)> at,
    function_ref<void(const TileOrigin &, TileWidth)> emit) {
  Value full = kernel.index(plan.fullPanels());
  auto emitRange = [&](Value low, Value high, bool isTail, TileWidth width) {
    kernel.loop(low, high, 1, [&](Value panel) {
      TileOrigin place = at(panel);
      place.stepSize = stepSizeOf(isTail ? nullptr : panel);
      emit(place, width);
    });
  };
  emitRange(low, kernel.min(high, full), false, {plan.vectors, plan.lanes});
  // The narrower last panel belongs to whoever's share reaches the end.
  if (plan.tailVectors())
    emitRange(kernel.max(low, full), high, true,
              {plan.tailVectors(), plan.tailLanes()});
}

/// One share of the panels of a right operand.
void Emitter::emitPanels(
    const TileOrigin &origin, Value right, Value panelTile, int64_t panelTiles,
    function_ref<void(const TileOrigin &, TileWidth)> emit) {
  auto at = [&](Value panel) {
    TileOrigin place = origin;
    Value column = kernel.mul(panel, plan.vectors * plan.lanes);
    if (plan.skips) {
      Value own = kernel.add(kernel.mul(right, plan.panels()), panel);
      place.packed = kernel.loadIndex(data.bases, own);
      place.firstStep = kernel.loadIndex(data.firstSteps, own);
      place.lastStep = kernel.loadIndex(data.firstSteps, kernel.add(own, 1));
    } else {
      place.packed = packedAt(origin.packed, panel);
    }
    place.initial = kernel.add(origin.initial, column);
    place.column = kernel.add(origin.column, column);
    return place;
  };
  auto [low, high] = kernel.share(panelTile, plan.panels(), panelTiles, 1);
  emitPanels(low, high, at, emit);
}

/// One share of the rows: of the groups, where there are several.
void Emitter::emitRows(const TileOrigin &origin, Value rowTile,
                       int64_t rowTiles,
                       function_ref<void(const TileOrigin &, int64_t)> emit) {
  if (shape.groups == 1)
    return emitRowTiles(origin, rowTile, rowTiles, emit);
  auto [low, high] = kernel.share(rowTile, shape.groups, rowTiles, 1);
  kernel.loop(low, high, 1, [&](Value group) {
    TileOrigin line = origin;
    line.left = kernel.add(origin.left, kernel.mul(group, shape.groupStride));
    line.row = kernel.add(origin.row, kernel.mul(group, shape.rows));
    emitRowTiles(line, nullptr, 1, emit);
  });
}

void Emitter::emitRowTiles(
    const TileOrigin &origin, Value rowTile, int64_t rowTiles,
    function_ref<void(const TileOrigin &, int64_t)> emit) {
  int64_t full = shape.rows / plan.rows, tail = shape.rows % plan.rows;
  auto at = [&](Value turn) {
    TileOrigin place = origin;
    place.left =
        kernel.add(origin.left, kernel.mul(turn, plan.rows * shape.rowStride));
    place.row = kernel.add(origin.row, kernel.mul(turn, plan.rows));
    return place;
  };
  int64_t total = full + (tail ? 1 : 0);
  Value low = kernel.index(0), high = kernel.index(total);
  if (rowTiles > 1)
    std::tie(low, high) = kernel.share(rowTile, total, rowTiles, 1);
  Value end = kernel.index(full);
  kernel.loop(low, kernel.min(high, end), 1,
              [&](Value turn) { emit(at(turn), plan.rows); });
  if (tail)
    kernel.loop(kernel.max(low, end), high, 1,
                [&](Value turn) { emit(at(turn), tail); });
}

/// Tiles of full height; the last one begins earlier where they do not fit.
void Emitter::emitOverlappingTiles(
    const TileOrigin &origin, Value rows,
    function_ref<void(const TileOrigin &)> emit) {
  Value last = b.createOrFold<arith::SubIOp>(rows, kernel.index(plan.rows));
  kernel.loop(kernel.index(0), rows, plan.rows, [&](Value first) {
    Value row = kernel.min(first, last);
    TileOrigin place = origin;
    place.left = kernel.add(origin.left, kernel.mul(row, shape.rowStride));
    place.row = kernel.add(origin.row, row);
    emit(place);
  });
}

/// The block's panels.
void Emitter::emitPanels(
    const TileOrigin &origin, const ContractionBlock &block,
    function_ref<void(const TileOrigin &, TileWidth)> emit) {
  auto at = [&](Value panel) {
    TileOrigin place = origin;
    place.column = kernel.mul(panel, plan.vectors * plan.lanes);
    place.packed = packedAt(block.packed, panel);
    if (block.initial)
      place.initial = kernel.add(block.initial, place.column);
    return place;
  };
  emitPanels(block.panelLow, block.panelHigh, at, emit);
}

void Emitter::emitBlock(const ContractionBlock &block, int64_t tiles) {
  tile.limitSteps(block.stepLow, block.stepHigh);
  Value zero = kernel.index(0);
  TileOrigin origin{block.left, zero, zero, zero, zero};
  if (!plan.packsLeft) {
    emitPanels(origin, block, [&](const TileOrigin &panel, TileWidth width) {
      emitOverlappingTiles(panel, block.rows, [&](const TileOrigin &place) {
        tile.emit(place, plan.rows, width);
      });
    });
    return;
  }
  packed.emplace(kernel, code.row(), shape, plan, data.left, tiles);
  tile.setPacked(&*packed);
  emitOverlappingTiles(origin, block.rows, [&](const TileOrigin &rows) {
    packed->pack(rows.left, plan.rows, block.stepLow, block.stepHigh);
    emitPanels(rows, block, [&](const TileOrigin &place, TileWidth width) {
      tile.emit(place, plan.rows, width);
    });
  });
}

int64_t quantir::emitContraction(
    KernelFunction &kernel, InnerTileCode &code, const ContractionShape &shape,
    const TilePlan &plan, const ContractionData &data, int64_t epilogueCost,
    function_ref<void(Value, Value, Value, int64_t)> finish) {
  return Emitter(kernel, code, shape, plan, data, epilogueCost, finish).emit();
}

void quantir::emitContractionBlock(
    KernelFunction &kernel, InnerTileCode &code, const ContractionShape &shape,
    const TilePlan &plan, const ContractionData &data,
    const ContractionBlock &block, int64_t tiles, int64_t epilogueCost,
    function_ref<void(Value, Value, Value, int64_t)> finish) {
  Emitter(kernel, code, shape, plan, data, epilogueCost, finish)
      .emitBlock(block, tiles);
}
