#include "Kernels.h"

using namespace mlir;
using namespace quantir;

/// Conversions between real numbers and codes can be told by their names.
static StringRef kindOf(KernelOp op) {
  auto ops = op.getBody().front().getOps<ElementwiseInterface>();
  Operation *only = llvm::hasSingleElement(ops) ? *ops.begin() : nullptr;
  return only && isa<QuantizeOp, DequantizeOp>(only)
             ? only->getName().stripDialect()
             : "elementwise";
}

LogicalResult quantir::lowerElementwise(Lowering &lowering, KernelOp op) {
  KernelFunction kernel(lowering, op.getLoc(), kindOf(op));
  auto type = cast<RankedTensorType>(op.getResult(0).getType());
  LaneEvaluator evaluator(kernel, op, type.getShape());
  evaluator.mergeDimensions();
  int64_t rows = evaluator.rows(), columns = evaluator.columns();
  int64_t lanes = lowering.lanesFor(columns);
  double nanoseconds = double(rows) * columns * evaluator.cost() / lanes / 4;
  // One long row is shared by columns, many rows by rows.
  bool byColumn = rows == 1;
  int64_t tiles =
      tilesFor(nanoseconds, byColumn ? llvm::divideCeil(columns, lanes) : rows);
  auto [firstRow, endRow] =
      byColumn ? kernel.share(1, 1) : kernel.share(rows, tiles);
  auto [low, high] =
      byColumn ? kernel.share(columns, tiles, lanes) : kernel.share(columns, 1);
  LogicalResult result = success();
  int64_t whole = columns / lanes * lanes, tail = columns - whole;
  kernel.loop(firstRow, endRow, 1, [&](Value row) {
    auto emit = [&](Value column, int64_t valid) {
      if (failed(evaluator.finish(LaneEvaluator::Lanes(),
                                  {row, column, lanes, valid})))
        result = failure();
    };
    kernel.loop(low, kernel.min(high, kernel.index(whole)), lanes,
                [&](Value column) { emit(column, lanes); });
    if (!tail)
      return;
    // The tail belongs to the tile whose share ends at the row's end.
    Value start = kernel.max(low, kernel.index(whole));
    kernel.loop(start, high, tail, [&](Value column) { emit(column, tail); });
  });
  kernel.launch(tiles);
  return result;
}
