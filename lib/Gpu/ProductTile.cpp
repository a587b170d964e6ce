// The tiles of a product's result: which invocation has which, what it reads of
// the left operand, how it ends.
#include "Product.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace quantir;

Value quantir::splat(GpuKernel &code, Value value) {
  auto type = VectorType::get({4}, value.getType());
  return vector::BroadcastOp::create(code.builder(), type, value);
}

Value quantir::zeroQuad(GpuKernel &code, Type element) {
  auto type = VectorType::get({4}, element);
  return arith::ConstantOp::create(code.builder(), type,
                                   code.builder().getZeroAttr(type));
}

//===-- The grid
//--------------------------------------------------------------===//

static int64_t roundedToQuads(const ProductSource &source) {
  return llvm::alignTo(source.columns, 4);
}

/// Groups that every device can count in one dimension.
static constexpr int64_t kMostGroups = 65535;

ProductGrid::ProductGrid(const ProductSource &source, const GpuTarget &target,
                         int64_t tileRows, int64_t tileColumns)
    : tileRows(std::min(tileRows, source.rows)),
      tileColumns(std::min(tileColumns, roundedToQuads(source))),
      rowTiles(llvm::divideCeil(source.rows, this->tileRows)),
      columnTiles(llvm::divideCeil(source.columns, this->tileColumns)),
      matrices(source.matrices) {
  int64_t all = target.productThreads[0] * target.productThreads[1];
  auto fitting = [](int64_t most, int64_t tiles) {
    return std::min<int64_t>(most, llvm::bit_ceil(uint64_t(tiles)));
  };
  threads = {fitting(target.productThreads[0], columnTiles), 1, 1};
  threads[1] = fitting(all / threads[0], rowTiles * matrices);
  threads[0] = fitting(all / threads[1], columnTiles);
}

std::array<int64_t, 3> ProductGrid::groups() const {
  int64_t across = llvm::divideCeil(columnTiles, threads[0]),
          down = llvm::divideCeil(rowTiles * matrices, threads[1]);
  int64_t deep = llvm::divideCeil(down, kMostGroups);
  return {across, std::min(down, kMostGroups), deep};
}

void ProductGrid::emit(GpuKernel &code,
                       function_ref<void(const Place &)> emit) const {
  auto [across, down, deep] = groups();
  Value line = code.group(1);
  if (deep > 1)
    line = code.add(line, code.mul(code.group(2), kMostGroups));
  Value rowTile = code.add(code.mul(line, threads[1]), code.thread(1));
  Value columnTile =
      code.add(code.mul(code.group(0), threads[0]), code.thread(0));
  int64_t allRows = rowTiles * matrices;
  auto emitTile = [&] {
    bool isOne = matrices == 1;
    Value matrix = isOne ? code.index(0) : code.div(rowTile, rowTiles);
    Value tile = isOne ? rowTile : code.rem(rowTile, rowTiles);
    emit({matrix, code.mul(tile, tileRows), code.mul(columnTile, tileColumns),
          columnTile});
  };
  auto emitColumns = [&] {
    if (across * threads[0] == columnTiles)
      emitTile();
    else
      code.when(code.less(columnTile, code.index(columnTiles)), emitTile);
  };
  if (down * deep * threads[1] == allRows)
    emitColumns();
  else
    code.when(code.less(rowTile, code.index(allRows)), emitColumns);
}

//===-- The left operand
//------------------------------------------------------===//

/// A window of one tap that moves by one pixel reads its image as a matrix.
static bool readsEachPixel(const ProductSource &source) {
  ConvOp conv = source.conv;
  return !conv || (source.taps() == 1 && !source.hasPads() &&
                   conv.getStrides()[0] == 1 && conv.getStrides()[1] == 1);
}

LeftRows::LeftRows(GpuKernel &code, const ProductSource &source,
                   const ProductGrid &grid, const ProductGrid::Place &place)
    : code(code), source(source),
      pitch(WordLayout(source.left.getType()).wordsOfRow()) {
  Value matrix = source.leftMatrix(code, place.matrix);
  for (int64_t i = 0; i < grid.tileRows; ++i) {
    Value row = code.add(place.row, i);
    // A row beyond the last repeats it, and is not stored.
    if (source.rows % grid.tileRows != 0 && i > 0)
      row = code.min(row, code.index(source.rows - 1));
    if (readsEachPixel(source))
      words.push_back(
          code.mul(code.add(code.mul(matrix, source.rows), row), pitch));
    else
      windows.push_back(windowOf(row));
  }
}

