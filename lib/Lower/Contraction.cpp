#include "Contraction.h"

#include "BlockCode.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

namespace {
/// Where a tile of rows and columns begins.
struct Origin {
  Value left;    ///< element offset of the first row
  Value packed;  ///< element offset of the panel
  Value initial; ///< offset of the panel's first start value
  Value row, column;
  Value firstStep = {},
        lastStep = {}; ///< of the panel's list, when the plan skips
};

/// Vectors of a panel, and the lanes of the last that are columns.
struct Width {
  int64_t vectors, lastLanes;
};

class Emitter {
public:
  Emitter(KernelFunction &kernel, InnerTileCode &code,
          const ContractionShape &shape, const TilePlan &plan,
          const ContractionData &data, int64_t epilogueCost,
          function_ref<void(Value, Value, Value, int64_t)> finish)
      : kernel(kernel), code(code), shape(shape), plan(plan), data(data),
        epilogueCost(epilogueCost), finish(finish), b(kernel.builder()) {}

  int64_t emit();
  void emitBlock(const ContractionBlock &block);

private:
  struct Split {
    int64_t batches, rows, panels;
  };
  Split splitWork() const;
  void emitBatch(Value batch, Value rowTile, Value panelTile,
                 const Split &split);
  void emitPanels(const Origin &origin, Value right, Value panelTile,
                  int64_t panelTiles,
                  function_ref<void(const Origin &, Width)> emit);
  void emitRows(const Origin &origin, Value rowTile, int64_t rowTiles,
                function_ref<void(const Origin &, int64_t)> emit);
  void emitRowTiles(const Origin &origin, Value rowTile, int64_t rowTiles,
                    function_ref<void(const Origin &, int64_t)> emit);
  void emitOverlappingTiles(const Origin &origin, Value rows, Width width);
  void emitTile(const Origin &origin, int64_t rows, Width width);
  void emitBlocks(const Origin &origin, int64_t blocks, Width width);
  void emitRest(Origin origin, int64_t rows, Width width);
  SmallVector<Value>
  emitRuns(const Origin &origin, int64_t stepSize, ValueRange start,
           function_ref<SmallVector<Value>(Value, Value, ValueRange)> emit);
  SmallVector<Value> emitSums(const Origin &origin, int64_t rows,
                              int64_t vectors, ArrayRef<Value> initial);
  SmallVector<Value> emitStep(Value left, Value packed, int64_t rows,
                              int64_t vectors, ValueRange before,
                              std::optional<int64_t> present = {});
  SmallVector<Value> emitListedSteps(const Origin &origin, int64_t rows,
                                     int64_t vectors, ValueRange start);
  Value entry(Value list, Value at);
  void finishFromMemory(const Origin &origin, ArrayRef<Value> sums,
                        int64_t rows, Width width);
  void finishBuffer(const Origin &origin, Value buffer, int64_t rows,
                    Width width, Value initial);

