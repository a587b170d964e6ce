#include "ContractionTile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

/// Where a step of the packed panel begins.
Value ContractionTile::stepOffset(const TileOrigin &origin, Value steps,
                                  int64_t vectors) {
  if (!origin.stepSize)
    return kernel.mul(steps, vectors * plan.lanes * plan.depthOfPacked());
  return b.createOrFold<arith::MulIOp>(steps, origin.stepSize);
}

/// The right side of one step.
SmallVector<Value> ContractionTile::loadWeights(Value packed, int64_t vectors) {
  SmallVector<Value> weights;
  for (int64_t v = 0; v < vectors; ++v)
    weights.append(code.loadRight(
        data.packed, kernel.add(packed, v * plan.lanes * plan.depth)));
  return weights;
}

/// Two steps of words, packed as one of eight codes.
std::array<SmallVector<Value>, 2>
ContractionTile::loadTwoSteps(Value packed, int64_t vectors) {
  std::array<SmallVector<Value>, 2> weights;
  for (int64_t v = 0; v < vectors; ++v) {
    auto [first, second] = code.loadWords(
        data.packed, kernel.add(packed, v * plan.lanes * plan.packedDepth));
    weights[0].push_back(first);
    weights[1].push_back(second);
  }
  return weights;
}

/// A step of sixteen codes, packed as two of eight; `next` is null where the
/// second is missing.
SmallVector<Value> ContractionTile::loadLines(Value packed, Value next,
                                              int64_t vectors) {
  SmallVector<Value> weights;
  for (int64_t v = 0; v < vectors; ++v) {
    int64_t offset = v * plan.lanes * plan.packedDepth;
    weights.append(code.loadLines(data.packed, kernel.add(packed, offset),
                                  next ? kernel.add(next, offset) : nullptr));
  }
  return weights;
}