LeftRows::Window LeftRows::windowOf(Value pixel) const {
  ConvOp conv = source.conv;
  ArrayRef<int64_t> out = shapeOf(conv.getResult()),
                    image = shapeOf(conv.getInput());
  Value line = code.div(pixel, out[2]);
  Value top = code.mul(code.rem(line, out[1]), conv.getStrides()[0]);
  Value left = code.mul(code.rem(pixel, out[2]), conv.getStrides()[1]);
  return {top, left, code.mul(code.div(line, out[1]), image[1])};
}

SmallVector<LeftRows::Row> LeftRows::at(Value tapRow, Value tapColumn) const {
  SmallVector<Row> rows;
  for (Value word : words)
    rows.push_back({word, nullptr});
  ImplicitLocOpBuilder &b = code.builder();
  for (const Window &window : windows) {
    ConvOp conv = source.conv;
    ArrayRef<int64_t> image = shapeOf(conv.getInput());
    auto coordinate = [&](Value origin, Value tap, int axis) -> Value {
      Value at = code.add(origin, code.mul(tap, conv.getDilations()[axis]));
      if (conv.getPads()[axis] == 0)
        return at;
      // Wraps far above the size for what lies before the image.
      return arith::SubIOp::create(b, at, code.index(conv.getPads()[axis]));
    };
    Value y = coordinate(window.top, tapRow, 0),
          x = coordinate(window.left, tapColumn, 1);
    Value word = code.mul(
        code.add(code.mul(code.add(window.lines, y), image[2]), x), pitch);
    Value inside;
    if (source.hasPads()) {
      inside = arith::AndIOp::create(b, code.less(y, code.index(image[1])),
                                     code.less(x, code.index(image[2])));
      word = arith::SelectOp::create(b, inside, word, code.index(0));
    }
    rows.push_back({word, inside});
  }
  return rows;
}

SmallVector<Value> LeftRows::overTaps(
    ValueRange initial,
    function_ref<SmallVector<Value>(Value, ArrayRef<Row>, ValueRange)> emit)
    const {
  auto upTo = [&](int64_t count, ValueRange carried, auto body) {
    return code.loop(code.index(0), code.index(count), 1, carried, body);
  };
  return upTo(source.height, initial, [&](Value y, ValueRange carried) {
    return upTo(source.width, carried, [&](Value x, ValueRange carried) {
      return emit(code.add(code.mul(y, source.width), x), at(y, x), carried);
    });
  });
}

//===-- The end
//---------------------------------------------------------------===//

/// `values[number]`, all of them vectors of 4.
static Value pick(GpuKernel &code, ArrayRef<Value> values, Value number) {
  ImplicitLocOpBuilder &b = code.builder();
  Value picked = values[0];
  for (int64_t i = 1; i < int64_t(values.size()); ++i) {
    Value isIt = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, number,
                                       code.index(i));
    picked = arith::SelectOp::create(b, splat(code, isIt), values[i], picked);
  }
  return picked;
}

void quantir::finishTile(GpuKernel &code, const ProductSource &source,
                         const ProductGrid &grid,
                         const ProductGrid::Place &place, ArrayRef<Value> sums,
                         function_ref<void(Value, const QuadPosition &)> emit) {
  int64_t quads = grid.tileColumns / 4;
  bool rowsEnd = source.rows % grid.tileRows != 0;
  bool columnsEnd = roundedToQuads(source) % grid.tileColumns != 0;
  Value first = code.mul(place.matrix, source.rows);
  // A loop, so that the kernel has the code of its elementwise part once.
  code.loop(sums.size(), [&](Value number) {
    Value row = code.add(place.row, code.div(number, quads));
    Value column = code.add(place.column, code.mul(code.rem(number, quads), 4));
    auto emitQuad = [&] {
      emit(pick(code, sums, number), {code.add(first, row), column});
    };
    auto emitColumns = [&] {
      if (columnsEnd)
        code.when(code.less(column, code.index(source.columns)), emitQuad);
      else
        emitQuad();
    };
    if (rowsEnd)
      code.when(code.less(row, code.index(source.rows)), emitColumns);
    else
      emitColumns();
  });
}