  KernelFunction &kernel;
  InnerTileCode &code;
  const ContractionShape &shape;
  const TilePlan &plan;
  const ContractionData &data;
  int64_t epilogueCost;
  function_ref<void(Value, Value, Value, int64_t)> finish;
  ImplicitLocOpBuilder &b;
  /// The steps of a run, all of them when null.
  Value stepLow, stepHigh;
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
  Origin origin{zero, zero, zero, zero, zero};
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
  origin.initial = kernel.mul(right, plan.totalVectors() * plan.lanes);
  // What the inner loop goes through again and again should stay near.
  if (plan.rowsOutside)
    emitRows(origin, rowTile, split.rows,
             [&](const Origin &line, int64_t rows) {
               emitPanels(line, right, panelTile, split.panels,
                          [&](const Origin &place, Width width) {
                            emitTile(place, rows, width);
                          });
             });
  else
    emitPanels(origin, right, panelTile, split.panels,
               [&](const Origin &panel, Width width) {
                 emitRows(panel, rowTile, split.rows,
                          [&](const Origin &place, int64_t rows) {
                            emitTile(place, rows, width);
                          });
               });
}

/// One share of the panels of a right operand.
void Emitter::emitPanels(const Origin &origin, Value right, Value panelTile,
                         int64_t panelTiles,
                         function_ref<void(const Origin &, Width)> emit) {
  auto at = [&](Value panel) {
    Origin place = origin;
    Value column = kernel.mul(panel, plan.vectors * plan.lanes);
    if (plan.skips) {
      Value own = kernel.add(kernel.mul(right, plan.panels()), panel);
      place.packed = entry(data.bases, own);
      place.firstStep = entry(data.firstSteps, own);
      place.lastStep = entry(data.firstSteps, kernel.add(own, 1));
    } else {
      place.packed =
          kernel.add(origin.packed, kernel.mul(panel, plan.panelSize(shape)));
    }
    place.initial = kernel.add(origin.initial, column);
    place.column = kernel.add(origin.column, column);
    return place;
  };
  auto [low, high] = kernel.share(panelTile, plan.panels(), panelTiles, 1);
  Value full = kernel.index(plan.fullPanels());
  kernel.loop(low, kernel.min(high, full), 1, [&](Value panel) {
    emit(at(panel), {plan.vectors, plan.lanes});
  });
  if (!plan.tailVectors())
    return;
  // The narrower last panel belongs to whoever's share reaches the end.
  kernel.loop(kernel.max(low, full), high, 1, [&](Value panel) {
    emit(at(panel), {plan.tailVectors(), plan.tailLanes()});
  });
}

/// One share of the rows: of the groups, where there are several.
void Emitter::emitRows(const Origin &origin, Value rowTile, int64_t rowTiles,
                       function_ref<void(const Origin &, int64_t)> emit) {
  if (shape.groups == 1)
    return emitRowTiles(origin, rowTile, rowTiles, emit);
  auto [low, high] = kernel.share(rowTile, shape.groups, rowTiles, 1);
  kernel.loop(low, high, 1, [&](Value group) {
    Origin line = origin;
    line.left = kernel.add(origin.left, kernel.mul(group, shape.groupStride));
    line.row = kernel.add(origin.row, kernel.mul(group, shape.rows));
    emitRowTiles(line, nullptr, 1, emit);
  });
}

void Emitter::emitRowTiles(const Origin &origin, Value rowTile,
                           int64_t rowTiles,
                           function_ref<void(const Origin &, int64_t)> emit) {
  int64_t full = shape.rows / plan.rows, tail = shape.rows % plan.rows;
  auto at = [&](Value tile) {
    Origin place = origin;
    place.left =
        kernel.add(origin.left, kernel.mul(tile, plan.rows * shape.rowStride));
    place.row = kernel.add(origin.row, kernel.mul(tile, plan.rows));
    return place;
  };
  int64_t total = full + (tail ? 1 : 0);
  Value low = kernel.index(0), high = kernel.index(total);
  if (rowTiles > 1)
    std::tie(low, high) = kernel.share(rowTile, total, rowTiles, 1);
  Value end = kernel.index(full);
  kernel.loop(low, kernel.min(high, end), 1,
              [&](Value tile) { emit(at(tile), plan.rows); });
  if (tail)
    kernel.loop(kernel.max(low, end), high, 1,
                [&](Value tile) { emit(at(tile), tail); });
}

/// Tiles of full height; the last one begins earlier where they do not fit.
void Emitter::emitOverlappingTiles(const Origin &origin, Value rows,
                                   Width width) {
  Value last = b.createOrFold<arith::SubIOp>(rows, kernel.index(plan.rows));
  kernel.loop(kernel.index(0), rows, plan.rows, [&](Value first) {
    Value row = kernel.min(first, last);
    Origin place = origin;
    place.left = kernel.add(origin.left, kernel.mul(row, shape.rowStride));
    place.row = kernel.add(origin.row, row);
    emitTile(place, plan.rows, width);
  });
}

void Emitter::emitBlock(const ContractionBlock &block) {
  stepLow = block.stepLow;
  stepHigh = block.stepHigh;
  Value zero = kernel.index(0), full = kernel.index(plan.fullPanels());
  auto emitPanels = [&](Value low, Value high, Width width) {
    kernel.loop(low, high, 1, [&](Value panel) {
      Value column = kernel.mul(panel, plan.vectors * plan.lanes);
      Origin origin{
          block.left,
          kernel.add(block.packed, kernel.mul(panel, plan.panelSize(shape))),
          block.initial ? kernel.add(block.initial, column) : zero, zero,
          column};
      emitOverlappingTiles(origin, block.rows, width);
    });
  };
  emitPanels(block.panelLow, kernel.min(block.panelHigh, full),
             {plan.vectors, plan.lanes});
  if (plan.tailVectors())
    emitPanels(kernel.max(block.panelLow, full), block.panelHigh,
               {plan.tailVectors(), plan.tailLanes()});
}

/// One step's products, added to the sums of all rows. Of floats beyond the end
/// of a run, which may not be finite, none may be read: then `present` is less
/// than a step's depth.
SmallVector<Value> Emitter::emitStep(Value left, Value packed, int64_t rows,
                                     int64_t vectors, ValueRange before,
                                     std::optional<int64_t> present) {
  SmallVector<Value> after(before);
  SmallVector<Value> weights;
  for (int64_t v = 0; v < vectors; ++v)
    weights.append(code.loadRight(
        data.packed, kernel.add(packed, v * plan.lanes * plan.depth)));
  for (int64_t row = 0; row < rows; ++row) {
    Value codes = code.loadLeft(
        data.left, kernel.add(left, row * shape.rowStride), present);
    for (auto [i, weight] : llvm::enumerate(weights)) {
      Value &sum = after[row * vectors * code.parts() + i];
      sum = code.step(sum, codes, weight);
    }
  }
  return after;
}

/// An entry of a list, as an index.
Value Emitter::entry(Value list, Value at) {
  Value narrow = memref::LoadOp::create(b, list, at);
  return arith::IndexCastOp::create(b, b.getIndexType(), narrow);
}

/// The steps of the panel's list, `unroll` at a time with sums of their own.
SmallVector<Value> Emitter::emitListedSteps(const Origin &origin, int64_t rows,
                                            int64_t vectors, ValueRange start) {
  int64_t stepSize = vectors * plan.lanes * plan.depth;
  SmallVector<Value> sums(start);
  while (sums.size() < start.size() * plan.unroll)
    sums.append(code.start(nullptr));
  sums = kernel.loop(
      origin.firstStep, origin.lastStep, plan.unroll, sums,
      [&](Value first, ValueRange before) {
        SmallVector<Value> after;
        for (int64_t i = 0; i < plan.unroll; ++i) {
          Value at = kernel.add(first, i);
          Value left = kernel.add(origin.left, entry(data.leftOffsets, at));
          Value packed = kernel.add(origin.packed, kernel.mul(at, stepSize));
          after.append(emitStep(left, packed, rows, vectors,
                                before.slice(i * start.size(), start.size())));
        }
        return after;
      });
  // Sums of integers may be added in any order.
  for (size_t i = start.size(); i < sums.size(); ++i)
    sums[i % start.size()] =
        arith::AddIOp::create(b, sums[i % start.size()], sums[i]);
  sums.truncate(start.size());
  return sums;
}

SmallVector<Value> Emitter::emitSums(const Origin &origin, int64_t rows,
                                     int64_t vectors, ArrayRef<Value> initial) {
  int64_t stepSize = vectors * plan.lanes * plan.depth;
  int64_t rest = code.sumsCodes() ? 0 : shape.runLength % plan.depth;
  int64_t whole = rest ? shape.runLength / plan.depth
                       : llvm::divideCeil(shape.runLength, plan.depth);
  SmallVector<Value> sums;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t v = 0; v < vectors; ++v)
      sums.append(code.start(initial[v]));
  if (plan.skips)
    return emitListedSteps(origin, rows, vectors, sums);
  return emitRuns(
      origin, stepSize, sums,
      [&](Value run, Value packed, ValueRange before) -> SmallVector<Value> {
        Value low = stepLow ? stepLow : kernel.index(0);
        Value high = stepHigh ? stepHigh : kernel.index(whole);
        auto emit = [&](Value step, ValueRange before,
                        std::optional<int64_t> present = {}) {
          return emitStep(kernel.add(run, kernel.mul(step, plan.depth)),
                          kernel.add(packed, kernel.mul(step, stepSize)), rows,
                          vectors, before, present);
        };
        SmallVector<Value> after = kernel.loop(
            low, high, 1, before,
            [&](Value step, ValueRange before) { return emit(step, before); });
        return rest ? emit(kernel.index(whole), after, rest) : after;
      });
}

