#include "AttentionParts.h"

#include "SoftmaxRows.h"
#include "VectorBuilder.h"

using namespace mlir;
using namespace quantir;

namespace {
/// Emits the kernel: for each block of query rows the scores against all keys,
/// their codes, and what the codes weigh. Scores and codes of one block alone
/// are kept.
class AttentionCode {
public:
  AttentionCode(Lowering &lowering, KernelOp op, AttentionParts &parts);

  LogicalResult emit();

private:
  /// Rows of numbers that only this tile sees.
  struct Scratch {
    Value buffer, base;
    int64_t pitch;
  };
  Scratch allocate(Type storage, int64_t pitch);
  Value place(const Scratch &scratch, Value row, Value column) {
    return kernel.add(kernel.add(scratch.base, kernel.mul(row, scratch.pitch)),
                      column);
  }

  void clearBehindCodes();
  void clearUnseenCodes();
  void enter(Value unit);
  std::pair<Value, Value> visibleKeysOf(Value block);
  void emitScores();
  void emitRows();
  void emitRowGroup(ArrayRef<Value> rows);
  Value firstScore(Value row, Value column, int64_t lanes, int64_t valid);
  void storeCode(Value row, Value column, int64_t lanes, int64_t valid,
                 Value probability);
  void emitSums(Value row);
  void emitProduct();
  void finishProduct(Value sums, Value row, Value column, int64_t valid);
  void storeResult(const AttentionResult &result, Value lanes, Value row,
                   Value column, int64_t valid);

  Value ask(FailureOr<Value> lanes, int64_t count) {
    if (succeeded(lanes))
      return *lanes;
    status = failure();
    return VectorBuilder(kernel, count).i32(0);
  }
  /// The scores are codes, not f32.
  bool onCodes() {
    return getQuantizedElement(attention.softmax.getType()) != nullptr;
  }
  /// Scores as the scratch memory holds them.
  Value asScratch(Value lanes) {
    auto type = cast<VectorType>(lanes.getType());
    return onCodes() ? lanes
                     : VectorBuilder(kernel, type.getDimSize(0)).asI32(lanes);
  }
  /// The number of a row among those of all heads.
  Value outerRow(Value row) {
    return kernel.add(kernel.add(kernel.mul(head, parts.queries), first), row);
  }

  AttentionParts &parts;
  Attention &attention;
  KernelFunction kernel;
  InnerTileCode code;
  LaneEvaluator scoreLanes, rowLanes, resultLanes;
  int64_t tiles;
  Scratch scores, codes;
  /// What the rows' sums give to the results: a value of each row.
  llvm::MapVector<Value, Value> rowValues;
  /// The block in work.
  Value head, first, rows, low, high;
  LogicalResult status = success();
};
} // namespace

AttentionCode::AttentionCode(Lowering &lowering, KernelOp op,
                             AttentionParts &parts)
    : parts(parts), attention(parts.attention),
      kernel(lowering, op.getLoc(), "attention", KernelAim::Speed),
      code(kernel, parts.tile),
      scoreLanes(kernel, op, shapeOf(attention.softmax.getResult())),
      rowLanes(kernel, op, parts.rowShape),
      resultLanes(kernel, op, shapeOf(parts.attention.product->getResult(0))),
      tiles(tilesFor(parts.nanoseconds(), parts.heads * parts.blocks)) {
  ImplicitLocOpBuilder &b = kernel.builder();
  scores = allocate(b.getI32Type(), parts.scorePitch());
  codes = allocate(b.getI8Type(), parts.codePitch());
  for (Value value : parts.rowValues)
    rowValues[value] = kernel.stackBuffer(MemRefType::get(
        {parts.mostRows()}, getStorageType(getElementTypeOrSelf(value))));
}

AttentionCode::Scratch AttentionCode::allocate(Type storage, int64_t pitch) {
  constexpr int64_t onStack = 9216;
  int64_t elements = parts.mostRows() * pitch;
  if (elements <= onStack)
    return {kernel.stackBuffer(MemRefType::get({elements}, storage)),
            kernel.index(0), pitch};
  Value buffer = kernel.lowering().allocate(kernel.builder().getLoc(), storage,
                                            tiles * elements);
  return {kernel.use(buffer), kernel.mul(kernel.tile(), elements), pitch};
}

