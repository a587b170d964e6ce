// Products of any types and shapes: quads of columns, element after element, in
// the order that the ops fix.
#include "Product.h"
#include "Quantir/ShortFloatMath.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

/// The constant right operand as rows of columns: [rights * terms][columns].
static Value rowsOfColumns(GpuKernel &code, const ProductSource &source) {
  int64_t bytes = bytesOfElement(getElementTypeOrSelf(source.right.getType()));
  int64_t words = llvm::divideCeil(source.columns * bytes, 4);
  int64_t pitch = words * 4 / bytes;
  PackedOrder order;
  order.add(
      0, 0,
      {{source.rights, source.terms() * pitch, source.columns * source.terms()},
       {source.terms(), pitch, source.strideOfTerms()},
       {source.columns, 1, source.strideOfColumns()}});
  return code.use(packedBuffer(code.lowering(), source, order,
                               source.rights * source.terms() * words),
                  quadWidth(source.columns, bytes * 8));
}

/// Elements as what is multiplied: short floats widened.
static Value asFactor(GpuKernel &code, GpuLanes lanes, Type element,
                      int64_t count) {
  GpuBuilder b(code, count);
  if (element.isBF16())
    return fromBf16(b, lanes);
  return element.isF16() ? widenF16(b, lanes) : lanes;
}

namespace {
/// The code of one invocation.
class PlainProduct {
public:
  PlainProduct(GpuKernel &code, const ProductSource &source,
               const ProductGrid &grid)
      : code(code), b(code.builder()), source(source), grid(grid),
        evaluator(code, source.kernel, shapeOf(source.op->getResult(0))),
        left(elementOf(source.left)), right(elementOf(source.right)) {
    leftBinding = evaluator.bindingOf(source.left, leftWidth());
    if (source.weights)
      rightBinding = rowsOfColumns(code, source);
    else
      rightBinding = evaluator.bindingOf(source.right);
  }

  LogicalResult emitTile(const ProductGrid::Place &place) {
    LeftRows rows(code, source, grid, place);
    rightMatrix = source.rightMatrix(code, place.matrix);
    column = place.column;
    firstOfGroup.clear();
    for (int64_t lane = 0; lane < (hasLanesOfOneGroup() ? 1 : 4); ++lane)
      firstOfGroup.push_back(source.firstChannel(code, columnOf(lane)));
    Type element = source.isOfCodes() ? Type(b.getI32Type()) : b.getF32Type();
    SmallVector<Value> zeros(grid.tileRows, zeroQuad(code, element));
    SmallVector<Value> sums = rows.overTaps(
        zeros, [&](Value tap, ArrayRef<LeftRows::Row> at, ValueRange sums) {
          return addTap(tap, at, sums);
        });
    LogicalResult status = success();
    finishTile(code, source, grid, place, sums,
               [&](Value sum, const QuadPosition &position) {
                 Value result = source.op->getResult(0);
                 if (failed(evaluator.finish({{result, biased(sum, position)}},
                                             position)))
                   status = failure();
               });
    return status;
  }

private:
  static Type elementOf(Value value) {
    return getElementTypeOrSelf(value.getType());
  }

  bool hasLanesOfOneGroup() const {
    return source.groups == 1 || source.columnsOfGroup() % 4 == 0;
  }

  Value columnOf(int64_t lane) {
    return code.min(code.add(column, lane), code.index(source.columns - 1));
  }

  /// Whether four neighbours of a row are one load, for all columns.
  bool loadsLeftQuads() const {
    return hasLanesOfOneGroup() && source.depth % 4 == 0;
  }

  int64_t leftColumns() const { return shapeOf(source.left).back(); }

  int64_t leftWidth() const {
    return loadsLeftQuads() || source.isDepthwise()
               ? quadWidth(leftColumns(), bytesOfElement(left) * 8)
               : 1;
  }

  /// The sums with the neighbours under one tap; bf16 go in pairs, the second
  /// of each first.
  SmallVector<Value> addTap(Value tap, ArrayRef<LeftRows::Row> rows,
                            ValueRange sums) {
    int64_t inPairs = left.isBF16() ? 1 : 0;
    if (loadsLeftQuads())
      return code.loop(code.index(0), code.index(source.depth), 4, sums,
                       [&](Value at, ValueRange sums) {
                         return addQuad(tap, at, rows, sums, inPairs);
                       });
    int64_t paired = inPairs * (source.depth / 2 * 2);
    SmallVector<Value> added =
        code.loop(code.index(0), code.index(paired), 2, sums,
                  [&](Value at, ValueRange sums) {
                    return addTerm(tap, at, rows,
                                   addTerm(tap, code.add(at, 1), rows, sums));
                  });
    return code.loop(code.index(paired), code.index(source.depth), 1, added,
                     [&](Value at, ValueRange sums) {
                       return addTerm(tap, at, rows, sums);
                     });
  }

