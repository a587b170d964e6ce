// Tiles of blocks of rows, and the rows that fill none.
#include "BlockCode.h"
#include "ContractionTile.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

/// One or two blocks of rows by one or two of columns.
void ContractionTile::emitBlocks(const TileOrigin &origin, int64_t blocks,
                                 TileWidth width) {
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
      origin, vectors, sums, [&](Value run, Value packed, ValueRange before) {
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
void ContractionTile::emitRest(TileOrigin origin, int64_t rows,
                               TileWidth width) {
  constexpr int64_t registers = 30;
  int64_t most = registers / width.vectors - 1;
  while (rows > 0) {
    int64_t height = std::min(rows, most);
    emit(origin, height, width);
    origin.left = kernel.add(origin.left, height * shape.rowStride);
    origin.row = kernel.add(origin.row, height);
    rows -= height;
  }
}
