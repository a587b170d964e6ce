// Products of codes on words of four neighbours: matrices and convolutions
// alike, with a tile of sums in each invocation.
#include "ProductCodes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

bool quantir::canPackProduct(const ProductSource &source) {
  if (!source.isOfCodes() || (source.conv && !source.weights))
    return false;
  return source.groups == 1 ||
         (source.depth % 4 == 0 && source.columnsOfGroup() % 4 == 0);
}

/// How many words of a row are loaded at once: rows are of so many whole
/// vectors, and so are their groups.
static int64_t wordsTogether(const ProductSource &source) {
  int64_t words = WordLayout(source.left.getType()).wordsOfRow();
  for (int64_t together : {4, 2})
    if (words % together == 0 && source.depth % (4 * together) == 0)
      return together;
  return 1;
}

namespace {
/// The code of one invocation.
class PackedProduct {
public:
  PackedProduct(GpuKernel &code, const ProductSource &source,
                const ProductGrid &grid, const PackedRight &right, DotForm form)
      : code(code), b(code.builder()), source(source), grid(grid), right(right),
        form(form), bytes(code.lowering().target, source.leftCodes()),
        quads(grid.quads()),
        evaluator(code, source.kernel, shapeOf(source.op->getResult(0))),
        dots(code, form, bytes, grid.tileRows, quads),
        together(wordsTogether(source)), pitch(right.tilesOfBlock * quads) {
    left = evaluator.bindingOf(source.left, together);
    words = code.use(right.words, 4);
    starts = right.starts ? code.use(right.starts, 4) : nullptr;
  }

  LogicalResult emitTile(const ProductGrid::Place &place) {
    LeftRows rows(code, source, grid, place);
    Value matrix = source.rightMatrix(code, place.matrix);
    firstWord = code.div(source.firstChannel(code, place.column), 4);
    Value block = matrix, tile = place.columnTile;
    if (right.tilesOfBlock < grid.columnTiles) {
      block = code.div(tile, right.tilesOfBlock);
      tile = code.rem(tile, right.tilesOfBlock);
    }
    int64_t quadsOfBlock = source.taps() * wordsOfTap(source) * pitch;
    firstRight = code.add(code.mul(block, quadsOfBlock), code.mul(tile, quads));
    SmallVector<Value> sums = sumUp(rows);
    LogicalResult status = success();
    finishTile(code, source, grid, place, sums,
               [&](Value sum, const QuadPosition &position) {
                 sum = started(sum, matrix, position.column);
                 if (source.bias && !right.hasBias)
                   sum = arith::AddIOp::create(
                       b, sum, evaluator.load(source.bias, position));
                 Value result = source.op->getResult(0);
                 if (failed(evaluator.finish({{result, sum}}, position)))
                   status = failure();
               });
    return status;
  }

private:
  /// With what is added to the sums of each column of a right matrix.
  Value started(Value sum, Value matrix, Value column) {
    if (!starts)
      return sum;
    Value first = code.mul(matrix, grid.quadsOfRow());
    return arith::AddIOp::create(
        b, sum, code.load(starts, code.add(first, code.div(column, 4))));
  }

  /// Sums over all taps, as quads.
  SmallVector<Value> sumUp(const LeftRows &rows) {
    int64_t steps = wordsOfTap(source) / together;
    int64_t all = source.taps() * wordsOfTap(source);
    Value zero = code.index(0), end = code.index(steps);
    if (form != DotForm::Float || all <= bytes.exactWords() ||
        bytes.areExactInFloat(right.largestSum))
      return dots.asQuads(
          rows.overTaps(dots.zeros(), [&](Value tap, ArrayRef<LeftRows::Row> at,
                                          ValueRange sums) {
            return addSteps(tap, at, zero, end, sums);
          }));
    // Chunks that f32 holds exactly, added up in i32.
    int64_t most = bytes.exactWords() / together;
    SmallVector<Value> zeros(grid.tileRows * quads,
                             zeroQuad(code, b.getI32Type()));
    return rows.overTaps(zeros, [&](Value tap, ArrayRef<LeftRows::Row> at,
                                    ValueRange sums) {
      return code.loop(zero, end, most, sums, [&](Value low, ValueRange sums) {
        Value high = steps % most == 0 ? code.add(low, most)
                                       : code.min(code.add(low, most), end);
        SmallVector<Value> chunk =
            dots.asQuads(addSteps(tap, at, low, high, dots.zeros()));
        for (auto [part, sum] : llvm::zip_equal(chunk, sums))
          part = arith::AddIOp::create(b, part, sum);
        return chunk;
      });
    });
  }