/// One step's products, added to the sums of all rows. Of floats beyond the end
/// of a run, which may not be finite, none may be read: then `present` is less
/// than a step's depth.
SmallVector<Value> ContractionTile::emitStep(Value left,
                                             ArrayRef<Value> weights,
                                             int64_t rows, int64_t vectors,
                                             ValueRange before,
                                             std::optional<int64_t> present) {
  SmallVector<Value> after(before);
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

/// Keeps LLVM from unrolling the loop that a value comes from: for processors
/// that issue in order it moves so many products up that sums go to the stack.
static void keepRolled(Value result) {
  auto loop = result.getDefiningOp<scf::ForOp>();
  if (!loop)
    return;
  MLIRContext *context = result.getContext();
  auto yes = BoolAttr::get(context, true);
  auto unroll = LLVM::LoopUnrollAttr::get(context, yes, {}, {}, {}, {}, {}, {});
  loop->setAttr("loop_annotation", LLVM::LoopAnnotationAttr::get(
                                       context, {}, {}, {}, unroll, {}, {}, {},
                                       {}, {}, {}, {}, {}, {}, {}, {}));
}

/// The steps of the panel's list, `unroll` at a time with sums of their own.
SmallVector<Value> ContractionTile::emitListedSteps(const TileOrigin &origin,
                                                    int64_t rows,
                                                    int64_t vectors,
                                                    ValueRange start) {
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
          Value left =
              kernel.add(origin.left, kernel.loadIndex(data.leftOffsets, at));
          Value packed = kernel.add(origin.packed, kernel.mul(at, stepSize));
          after.append(emitStep(left, loadWeights(packed, vectors), rows,
                                vectors,
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

SmallVector<Value> ContractionTile::emitSums(const TileOrigin &origin,
                                             int64_t rows, int64_t vectors,
                                             ArrayRef<Value> initial) {
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
      origin, vectors, sums,
      [&](Value run, Value packed, ValueRange before) -> SmallVector<Value> {
        Value low = stepLow ? stepLow : kernel.index(0);
        Value high = stepHigh ? stepHigh : kernel.index(whole);
        auto emit = [&](Value step, ValueRange before,
                        std::optional<int64_t> present = {}) {
          Value weights = kernel.add(packed, stepOffset(origin, step, vectors));
          return emitStep(kernel.add(run, kernel.mul(step, plan.depth)),
                          loadWeights(weights, vectors), rows, vectors, before,
                          present);
        };
        if (plan.packedDepth)
          return emitLines(origin, run, packed, rows, vectors, before);
        SmallVector<Value> after = kernel.loop(
            low, high, 1, before,
            [&](Value step, ValueRange before) { return emit(step, before); });
        const InnerTile *row = code.row();
        if (row &&
            (row->kind == DotKind::LongPairs || row->kind == DotKind::Long))
          keepRolled(after.front());
        return rest ? emit(kernel.index(whole), after, rest) : after;
      });
}

/// The steps of a run whose weights are packed in eights.
SmallVector<Value> ContractionTile::emitLines(const TileOrigin &origin,
                                              Value run, Value packed,
                                              int64_t rows, int64_t vectors,
                                              ValueRange before) {
  int64_t eights = llvm::divideCeil(shape.runLength, plan.packedDepth);
  auto emit = [&](Value step, bool isWhole, ValueRange before) {
    Value eight = kernel.mul(step, 2);
    auto at = [&](Value eight) {
      return kernel.add(packed, stepOffset(origin, eight, vectors));
    };
    Value next = isWhole ? at(kernel.add(eight, 1)) : nullptr;
    return emitStep(kernel.add(run, kernel.mul(step, plan.depth)),
                    loadLines(at(eight), next, vectors), rows, vectors, before);
  };
  SmallVector<Value> after = kernel.loop(
      kernel.index(0), kernel.index(eights / 2), 1, before,
      [&](Value step, ValueRange before) { return emit(step, true, before); });
  return eights % 2 ? emit(kernel.index(eights / 2), false, after) : after;
}

/// The sums of rows that are packed, for which all runs are one. A vector for
/// each row and vector of columns.
SmallVector<Value> ContractionTile::emitPackedSums(const TileOrigin &origin,
                                                   int64_t rows,
                                                   int64_t vectors,
                                                   ArrayRef<Value> initial) {
  int64_t steps = shape.outerRuns * shape.innerRuns * plan.packedSteps(shape);
  Value low = stepLow ? stepLow : kernel.index(0);
  Value high = stepHigh ? stepHigh : kernel.index(steps);
  SmallVector<Value> sums = kernel.loop(
      low, high, 1, code.startPacked(rows, initial),
      [&](Value step, ValueRange before) {
        SmallVector<Value> after(before);
        Value packed =
            kernel.add(origin.packed, stepOffset(origin, step, vectors));
        if (!plan.packedDepth) {
          code.stepPacked(after, packedLeft->load(step, rows),
                          loadWeights(packed, vectors), rows);
          return after;
        }
        auto weights = loadTwoSteps(packed, vectors);
        for (int64_t i : {0, 1})
          code.stepPacked(
              after, packedLeft->load(kernel.add(kernel.mul(step, 2), i), rows),
              weights[i], rows);
        return after;
      });
  return code.finishPacked(sums, rows, vectors);
}

SmallVector<Value> ContractionTile::emitRuns(const TileOrigin &origin,
                                             int64_t vectors, ValueRange start,
                                             EmitRun emit) {
  auto runsAt = [&](Value run, int64_t runs) {
    return stepOffset(origin, kernel.mul(run, runs * plan.packedSteps(shape)),
                      vectors);
  };
  Value zero = kernel.index(0);
  auto times = [&](int64_t count, ValueRange start,
                   function_ref<SmallVector<Value>(Value, ValueRange)> emit) {
    return kernel.loop(zero, kernel.index(count), 1, start, emit);
  };
  return times(shape.outerRuns, start, [&](Value outer, ValueRange before) {
    Value left = kernel.add(origin.left, kernel.mul(outer, shape.outerStride));
    Value packed = kernel.add(origin.packed, runsAt(outer, shape.innerRuns));
    return times(shape.innerRuns, before, [&](Value inner, ValueRange before) {
      return emit(kernel.add(left, kernel.mul(inner, shape.innerStride)),
                  kernel.add(packed, runsAt(inner, 1)), before);
    });
  });
}

void ContractionTile::emit(const TileOrigin &origin, int64_t rows,
                           TileWidth width) {
  if (int64_t height = plan.blockRows; height && rows >= height) {
    emitBlocks(origin, rows / height, width);
    TileOrigin rest = origin;
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
  SmallVector<Value> sums;
  if (plan.packsLeft) {
    sums = emitPackedSums(origin, rows, vectors, initial);
  } else {
    SmallVector<Value> parts = emitSums(origin, rows, vectors, initial);
    for (int64_t i = 0; i < rows * vectors; ++i)
      sums.push_back(
          code.finish(ArrayRef(parts).slice(i * code.parts(), code.parts()),
                      initial[i % vectors]));
  }
  constexpr int64_t tooMuchToRepeat = 150;
  if (rows * vectors > 1 && rows * vectors * epilogueCost > tooMuchToRepeat)
    return finishFromMemory(origin, sums, rows, width);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t v = 0, count = 0; v < vectors; v += count) {
      count = llvm::bit_floor(uint64_t(vectorsAtOnce(vectors - v)));
      int64_t behind = v + count == vectors ? plan.lanes - width.lastLanes : 0;
      finish(joined(ArrayRef(sums).slice(row * vectors + v, count)),
             kernel.add(origin.row, row),
             kernel.add(origin.column, v * plan.lanes),
             count * plan.lanes - behind);
    }
}

int64_t ContractionTile::vectorsAtOnce(int64_t left) const {
  int64_t most = kernel.lowering().elementLanes / plan.lanes;
  return std::max<int64_t>(1, std::min(most, left));
}

Value ContractionTile::joined(ArrayRef<Value> vectors) {
  if (vectors.size() == 1)
    return vectors[0];
  auto type = VectorType::get({int64_t(vectors.size()) * plan.lanes},
                              code.resultType().getElementType());
  Value all = arith::ConstantOp::create(b, type, b.getZeroAttr(type));
  for (auto [i, vector] : llvm::enumerate(vectors))
    all = vector::InsertStridedSliceOp::create(
        b, vector, all, ArrayRef<int64_t>{int64_t(i) * plan.lanes},
        ArrayRef<int64_t>{1});
  return all;
}

/// The same through a buffer on the stack, so that a long epilogue is emitted
/// once and not for every accumulator.
void ContractionTile::finishFromMemory(const TileOrigin &origin,
                                       ArrayRef<Value> sums, int64_t rows,
                                       TileWidth width) {
  VectorType type = code.resultType();
  // Vectors taken at once may end behind the last row.
  int64_t behind = llvm::PowerOf2Ceil(vectorsAtOnce(width.vectors)) - 1;
  auto bufferType = MemRefType::get(
      {(rows * width.vectors + behind) * plan.lanes}, type.getElementType());
  Value buffer = kernel.stackBuffer(bufferType);
  SmallVector<Value> all(sums);
  all.append(behind, arith::ConstantOp::create(b, type, b.getZeroAttr(type)));
  for (auto [i, sum] : llvm::enumerate(all))
    vector::StoreOp::create(b, sum, buffer, kernel.index(i * plan.lanes));
  finishBuffer(origin, buffer, rows, width, nullptr);
}

/// Finishes the rows of sums in `buffer`; `initial`, when not null, is where
/// the panel's start values are that they lack.
void ContractionTile::finishBuffer(const TileOrigin &origin, Value buffer,
                                   int64_t rows, TileWidth width,
                                   Value initial) {
  auto lanesOf = [&](int64_t vectors) {
    return int64_t(llvm::PowerOf2Ceil(vectorsAtOnce(vectors))) * plan.lanes;
  };
  int64_t columns = (width.vectors - 1) * plan.lanes + width.lastLanes;
  int64_t most = lanesOf(width.vectors), rest = columns % most;
  kernel.loop(rows, [&](Value row) {
    Value resultRow = kernel.add(origin.row, row);
    auto emit = [&](Value column, int64_t lanes, int64_t valid) {
      auto type = VectorType::get({lanes}, code.resultType().getElementType());
      Value place =
          kernel.add(kernel.mul(row, width.vectors * plan.lanes), column);
      Value sum = vector::LoadOp::create(b, type, buffer, place);
      if (initial)
        sum = arith::AddIOp::create(
            b, sum,
            vector::LoadOp::create(b, type, data.initial,
                                   kernel.add(initial, column)));
      finish(sum, resultRow, kernel.add(origin.column, column), valid);
    };
    kernel.loop(columns / most,
                [&](Value i) { emit(kernel.mul(i, most), most, most); });
    if (rest)
      emit(kernel.index(columns - rest),
           lanesOf(llvm::divideCeil(rest, plan.lanes)), rest);
  });
}
