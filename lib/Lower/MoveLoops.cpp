#include "MoveCode.h"
#include "VectorBuilder.h"

using namespace mlir;
using namespace quantir;

/// Whole rows are neighbours in the source: copies them.
void MoveCode::emitRuns() {
  ImplicitLocOpBuilder &b = kernel.builder();
  int64_t run = move.dims.back().size;
  auto bytes = double(bytesOfTensor(result));
  int64_t tiles = tilesFor(bytes / 16 + move.rows() * 2, move.rows());
  Value source = prologue.bufferOf(move.source);
  Value target = kernel.use(kernel.lowering().buffers.lookup(op.getResult(0)));
  auto [low, high] = kernel.share(move.rows(), tiles);
  kernel.loop(low, high, 1, [&](Value row) {
    Place place = placeOfRow(row);
    Value to = kernel.mul(row, run);
    if (!place.inside)
      return copyRun(kernel, source, place.offset, target, to, run);
    auto branch = scf::IfOp::create(b, place.inside, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    copyRun(kernel, source, place.offset, target, to, run);
    b.setInsertionPointToStart(branch.elseBlock());
    auto fill = [&](Value column, int64_t valid) {
      storeLanes(kernel, fillLanes(lanes), target, result.getElementType(),
                 kernel.add(to, column), valid);
    };
    int64_t whole = run / lanes * lanes;
    kernel.loop(kernel.index(0), kernel.index(whole), lanes,
                [&](Value column) { fill(column, lanes); });
    if (whole < run)
      fill(kernel.index(whole), run - whole);
  });
  kernel.launch(tiles);
}

/// Finds the two dimensions of a transposition that are at least a vector long.
bool MoveCode::findNeighbours() {
  if (!llvm::all_of(move.dims, [](auto &dim) { return dim.isRegular(); }))
    return false;
  const Lowering &lowering = kernel.lowering();
  int64_t least = lowering.unit.lanes,
          bytes = bytesOfElement(getStorageType(from.getElementType()));
  for (side = std::max(least, lowering.elementLanes / bytes); side >= least;
       side /= 2)
    for (neighbours = 0; neighbours + 1 < move.dims.size(); ++neighbours)
      if (move.dims.back().size >= side && move.dims[neighbours].stride == 1 &&
          move.dims[neighbours].size >= side)
        return true;
  return false;
}

/// Square blocks of a transposition; the last block of a dimension overlaps
/// the one before it.
void MoveCode::emitBlocks() {
  const Movement::Dim &across = move.dims[neighbours], &down = move.dims.back();
  int64_t blocks = llvm::divideCeil(across.size, side);
  int64_t others = move.rows() / across.size * blocks;
  SmallVector<int64_t> sizes;
  for (const Movement::Dim &dim : move.dims)
    sizes.push_back(dim.size);
  SmallVector<int64_t> targets = stridesOf(sizes);
  Value source = prologue.bufferOf(move.source);
  Value target = kernel.use(kernel.lowering().buffers.lookup(op.getResult(0)));
  auto type = VectorType::get({side}, getStorageType(from.getElementType()));
  auto start = [&](Value block, const Movement::Dim &dim) {
    return kernel.min(kernel.mul(block, side), kernel.index(dim.size - side));
  };
  int64_t tiles =
      tilesFor(double(result.getNumElements()) / 8, move.rows() / across.size);
  // Blocks that overlap belong to one tile.
  auto [low, high] = kernel.share(others, tiles, blocks);
  kernel.loop(low, high, 1, [&](Value number) {
    Value left = start(kernel.rem(number, blocks), across);
    Value rest = kernel.div(number, blocks);
    Value at = kernel.add(left, move.base);
    Value to = kernel.mul(left, targets[neighbours]);
    for (int64_t i = int64_t(move.dims.size()) - 2; i >= 0; --i) {
      if (size_t(i) == neighbours)
        continue;
      Value index = kernel.rem(rest, sizes[i]);
      rest = kernel.div(rest, sizes[i]);
      at = kernel.add(at, kernel.mul(index, move.dims[i].stride));
      to = kernel.add(to, kernel.mul(index, targets[i]));
    }
    kernel.loop(llvm::divideCeil(down.size, side), [&](Value block) {
      Value top = start(block, down);
      SmallVector<Value> square;
      for (int64_t i = 0; i < side; ++i)
        square.push_back(loadStorage(
            kernel, source, type,
            kernel.add(at, kernel.mul(kernel.add(top, i), down.stride)), side,
            false));
      transpose(kernel.builder(), square);
      for (int64_t i = 0; i < side; ++i)
        storeStorage(kernel, square[i], target,
                     kernel.add(kernel.add(to, top), i * targets[neighbours]),
                     side);
    });
  });
  kernel.launch(tiles);
}

/// True when `op` computes the same wherever its lanes stand in the result:
/// from what other ops of the kernel give, and single numbers.
static bool isAnywhereAlike(Operation &op) {
  auto hasAxis = [](Value value) {
    auto codes =
        dyn_cast<quant::QuantizedType>(getElementTypeOrSelf(value.getType()));
    return codes && getQuantizedAxis(codes);
  };
  auto isAlike = [&](Value operand) {
    Operation *producer = operand.getDefiningOp();
    bool isComputed = producer && !isa<ConstantOp>(producer);
    return !hasAxis(operand) &&
           (isComputed ||
            cast<RankedTensorType>(operand.getType()).getNumElements() == 1);
  };
  return llvm::all_of(op.getOperands(), isAlike) &&
         llvm::none_of(op.getResults(), hasAxis);
}

/// True for the transposition of a few planes into neighbours, as from NCHW to
/// NHWC: each is read a vector at a time.
bool MoveCode::isWoven() {
  constexpr int64_t most = 4;
  if (move.dims.size() < 2 || lanes == 1 || op.getNumResults() != 1 ||
      !llvm::all_of(move.dims, [](auto &dim) { return dim.isRegular(); }))
    return false;
  const Movement::Dim &across = *(move.dims.end() - 2),
                      &down = move.dims.back();
  if (down.size < 2 || down.size > most || across.stride != 1 ||
      (!plain && across.size != from.getShape().back()))
    return false;
  const Lowering &lowering = kernel.lowering();
  Type stored = getStorageType(getElementTypeOrSelf(
      op.getBody().front().getTerminator()->getOperand(0)));
  side = std::max<int64_t>(lowering.unit.lanes,
                           lowering.elementLanes / bytesOfElement(stored));
  if (across.size < side)
    side = lowering.unit.lanes;
  if (across.size < side)
    return false;
  bool behind = false;
  for (Operation &inner : op.getBody().front().without_terminator()) {
    if (behind && !isa<ConstantOp>(inner) && !isAnywhereAlike(inner))
      return false;
    behind |= &inner == move.op;
  }
  return true;
}

/// Element `part * lanes + i` of the planes' elements, the first of all planes
/// first, for every lane i.
static Value weave(ImplicitLocOpBuilder &b, ArrayRef<Value> planes,
                   int64_t part) {
  int64_t lanes = cast<VectorType>(planes[0].getType()).getDimSize(0);
  auto count = int64_t(planes.size());
  Value woven = planes[0];
  for (int64_t plane = 1; plane < count; ++plane) {
    SmallVector<int64_t> mask;
    for (int64_t i = 0; i < lanes; ++i) {
      int64_t place = part * lanes + i, from = place / count;
      bool isPlaced = plane > 1;
      mask.push_back(place % count == plane ? lanes + from
                                            : (isPlaced ? i : from));
    }
    woven = vector::ShuffleOp::create(b, woven, planes[plane], mask);
  }
  return woven;
}

/// A vector of every plane; the last of a line overlaps the one before it.
void MoveCode::emitWoven() {
  const Movement::Dim &across = *(move.dims.end() - 2),
                      &down = move.dims.back();
  int64_t blocks = llvm::divideCeil(across.size, side);
  int64_t number = move.rows() / across.size * blocks;
  // Vectors that overlap belong to one tile.
  int64_t together = across.size % side ? blocks : 1;
  int64_t tiles =
      tilesFor(double(result.getNumElements()) * (evaluator.cost() + 4) / 64,
               number / together);
  Value yielded = op.getBody().front().getTerminator()->getOperand(0);
  Type element = getElementTypeOrSelf(yielded.getType());
  Value target = kernel.use(kernel.lowering().buffers.lookup(op.getResult(0)));
  auto [low, high] = kernel.share(number, tiles, together);
  kernel.loop(low, high, 1, [&](Value block) {
    Value line = kernel.div(block, blocks);
    Value left = kernel.min(kernel.mul(kernel.rem(block, blocks), side),
                            kernel.index(across.size - side));
    Value row = kernel.mul(line, across.size);
    Value at = kernel.add(placeOfRow(row).offset, left);
    row = kernel.add(row, left);
    SmallVector<Value> planes;
    for (int64_t plane = 0; plane < down.size; ++plane) {
      Value moved = loadRun({kernel.add(at, plane * down.stride)}, side, side);
      FailureOr<Value> finished =
          evaluator.compute(yielded, {row, kernel.index(0), side, side},
                            {{move.op->getResult(0), moved}});
      if (failed(finished)) {
        status = failure();
        return;
      }
      planes.push_back(asStored(kernel, *finished, element));
    }
    Value to = kernel.mul(row, down.size);
    for (int64_t part = 0; part < down.size; ++part)
      storeStorage(kernel, weave(kernel.builder(), planes, part), target,
                   kernel.add(to, part * side), side);
  });
  kernel.launch(tiles);
}

/// A vector of the result at a time, its lanes one by one where they are not
/// neighbours in the source.
void MoveCode::emitLanes() {
  ImplicitLocOpBuilder &b = kernel.builder();
  const Movement::Dim &last = move.dims.back();
  int64_t columns = last.size, whole = columns / lanes * lanes;
  double elements = double(result.getNumElements());
  int64_t tiles = tilesFor(elements * (evaluator.cost() + 2) / 4, move.rows());
  auto gather = [&](Place row, Value column, int64_t valid) {
    Value all;
    for (int64_t lane = 0; lane < valid; ++lane) {
      Place place = both(kernel, row, placeOf(last, kernel.add(column, lane)));
      Value one = loadRun(place, 1, 1);
      Type element = cast<VectorType>(one.getType()).getElementType();
      auto type = VectorType::get({lanes}, element);
      if (!all)
        all = arith::ConstantOp::create(b, type, b.getZeroAttr(type));
      Value scalar = vector::ExtractOp::create(b, one, ArrayRef<int64_t>{0});
      all = vector::InsertOp::create(b, scalar, all, ArrayRef<int64_t>{lane});
    }
    return all;
  };
  auto [low, high] = kernel.share(move.rows(), tiles);
  kernel.loop(low, high, 1, [&](Value row) {
    Place start = placeOfRow(row);
    auto emit = [&](Value column, int64_t valid) {
      Value value;
      if (isScattered())
        value = gather(start, column, valid);
      else
        value = loadRun(both(kernel, start, {column}), lanes, valid);
      store(value, row, column, valid);
    };
    kernel.loop(kernel.index(0), kernel.index(whole), lanes,
                [&](Value column) { emit(column, lanes); });
    if (whole < columns)
      emit(kernel.index(whole), columns - whole);
  });
  kernel.launch(tiles);
}