/// Sums of codes read whole vectors: there is nothing behind the last key.
void AttentionCode::clearBehindCodes() {
  int64_t whole = llvm::alignTo(parts.keys, 64);
  if (whole == parts.keys)
    return;
  ImplicitLocOpBuilder &b = kernel.builder();
  auto type = VectorType::get({1}, b.getI8Type());
  Value zero = arith::ConstantOp::create(b, type, b.getZeroAttr(type));
  kernel.loop(parts.mostRows(), [&](Value row) {
    kernel.loop(kernel.index(parts.keys), kernel.index(whole), 1,
                [&](Value column) {
                  vector::StoreOp::create(b, zero, codes.buffer,
                                          place(codes, row, column));
                });
  });
}

/// Where the codes of all keys are multiplied, those of keys that the block
/// does not see are zero.
void AttentionCode::clearUnseenCodes() {
  if (!parts.tile->signedLeft || parts.visible.empty())
    return;
  ImplicitLocOpBuilder &b = kernel.builder();
  constexpr int64_t line = 64; // ends of what is seen are multiples of it
  auto type = VectorType::get({line}, b.getI8Type());
  Value zero = arith::ConstantOp::create(b, type, b.getZeroAttr(type));
  kernel.loop(kernel.index(0), rows, 1, [&](Value row) {
    auto clear = [&](Value from, Value to) {
      kernel.loop(from, to, line, [&](Value column) {
        vector::StoreOp::create(b, zero, codes.buffer,
                                place(codes, row, column));
      });
    };
    clear(kernel.index(0), low);
    clear(high, kernel.index(parts.keys));
  });
}

void AttentionCode::enter(Value unit) {
  head = kernel.div(unit, parts.blocks);
  Value block = kernel.rem(unit, parts.blocks);
  if (parts.queries % parts.blocks == 0) {
    first = kernel.mul(block, parts.queries / parts.blocks);
    rows = kernel.index(parts.queries / parts.blocks);
  } else {
    auto begin = [&](Value number) {
      return kernel.div(kernel.mul(number, parts.queries), parts.blocks);
    };
    first = begin(block);
    rows = arith::SubIOp::create(kernel.builder(), begin(kernel.add(block, 1)),
                                 first);
  }
  low = kernel.index(0);
  high = kernel.index(parts.keys);
  if (!parts.visible.empty())
    std::tie(low, high) = visibleKeysOf(block);
}

/// The keys that the block reads, from a table.
std::pair<Value, Value> AttentionCode::visibleKeysOf(Value block) {
  ImplicitLocOpBuilder &b = kernel.builder();
  SmallVector<int64_t> ends;
  for (KeyRange range : parts.visible)
    ends.append({range.low, range.high});
  auto type = RankedTensorType::get({int64_t(ends.size())}, b.getI64Type());
  Value table =
      kernel.constant(DenseElementsAttr::get(type, ArrayRef<int64_t>(ends)));
  auto end = [&](int64_t which) -> Value {
    Value at = kernel.add(kernel.mul(block, 2), which);
    return arith::IndexCastOp::create(b, b.getIndexType(),
                                      memref::LoadOp::create(b, table, at));
  };
  return {end(0), end(1)};
}

void AttentionCode::emitScores() {
  const AttentionSide &keys = parts.keySide;
  Value matrix = kernel.offsetAlong(head, keys.numbers);
  ContractionBlock block;
  block.left = kernel.add(
      kernel.add(kernel.offsetAlong(head, parts.query.heads), parts.query.base),
      kernel.mul(first, keys.shape.rowStride));
  block.packed = kernel.mul(matrix, keys.plan.packedSize(keys.shape));
  block.initial =
      kernel.mul(matrix, keys.plan.totalVectors() * keys.plan.lanes);
  block.rows = rows;
  int64_t panel = keys.plan.vectors * keys.plan.lanes;
  block.panelLow = kernel.div(low, panel);
  block.panelHigh = kernel.div(kernel.add(high, panel - 1), panel);
  block.stepLow = kernel.index(0);
  block.stepHigh = kernel.index(keys.plan.steps(keys.shape));
  ContractionData data{kernel.use(parts.query.buffer), kernel.use(keys.packed),
                       kernel.use(keys.starts)};
  emitContractionBlock(kernel, code, keys.shape, keys.plan, data, block, tiles,
                       1, [&](Value sums, Value row, Value column, int64_t) {
                         vector::StoreOp::create(kernel.builder(), sums,
                                                 scores.buffer,
                                                 place(scores, row, column));
                       });
}