/// The loops over runs, with the offsets where each begins on the left and in
/// the packed right side.
SmallVector<Value> Emitter::emitRuns(
    const Origin &origin, int64_t stepSize, ValueRange start,
    function_ref<SmallVector<Value>(Value, Value, ValueRange)> emit) {
  int64_t runSize = plan.steps(shape) * stepSize;
  Value zero = kernel.index(0);
  auto times = [&](int64_t count, ValueRange start,
                   function_ref<SmallVector<Value>(Value, ValueRange)> emit) {
    return kernel.loop(zero, kernel.index(count), 1, start, emit);
  };
  return times(shape.outerRuns, start, [&](Value outer, ValueRange before) {
    Value left = kernel.add(origin.left, kernel.mul(outer, shape.outerStride));
    Value packed =
        kernel.add(origin.packed, kernel.mul(outer, shape.innerRuns * runSize));
    return times(shape.innerRuns, before, [&](Value inner, ValueRange before) {
      return emit(kernel.add(left, kernel.mul(inner, shape.innerStride)),
                  kernel.add(packed, kernel.mul(inner, runSize)), before);
    });
  });
}

/// One or two blocks of rows by one or two of columns.
void Emitter::emitBlocks(const Origin &origin, int64_t blocks, Width width) {
  BlockCode block(kernel, *data.blockTile);
  int64_t height = plan.blockRows, vectors = width.vectors;
  int64_t stepSize = vectors * plan.lanes * plan.depth;
  int64_t deep = plan.wholeSteps * plan.depth;
  SmallVector<Value> sums;
  // Zeros that are shared would be copied, by way of memory.
  for (int64_t i = 0; i < blocks * vectors; ++i)
    sums.push_back(block.zero(height));
  auto emitStep = [&](Value left, Value packed, ValueRange before) {
    SmallVector<Value> after(before), right;
    for (int64_t v = 0; v < vectors; ++v)
      right.push_back(block.load(
          data.packed, kernel.add(packed, v * plan.lanes * plan.depth),
          plan.wholeSteps, stepSize));
    for (int64_t i = 0; i < blocks; ++i) {
      Value codes =
          block.load(data.left, kernel.add(left, i * height * shape.rowStride),
                     height, shape.rowStride);
      for (int64_t v = 0; v < vectors; ++v) {
        Value &sum = after[i * vectors + v];
        sum = block.step(height, sum, codes, right[v]);
      }
    }
    return after;
  };
  int64_t turns = plan.steps(shape) / plan.wholeSteps;
  sums = emitRuns(
      origin, stepSize, sums, [&](Value run, Value packed, ValueRange before) {
        return kernel.loop(
            kernel.index(0), kernel.index(turns), 1, before,
            [&](Value turn, ValueRange before) {
              return emitStep(
                  kernel.add(run, kernel.mul(turn, deep)),
                  kernel.add(packed,
                             kernel.mul(turn, plan.wholeSteps * stepSize)),
                  before);
            });
      });
  int64_t rows = blocks * height, pitch = vectors * plan.lanes;
  Value buffer =
      kernel.stackBuffer(MemRefType::get({rows * pitch}, b.getI32Type()));
  for (auto [i, sum] : llvm::enumerate(sums))
    block.store(
        sum, height, buffer,
        kernel.index(i / vectors * height * pitch + i % vectors * plan.lanes),
        4 * pitch);
  finishBuffer(origin, buffer, rows, width, origin.initial);
}

