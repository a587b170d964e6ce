// The tiles of a product's result: which invocation has which, and what it
// reads of the left operand.
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
  return {across, down, 1};
}

int64_t quantir::partsOfSums(const GpuTarget &target, int64_t tiles,
                             int64_t steps) {
  // A step or two is not worth waiting for the others.
  constexpr int64_t fewest = 4, most = 16;
  int64_t parts = 1;
  while (tiles * parts < target.fewInvocations && parts < most &&
         steps >= 2 * parts * fewest)
    parts *= 2;
  return parts;
}

void ProductGrid::splitSums(const GpuTarget &target, int64_t steps) {
  threads[2] = partsOfSums(target, rowTiles * matrices * columnTiles, steps);
  int64_t tiles = kThreadsThatShare / threads[2];
  threads[0] = std::min(threads[0], tiles);
  threads[1] = std::min(threads[1], tiles / threads[0]);
}

void ProductGrid::emit(GpuKernel &code,
                       function_ref<void(const Place &)> emit) const {
  auto [across, down, deep] = groups();
  Value rowTile = code.add(code.mul(code.group(1), threads[1]), code.thread(1));
  Value columnTile =
      code.add(code.mul(code.group(0), threads[0]), code.thread(0));
  // Whether it has a tile: null, always.
  int64_t allRows = rowTiles * matrices;
  Value exists;
  if (across * threads[0] != columnTiles)
    exists = code.less(columnTile, code.index(columnTiles));
  if (down * threads[1] != allRows) {
    Value has = code.less(rowTile, code.index(allRows));
    exists =
        exists ? code.builder().createOrFold<arith::AndIOp>(exists, has) : has;
  }
  auto emitTile = [&](Value exists) {
    bool isOne = matrices == 1;
    Value matrix = isOne ? code.index(0) : code.div(rowTile, rowTiles);
    Value tile = isOne ? rowTile : code.rem(rowTile, rowTiles);
    emit({matrix, code.mul(tile, tileRows), code.mul(columnTile, tileColumns),
          columnTile, exists});
  };
  if (!exists)
    return emitTile({});
  if (parts() == 1)
    return code.when(exists, [&] { emitTile({}); });
  // All of a group wait for one another: those without a tile take the last.
  rowTile = code.min(rowTile, code.index(allRows - 1));
  columnTile = code.min(columnTile, code.index(columnTiles - 1));
  emitTile(exists);
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

/// Coordinate `at` of the padded image in the image itself, far above its size
/// for what lies before it.
Value LeftRows::inImage(Value at, int axis) const {
  int64_t pad = ConvOp(source.conv).getPads()[axis];
  if (pad == 0)
    return at;
  return arith::SubIOp::create(code.builder(), at, code.index(pad));
}

/// i1: whether that is within the image; null: always.
Value LeftRows::isWithin(Value at, int axis) const {
  ArrayRef<int64_t> pads = ConvOp(source.conv).getPads();
  if (pads[axis] == 0 && pads[axis + 2] == 0)
    return {};
  return code.less(at, code.index(shapeOf(source.left)[1 + axis]));
}

LeftRows::Window LeftRows::windowOf(Value pixel) const {
  ConvOp conv = source.conv;
  ArrayRef<int64_t> out = shapeOf(conv.getResult()),
                    image = shapeOf(conv.getInput());
  Value line = code.div(pixel, out[2]);
  Value top =
      inImage(code.mul(code.rem(line, out[1]), conv.getStrides()[0]), 0);
  Value left =
      inImage(code.mul(code.rem(pixel, out[2]), conv.getStrides()[1]), 1);
  line = code.add(code.mul(code.div(line, out[1]), image[1]), top);
  return {top, left, code.mul(code.add(code.mul(line, image[2]), left), pitch)};
}

LeftRows::Line LeftRows::lineOf(const Window &window, Value tapRow) const {
  int64_t step = ConvOp(source.conv).getDilations()[0];
  int64_t words = step * shapeOf(source.left)[2] * pitch;
  Value y = code.add(window.top, code.mul(tapRow, step));
  return {code.add(window.word, code.mul(tapRow, words)), window.left,
          isWithin(y, 0)};
}

LeftRows::Row LeftRows::rowOf(const Line &line, Value tapColumn) const {
  int64_t step = ConvOp(source.conv).getDilations()[1];
  Value x = code.add(line.left, code.mul(tapColumn, step));
  Value word = code.add(line.word, code.mul(tapColumn, step * pitch));
  Value inside = isWithin(x, 1);
  if (inside && line.inside)
    inside = arith::AndIOp::create(code.builder(), line.inside, inside);
  else if (!inside)
    inside = line.inside;
  if (inside)
    word = arith::SelectOp::create(code.builder(), inside, word, code.index(0));
  return {word, inside};
}

SmallVector<Value> LeftRows::overTaps(
    ValueRange initial,
    function_ref<SmallVector<Value>(Value, ArrayRef<Row>, ValueRange)> emit)
    const {
  auto upTo = [&](int64_t count, ValueRange carried, auto body) {
    return code.loop(code.index(0), code.index(count), 1, carried, body);
  };
  return upTo(source.height, initial, [&](Value y, ValueRange carried) {
    auto lines = llvm::map_to_vector(
        windows, [&](const Window &window) { return lineOf(window, y); });
    return upTo(source.width, carried, [&](Value x, ValueRange carried) {
      SmallVector<Row> rows;
      for (Value word : words)
        rows.push_back({word, nullptr});
      for (const Line &line : lines)
        rows.push_back(rowOf(line, x));
      return emit(code.add(code.mul(y, source.width), x), rows, carried);
    });
  });
}