/// The input of the softmax: computed of the sums, whose place it takes.
Value AttentionCode::firstScore(Value row, Value column, int64_t lanes,
                                int64_t valid) {
  ImplicitLocOpBuilder &b = kernel.builder();
  auto type = VectorType::get({lanes}, b.getI32Type());
  Value at = place(scores, row, column);
  Value sums = vector::LoadOp::create(b, type, scores.buffer, at);
  Value score =
      ask(scoreLanes.compute(attention.softmax.getInput(),
                             {outerRow(row), column, lanes, valid},
                             {{attention.scores->getResult(0), sums}}),
          lanes);
  vector::StoreOp::create(b, asScratch(score), scores.buffer, at);
  return score;
}

void AttentionCode::storeCode(Value row, Value column, int64_t lanes,
                              int64_t valid, Value probability) {
  Value weights = parts.weights;
  Value lane =
      ask(scoreLanes.compute(weights, {outerRow(row), column, lanes, valid},
                             {{attention.softmax->getResult(0), probability}}),
          lanes);
  storeLanes(kernel, lane, codes.buffer, getElementTypeOrSelf(weights),
             place(codes, row, column), valid);
}

void AttentionCode::emitRowGroup(ArrayRef<Value> group) {
  ImplicitLocOpBuilder &b = kernel.builder();
  RowCode rowCode(kernel, parts.keys, low, high);
  SoftmaxRows io;
  io.first = [&](int64_t slot, Value column, int64_t lanes, int64_t valid) {
    return firstScore(group[slot], column, lanes, valid);
  };
  io.again = io.kept = [&](int64_t slot, Value column, int64_t lanes, int64_t) {
    auto type = VectorType::get({lanes}, b.getI32Type());
    Value bits = vector::LoadOp::create(b, type, scores.buffer,
                                        place(scores, group[slot], column));
    return onCodes() ? bits : VectorBuilder(kernel, lanes).asF32(bits);
  };
  io.keep = [&](int64_t slot, Value column, Value kept) {
    vector::StoreOp::create(b, asScratch(kept), scores.buffer,
                            place(scores, group[slot], column));
  };
  io.store = [&](int64_t slot, Value column, int64_t valid, Value result) {
    storeCode(group[slot], column, lanesOf(result), valid, result);
  };
  emitSoftmaxRows(kernel, attention.softmax, rowCode, group.size(), io);
  if (attention.sums)
    for (Value row : group)
      emitSums(row);
}

/// The sum of a row's codes, and what is computed of it.
void AttentionCode::emitSums(Value row) {
  ImplicitLocOpBuilder &b = kernel.builder();
  Value zero = arith::ConstantOp::create(b, code.resultType(),
                                         b.getZeroAttr(code.resultType()));
  Value sums =
      kernel.loop(low, high, code.lanes() * 4, {zero},
                  [&](Value column, ValueRange carried) {
                    return SmallVector<Value>{code.addCodes(
                        carried[0], codes.buffer, place(codes, row, column))};
                  })[0];
  Value total =
      vector::ReductionOp::create(b, vector::CombiningKind::ADD, sums);
  Value lane = vector::BroadcastOp::create(
      b, VectorType::get({1}, b.getI32Type()), total);
  LaneEvaluator::Lanes known;
  known[attention.sums->getResult(0)] = lane;
  LanePosition position{outerRow(row), kernel.index(0), 1, 1};
  auto valueOf = [&](Value value) {
    return ask(rowLanes.compute(value, position, known), 1);
  };
  for (auto &[value, buffer] : rowValues) {
    Value one = vector::ExtractOp::create(b, valueOf(value), 0);
    Type storage = cast<MemRefType>(buffer.getType()).getElementType();
    if (one.getType() != storage)
      one = arith::TruncIOp::create(b, storage, one);
    memref::StoreOp::create(b, one, buffer, row);
  }
  for (const AttentionResult &result : parts.rowResults)
    storeResult(result, valueOf(result.value), row, kernel.index(0), 1);
}