/// Rows that fill no block, by vectors.
void Emitter::emitRest(Origin origin, int64_t rows, Width width) {
  constexpr int64_t registers = 30;
  int64_t most = registers / width.vectors - 1;
  while (rows > 0) {
    int64_t height = std::min(rows, most);
    emitTile(origin, height, width);
    origin.left = kernel.add(origin.left, height * shape.rowStride);
    origin.row = kernel.add(origin.row, height);
    rows -= height;
  }
}

void Emitter::emitTile(const Origin &origin, int64_t rows, Width width) {
  if (int64_t height = plan.blockRows; height && rows >= height) {
    emitBlocks(origin, rows / height, width);
    Origin rest = origin;
    int64_t done = rows / height * height;
    rest.left = kernel.add(origin.left, done * shape.rowStride);
    rest.row = kernel.add(origin.row, done);
    return emitRest(rest, rows - done, width);
  }
  int64_t vectors = width.vectors;
  SmallVector<Value> initial(vectors);
  if (data.initial)
    for (int64_t v = 0; v < vectors; ++v)
      initial[v] =
          vector::LoadOp::create(b, code.resultType(), data.initial,
                                 kernel.add(origin.initial, v * plan.lanes));
  SmallVector<Value> parts = emitSums(origin, rows, vectors, initial);
  SmallVector<Value> sums;
  for (int64_t i = 0; i < rows * vectors; ++i)
    sums.push_back(
        code.finish(ArrayRef(parts).slice(i * code.parts(), code.parts()),
                    initial[i % vectors]));
  constexpr int64_t tooMuchToRepeat = 150;
  if (rows * vectors > 1 && rows * vectors * epilogueCost > tooMuchToRepeat)
    return finishFromMemory(origin, sums, rows, width);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t v = 0; v < vectors; ++v)
      finish(sums[row * vectors + v], kernel.add(origin.row, row),
             kernel.add(origin.column, v * plan.lanes),
             v == vectors - 1 ? width.lastLanes : plan.lanes);
}

