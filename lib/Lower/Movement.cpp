#include "Movement.h"

#include "Quantir/LaneKind.h"
#include "VectorBuilder.h"

using namespace mlir;
using namespace quantir;

bool quantir::isPlain(KernelOp kernel) {
  return llvm::none_of(kernel.getBody().front(), [](Operation &op) {
    return isa<ElementwiseInterface>(op);
  });
}

SmallVector<int64_t> quantir::stridesOf(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t dim = int64_t(shape.size()) - 2; dim >= 0; --dim)
    strides[dim] = strides[dim + 1] * shape[dim + 1];
  return strides;
}

void Movement::addDim(ArrayRef<int64_t> positions, int64_t stride) {
  Dim dim{int64_t(positions.size())};
  int64_t step = positions.size() > 1 ? positions[1] - positions[0] : 0;
  bool regular = positions.empty() || positions[0] >= 0;
  for (auto [i, position] : llvm::enumerate(positions))
    regular &= position >= 0 && position == positions[0] + int64_t(i) * step;
  if (regular) {
    base += positions.empty() ? 0 : positions[0] * stride;
    dim.stride = step * stride;
  } else {
    for (int64_t position : positions)
      dim.table.push_back(position < 0 ? -1 : position * stride);
  }
  dims.push_back(dim);
}

namespace {
/// An element's place in the source; `inside` is null when it always is.
struct Place {
  Value offset, inside = {};
};

class MoveCode {
public:
  MoveCode(Lowering &lowering, KernelOp kernelOp, Movement &movement)
      : op(kernelOp), move(movement), plain(isPlain(kernelOp)),
        kernel(lowering, kernelOp.getLoc(), kind(movement.op)),
        result(cast<RankedTensorType>(movement.op->getResult(0).getType())),
        from(cast<RankedTensorType>(movement.source.getType())),
        evaluator(kernel, kernelOp, result.getShape()),
        prologue(kernel, kernelOp, from.getShape()),
        lanes(lowering.unit.lanes) {}

  LogicalResult emit() {
    if (plain)
      mergeDims();
    // Rows that are not the result's may end anywhere in one of them.
    else if (move.dims.back().size != evaluator.columns())
      lanes = 1;
    if (plain && !isScattered())
      emitRuns();
    else if (plain && findNeighbours())
      emitBlocks();
    else
      emitLanes();
    return status;
  }

private:
  static StringRef kind(Operation *op) { return op->getName().stripDialect(); }

  void mergeDims();
  bool isScattered() const {
    return !move.dims.back().isRegular() || move.dims.back().stride != 1;
  }
  Place placeOf(const Movement::Dim &dim, Value index);
  Place placeOfRow(Value row);
  static Place both(KernelFunction &kernel, Place a, Place b);
  int64_t rows() const;

  bool findNeighbours();
  void emitRuns();
  void emitBlocks();
  void emitLanes();
  Value loadRun(Place place, int64_t count, int64_t valid);
  Value filled(Value value, Value inside);
  Value fillLanes(int64_t count);
  void store(Value value, Value row, Value column, int64_t valid);

  KernelOp op;
  Movement &move;
  bool plain;
  KernelFunction kernel;
  RankedTensorType result, from;
  LaneEvaluator evaluator, prologue;
  int64_t lanes;
  /// The dimension, not the last, whose elements are neighbours in the source.
  size_t neighbours = 0;
  LogicalResult status = success();
};
} // namespace

/// Joins neighbouring dimensions that walk through the source as one, and
/// drops those of one element.
void MoveCode::mergeDims() {
  SmallVector<Movement::Dim> merged;
  for (Movement::Dim &dim : move.dims) {
    if (dim.size == 1 && dim.isRegular())
      continue;
    bool joins = !merged.empty() && dim.isRegular() &&
                 merged.back().isRegular() &&
                 merged.back().stride == dim.stride * dim.size;
    if (joins) {
      merged.back().size *= dim.size;
      merged.back().stride = dim.stride;
    } else {
      merged.push_back(dim);
    }
  }
  if (merged.empty())
    merged.push_back({1, 1});
  move.dims = std::move(merged);
}

int64_t MoveCode::rows() const {
  int64_t count = 1;
  for (const Movement::Dim &dim : ArrayRef(move.dims).drop_back())
    count *= dim.size;
  return count;
}