  /// This part's share of the steps [low, high) of `together` words each, under
  /// one tap.
  SmallVector<Value> addSteps(Value tap, ArrayRef<LeftRows::Row> rows,
                              Value low, Value high, ValueRange sums) {
    Value tapRight =
        code.add(firstRight, code.mul(tap, wordsOfTap(source) * pitch));
    SmallVector<Value> firsts;
    for (const LeftRows::Row &row : rows)
      firsts.push_back(code.div(code.add(row.word, firstWord), together));
    if (grid.parts() > 1)
      low = code.add(low, code.thread(2));
    return code.loop(
        low, high, grid.parts(), sums, [&](Value step, ValueRange sums) {
          SmallVector<SmallVector<Value>> left;
          for (auto [row, first] : llvm::zip_equal(rows, firsts))
            left.push_back(loadLeft(code.add(first, step), row.inside));
          Value at = code.add(tapRight, code.mul(step, together * pitch));
          SmallVector<Value> added(sums);
          for (int64_t i = 0; i < together; ++i) {
            SmallVector<Value> column, row;
            for (int64_t quad = 0; quad < quads; ++quad)
              column.push_back(
                  code.load(words, code.add(at, i * pitch + quad)));
            for (SmallVector<Value> &wordsOfRow : left)
              row.push_back(wordsOfRow[i]);
            added = dots.add(row, column, added);
          }
          return added;
        });
  }

  /// Four times a byte.
  static int32_t fourOf(int64_t byte) {
    return int32_t(uint32_t(uint8_t(byte)) * 0x01010101u);
  }

  /// `together` words as bytes of the kind; the zero point's where no image is.
  SmallVector<Value> loadLeft(Value at, Value inside) {
    Value loaded = bytes.of(code, code.load(left, at));
    auto vector = dyn_cast<VectorType>(loaded.getType());
    SmallVector<Value> each;
    for (int64_t i = 0; vector && i < together; ++i)
      each.push_back(
          vector::ExtractOp::create(b, loaded, ArrayRef<int64_t>{i}));
    if (!vector)
      each.push_back(loaded);
    if (inside)
      for (Value &word : each)
        word = arith::SelectOp::create(b, inside, word,
                                       code.i32(fourOf(bytes.zeroPoint)));
    return each;
  }

  GpuKernel &code;
  ImplicitLocOpBuilder &b;
  const ProductSource &source;
  const ProductGrid &grid;
  const PackedRight &right;
  DotForm form;
  LeftBytes bytes;
  int64_t quads;
  QuadEvaluator evaluator;
  DotSums dots;
  int64_t together;
  int64_t pitch;             ///< quads of a block's row
  Value left, words, starts; ///< bindings
  Value firstWord;           ///< of the group's channels
  Value firstRight;          ///< of the tile's columns, in vectors
};
} // namespace

/// Columns of a tile that has one group's alone.
static int64_t tileColumnsFor(const ProductSource &source, int64_t most) {
  return source.groups == 1 || source.columnsOfGroup() % most == 0 ? most : 4;
}

LogicalResult quantir::lowerPackedProduct(GpuLowering &lowering,
                                          const ProductSource &source) {
  const GpuTarget &target = lowering.target;
  ProductGrid grid(source, target, target.tileRows,
                   tileColumnsFor(source, target.tileColumns));
  grid.splitSums(target, wordsOfTap(source) / wordsTogether(source));
  PackedRight right = packRight(lowering, source, grid);
  DispatchOp dispatch;
  for (DotForm form :
       dotForms(LeftBytes(target, source.leftCodes()), right.largestSum)) {
    GpuKernel code(lowering, source.location(), source.conv ? "conv" : "matmul",
                   grid.threads);
    PackedProduct product(code, source, grid, right, form);
    if (failed(emitTiles(code, grid, product)))
      return failure();
    if (dispatch)
      code.addForm(dispatch);
    else
      dispatch = code.dispatch(grid.groups());
  }
  return success();
}