  /// The sums with the four neighbours from `at` on, one after the other:
  /// number i ^ order.
  SmallVector<Value> addQuad(Value tap, Value at, ArrayRef<LeftRows::Row> rows,
                             ValueRange sums, int64_t order) {
    SmallVector<Value> quads;
    for (const LeftRows::Row &row : rows) {
      GpuLanes quad = loadQuad(code, leftBinding, left, row.word,
                               code.add(firstOfGroup[0], at), leftColumns());
      quads.push_back(number(asFactor(code, quad, left, 4), row.inside));
    }
    SmallVector<Value> added(sums);
    for (int64_t i = 0; i < 4; ++i) {
      Value factor = loadRight(tap, code.add(at, i ^ order));
      for (auto [quad, sum] : llvm::zip_equal(quads, added)) {
        Value x =
            vector::ExtractOp::create(b, quad, ArrayRef<int64_t>{i ^ order});
        sum = addProduct(splat(code, x), factor, sum);
      }
    }
    return added;
  }

  Value addProduct(Value x, Value factor, Value sum) {
    if (!source.isOfCodes())
      return GpuBuilder(code, 4).fmaF32(x, factor, sum);
    return arith::AddIOp::create(b, arith::MulIOp::create(b, x, factor), sum);
  }

  SmallVector<Value> addTerm(Value tap, Value at, ArrayRef<LeftRows::Row> rows,
                             ValueRange sums) {
    Value factor = loadRight(tap, at);
    SmallVector<Value> added;
    for (auto [row, sum] : llvm::zip_equal(rows, sums))
      added.push_back(addProduct(loadLeft(row, at), factor, sum));
    return added;
  }

  /// Element `at` of the row, which may differ among the columns.
  Value loadLeft(const LeftRows::Row &row, Value at) {
    if (source.isDepthwise())
      return number(asFactor(code,
                             loadQuad(code, leftBinding, left, row.word, column,
                                      source.columns),
                             left, 4),
                    row.inside);
    SmallVector<GpuLanes> lanes;
    for (Value first : firstOfGroup) {
      Value x = asFactor(
          code,
          loadElement(code, leftBinding, left, row.word, code.add(first, at)),
          left, 1);
      lanes.push_back(number(x, row.inside));
    }
    return lanes.size() == 1 ? splat(code, lanes[0])
                             : Value(joinLanes(code, lanes));
  }

  /// What an element counts: codes without their zero point, zero outside.
  Value number(Value x, Value inside) {
    if (source.isOfCodes() && source.zeroPoint() != 0)
      x = arith::SubIOp::create(
          b, x, constantLike(x, b.getI32IntegerAttr(source.zeroPoint())));
    if (!inside)
      return x;
    if (isa<VectorType>(x.getType()))
      inside = splat(code, inside);
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(x.getType()));
    return arith::SelectOp::create(b, inside, x, zero);
  }

  Value constantLike(Value value, TypedAttr number) {
    if (auto vector = dyn_cast<VectorType>(value.getType()))
      number = DenseElementsAttr::get(vector, Attribute(number));
    return arith::ConstantOp::create(b, number);
  }

  Value loadRight(Value tap, Value at) {
    auto quad = [&](Value row) -> Value {
      int64_t pitch =
          llvm::divideCeil(source.columns * bytesOfElement(right), 4);
      return loadQuad(code, rightBinding, right, code.mul(row, pitch), column,
                      source.columns);
    };
    if (source.weights || !source.rightIsTransposed) {
      Value term = code.add(code.mul(tap, source.depth), at);
      Value row = code.add(code.mul(rightMatrix, source.terms()), term);
      return asFactor(code, quad(row), right, 4);
    }
    int64_t pitch = WordLayout(source.right.getType()).wordsOfRow();
    SmallVector<GpuLanes> lanes;
    for (int64_t lane = 0; lane < 4; ++lane) {
      Value filter =
          code.add(code.mul(rightMatrix, source.columns), columnOf(lane));
      Value row = code.add(code.mul(filter, source.taps()), tap);
      lanes.push_back(
          loadElement(code, rightBinding, right, code.mul(row, pitch), at));
    }
    return asFactor(code, joinLanes(code, lanes), right, 4);
  }

  Value biased(Value sum, const QuadPosition &position) {
    if (!source.bias)
      return sum;
    Value bias = evaluator.load(source.bias, position);
    if (source.isOfCodes())
      return arith::AddIOp::create(b, sum, bias);
    return GpuBuilder(code, 4).addF32(sum, bias);
  }

  GpuKernel &code;
  ImplicitLocOpBuilder &b;
  const ProductSource &source;
  const ProductGrid &grid;
  QuadEvaluator evaluator;
  Type left, right; ///< elements
  Value leftBinding, rightBinding;
  // Of the tile.
  Value rightMatrix, column;
  SmallVector<Value> firstOfGroup; ///< channels, of each lane or of all
};
} // namespace

LogicalResult quantir::lowerPlainProduct(GpuLowering &lowering,
                                         const ProductSource &source) {
  ProductGrid grid(source, lowering.target, lowering.target.tileRows, 4);
  GpuKernel code(lowering, source.location(), source.conv ? "conv" : "matmul",
                 grid.threads);
  PlainProduct product(code, source, grid);
  if (failed(emitTiles(code, grid, product)))
    return failure();
  code.dispatch(grid.groups());
  return success();
}