Place MoveCode::both(KernelFunction &kernel, Place a, Place b) {
  Value inside =
      a.inside && b.inside
          ? Value(arith::AndIOp::create(kernel.builder(), a.inside, b.inside))
      : a.inside ? a.inside
                 : b.inside;
  return {kernel.add(a.offset, b.offset), inside};
}

Place MoveCode::placeOf(const Movement::Dim &dim, Value index) {
  ImplicitLocOpBuilder &b = kernel.builder();
  if (dim.isRegular())
    return {kernel.mul(index, dim.stride)};
  Type i64 = b.getI64Type(), place = b.getIndexType();
  auto number = [&](int64_t value) {
    return arith::ConstantIntOp::create(b, value, 64);
  };
  if (dim.indices) {
    Value buffer = prologue.bufferOf(dim.indices);
    Value at = kernel.mul(index, dim.indexStride);
    Value i = memref::LoadOp::create(b, buffer, at);
    if (i.getType() != i64)
      i = arith::ExtSIOp::create(b, i64, i);
    Value fromEnd = arith::AddIOp::create(b, i, number(dim.extent));
    Value negative =
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, i, number(0));
    i = arith::SelectOp::create(b, negative, fromEnd, i);
    i = arith::MaxSIOp::create(b, i, number(0));
    i = arith::MinSIOp::create(b, i, number(dim.extent - 1));
    Value inExtent = arith::IndexCastOp::create(b, place, i);
    return {kernel.mul(inExtent, dim.stride)};
  }
  auto type = RankedTensorType::get({dim.size}, i64);
  Value table = kernel.constant(
      DenseElementsAttr::get(type, ArrayRef<int64_t>(dim.table)));
  Value offset = memref::LoadOp::create(b, table, index);
  Value inside;
  if (llvm::is_contained(dim.table, -1)) {
    inside =
        arith::CmpIOp::create(b, arith::CmpIPredicate::sge, offset, number(0));
    offset = arith::MaxSIOp::create(b, offset, number(0));
  }
  return {arith::IndexCastOp::create(b, place, offset), inside};
}

/// The place of all dimensions but the last, given their linear index.
Place MoveCode::placeOfRow(Value row) {
  Place place{kernel.index(move.base)};
  int64_t passed = 1, left = rows();
  for (const Movement::Dim &dim :
       llvm::reverse(ArrayRef(move.dims).drop_back())) {
    left /= dim.size;
    if (dim.size != 1 || !dim.isRegular()) {
      Value index = kernel.div(row, passed);
      if (left != 1)
        index = kernel.rem(index, dim.size);
      place = both(kernel, place, placeOf(dim, index));
    }
    passed *= dim.size;
  }
  return place;
}

/// The bytes that stand outside, as lanes.
Value MoveCode::fillLanes(int64_t count) {
  VectorBuilder v(kernel, count);
  Type element = from.getElementType();
  if (element.isF32())
    return v.asF32(v.i32(int32_t(move.fill)));
  if (element.isInteger(64))
    return v.i64(int64_t(move.fill));
  if (element.isInteger(1))
    return v.equalInt(v.i32(int32_t(move.fill)), v.i32(1));
  if (getStorageType(element).isInteger(32))
    return v.i32(int32_t(move.fill));
  return v.i32(isZeroExtended(element) ? int32_t(uint8_t(move.fill))
                                       : int32_t(int8_t(move.fill)));
}

Value MoveCode::filled(Value value, Value inside) {
  if (!inside)
    return value;
  int64_t count = cast<VectorType>(value.getType()).getDimSize(0);
  return arith::SelectOp::create(kernel.builder(), inside, value,
                                 fillLanes(count));
}

/// `valid` neighbouring elements of the source, which lie in one of its rows.
Value MoveCode::loadRun(Place place, int64_t count, int64_t valid) {
  if (plain) {
    Value buffer = prologue.bufferOf(move.source);
    bool slack = hasSlack(buffer, from.getNumElements());
    return filled(loadLanes(kernel, buffer, from.getElementType(), place.offset,
                            count, valid, slack),
                  place.inside);
  }
  int64_t columns = prologue.columns();
  FailureOr<Value> value = prologue.compute(
      move.source, {kernel.div(place.offset, columns),
                    kernel.rem(place.offset, columns), count, valid});
  if (succeeded(value))
    return filled(*value, place.inside);
  status = failure();
  return fillLanes(count);
}