void AttentionCode::emitRows() {
  int64_t group = std::min<int64_t>(2, parts.leastRows());
  Value whole = kernel.mul(kernel.div(rows, group), group);
  kernel.loop(kernel.index(0), whole, group, [&](Value row) {
    SmallVector<Value> members;
    for (int64_t i = 0; i < group; ++i)
      members.push_back(kernel.add(row, i));
    emitRowGroup(members);
  });
  bool all = parts.queries % (parts.blocks * group) == 0;
  if (!all)
    kernel.loop(whole, rows, 1, [&](Value row) { emitRowGroup({row}); });
}

void AttentionCode::storeResult(const AttentionResult &result, Value lanes,
                                Value row, Value column, int64_t valid) {
  Value offset =
      kernel.add(kernel.offsetAlong(head, result.heads),
                 kernel.mul(kernel.add(first, row), result.rowStride));
  storeLanes(kernel, lanes, kernel.use(result.buffer),
             getElementTypeOrSelf(result.value),
             kernel.add(kernel.add(offset, result.base), column), valid);
}

void AttentionCode::finishProduct(Value sums, Value row, Value column,
                                  int64_t valid) {
  int64_t lanes = lanesOf(sums);
  LaneEvaluator::Lanes known;
  known[attention.product->getResult(0)] = sums;
  for (auto &[value, buffer] : rowValues) {
    Value one = loadLanes(kernel, buffer, getElementTypeOrSelf(value), row, 1,
                          1, false);
    known[value] = splatLane(kernel, one, lanes);
  }
  LanePosition position{outerRow(row), column, lanes, valid};
  for (const AttentionResult &result : parts.results) {
    Value lane = ask(resultLanes.compute(result.value, position, known), lanes);
    storeResult(result, lane, row, column, valid);
  }
}

void AttentionCode::emitProduct() {
  const AttentionSide &values = parts.valueSide;
  Value matrix = kernel.offsetAlong(head, values.numbers);
  ContractionBlock block;
  block.left = codes.base;
  block.packed = kernel.mul(matrix, values.plan.packedSize(values.shape));
  block.rows = rows;
  block.panelLow = kernel.index(0);
  block.panelHigh = kernel.index(values.plan.panels());
  int64_t depth = values.plan.depth;
  block.stepLow = kernel.div(low, depth);
  block.stepHigh = kernel.div(kernel.add(high, depth - 1), depth);
  ContractionData data{codes.buffer, kernel.use(values.packed), {}};
  if (parts.tile->signedLeft) { // start values are for all steps
    block.stepLow = kernel.index(0);
    block.stepHigh = kernel.index(values.plan.steps(values.shape));
    block.initial =
        kernel.mul(matrix, values.plan.totalVectors() * values.plan.lanes);
    data.initial = kernel.use(values.starts);
  }
  emitContractionBlock(kernel, code, values.shape, values.plan, data, block,
                       tiles, parts.resultCost(),
                       [&](Value sums, Value row, Value column, int64_t valid) {
                         finishProduct(sums, row, column, valid);
                       });
}

LogicalResult AttentionCode::emit() {
  clearBehindCodes();
  auto [from, to] = kernel.share(parts.heads * parts.blocks, tiles);
  kernel.loop(from, to, 1, [&](Value unit) {
    enter(unit);
    clearUnseenCodes();
    emitScores();
    emitRows();
    emitProduct();
  });
  kernel.launch(tiles);
  return status;
}

LogicalResult quantir::lowerAttention(Lowering &lowering, KernelOp op,
                                      SoftmaxOp softmax) {
  FailureOr<AttentionParts> parts = planAttention(lowering, op, softmax);
  if (failed(parts))
    return failure();
  return AttentionCode(lowering, op, *parts).emit();
}