/// The same through a buffer on the stack, so that a long epilogue is emitted
/// once and not for every accumulator.
void Emitter::finishFromMemory(const Origin &origin, ArrayRef<Value> sums,
                               int64_t rows, Width width) {
  VectorType type = code.resultType();
  auto bufferType = MemRefType::get({rows * width.vectors * plan.lanes},
                                    type.getElementType());
  Value buffer = kernel.stackBuffer(bufferType);
  for (auto [i, sum] : llvm::enumerate(sums))
    vector::StoreOp::create(b, sum, buffer, kernel.index(i * plan.lanes));
  finishBuffer(origin, buffer, rows, width, nullptr);
}

/// Finishes the rows of sums in `buffer`; `initial`, when not null, is where
/// the panel's start values are that they lack.
void Emitter::finishBuffer(const Origin &origin, Value buffer, int64_t rows,
                           Width width, Value initial) {
  VectorType type = code.resultType();
  bool partial = width.lastLanes != plan.lanes;
  int64_t whole = partial ? width.vectors - 1 : width.vectors;
  kernel.loop(rows, [&](Value row) {
    Value resultRow = kernel.add(origin.row, row);
    auto emit = [&](Value v, int64_t valid) {
      Value place = kernel.add(kernel.mul(row, width.vectors * plan.lanes),
                               kernel.mul(v, plan.lanes));
      Value sum = vector::LoadOp::create(b, type, buffer, place);
      if (initial)
        sum = arith::AddIOp::create(
            b, sum,
            vector::LoadOp::create(
                b, type, data.initial,
                kernel.add(initial, kernel.mul(v, plan.lanes))));
      finish(sum, resultRow,
             kernel.add(origin.column, kernel.mul(v, plan.lanes)), valid);
    };
    kernel.loop(whole, [&](Value v) { emit(v, plan.lanes); });
    if (partial)
      emit(kernel.index(width.vectors - 1), width.lastLanes);
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
    const ContractionBlock &block, int64_t epilogueCost,
    function_ref<void(Value, Value, Value, int64_t)> finish) {
  Emitter(kernel, code, shape, plan, data, epilogueCost, finish)
      .emitBlock(block);
}