void MoveCode::store(Value value, Value row, Value column, int64_t valid) {
  if (plain) {
    Value buffer =
        kernel.use(kernel.lowering().buffers.lookup(op.getResult(0)));
    Value offset = kernel.add(kernel.mul(row, move.dims.back().size), column);
    storeLanes(kernel, value, buffer, result.getElementType(), offset, valid);
    return;
  }
  if (lanes == 1) {
    Value place = kernel.add(kernel.mul(row, move.dims.back().size), column);
    row = kernel.div(place, evaluator.columns());
    column = kernel.rem(place, evaluator.columns());
  }
  if (failed(evaluator.finish({{move.op->getResult(0), value}},
                              {row, column, lanes, valid})))
    status = failure();
}

/// Whole rows are neighbours in the source: copies them.
void MoveCode::emitRuns() {
  ImplicitLocOpBuilder &b = kernel.builder();
  int64_t run = move.dims.back().size;
  double bytes =
      double(result.getNumElements()) *
      getStorageType(result.getElementType()).getIntOrFloatBitWidth() / 8;
  int64_t tiles = tilesFor(bytes / 16 + rows() * 2, rows());
  Value source = prologue.bufferOf(move.source);
  Value target = kernel.use(kernel.lowering().buffers.lookup(op.getResult(0)));
  auto [low, high] = kernel.share(rows(), tiles);
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
  if (!llvm::all_of(move.dims, [](auto &dim) { return dim.isRegular(); }) ||
      move.dims.back().size < lanes)
    return false;
  for (neighbours = 0; neighbours + 1 < move.dims.size(); ++neighbours)
    if (move.dims[neighbours].stride == 1 &&
        move.dims[neighbours].size >= lanes)
      return true;
  return false;
}

/// Transposes as many vectors as they have lanes, by stages that interleave
/// the first half of them with the second.
static void transpose(ImplicitLocOpBuilder &b, SmallVector<Value> &rows) {
  auto count = int64_t(rows.size());
  SmallVector<int64_t> low, high;
  for (int64_t i = 0; i < count; ++i) {
    low.push_back(i / 2 + i % 2 * count);
    high.push_back(low.back() + count / 2);
  }
  for (int64_t stage = 1; stage < count; stage *= 2) {
    SmallVector<Value> next;
    for (int64_t i = 0; i < count / 2; ++i)
      for (ArrayRef<int64_t> mask : {ArrayRef(low), ArrayRef(high)})
        next.push_back(
            vector::ShuffleOp::create(b, rows[i], rows[i + count / 2], mask));
    rows = std::move(next);
  }
}

/// Square blocks of a transposition; the last block of a dimension overlaps
/// the one before it.
void MoveCode::emitBlocks() {
  const Movement::Dim &across = move.dims[neighbours], &down = move.dims.back();
  int64_t blocks = llvm::divideCeil(across.size, lanes);
  int64_t others = rows() / across.size * blocks;
  SmallVector<int64_t> sizes;
  for (const Movement::Dim &dim : move.dims)
    sizes.push_back(dim.size);
  SmallVector<int64_t> targets = stridesOf(sizes);
  Value source = prologue.bufferOf(move.source);
  Value target = kernel.use(kernel.lowering().buffers.lookup(op.getResult(0)));
  Type element = from.getElementType();
  auto start = [&](Value block, const Movement::Dim &dim) {
    return kernel.min(kernel.mul(block, lanes), kernel.index(dim.size - lanes));
  };
  int64_t tiles =
      tilesFor(double(result.getNumElements()) / 8, rows() / across.size);
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
    kernel.loop(llvm::divideCeil(down.size, lanes), [&](Value block) {
      Value top = start(block, down);
      SmallVector<Value> square;
      for (int64_t i = 0; i < lanes; ++i)
        square.push_back(loadLanes(
            kernel, source, element,
            kernel.add(at, kernel.mul(kernel.add(top, i), down.stride)), lanes,
            lanes, false));
      transpose(kernel.builder(), square);
      for (int64_t i = 0; i < lanes; ++i)
        storeLanes(kernel, square[i], target, element,
                   kernel.add(kernel.add(to, top), i * targets[neighbours]),
                   lanes);
    });
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
  int64_t tiles = tilesFor(elements * (evaluator.cost() + 2) / 4, rows());
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
  auto [low, high] = kernel.share(rows(), tiles);
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

LogicalResult quantir::lowerMovement(Lowering &lowering, KernelOp kernel,
                                     Movement movement) {
  if (movement.dims.empty())
    movement.dims.push_back({1, 1});
  return MoveCode(lowering, kernel, movement).emit();
}
