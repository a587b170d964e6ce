#include "ContractionKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

namespace {
/// Packs [step][column][depth] panels of one right operand.
class Packer {
public:
  Packer(KernelFunction &kernel, const ContractionSource &source,
         const TilePlan &plan, const InnerTile *tile, Value from, Value to)
      : kernel(kernel), source(source), plan(plan), code(kernel, tile),
        from(from), to(to), b(kernel.builder()) {}

  /// One vector of columns: its panel starts at `panel`, its columns at
  /// `column`.
  void packVector(Value base, Value panel, Value column, int64_t vectorInPanel,
                  int64_t vectors, int64_t valid);
  /// -zero point times the sum of every column of the vector.
  Value startValue(Value panel, int64_t vectorInPanel, int64_t vectors);

private:
  Value place(Value panel, Value step, int64_t vectorInPanel, int64_t vectors) {
    int64_t size = plan.lanes * plan.depth;
    return kernel.add(kernel.add(panel, kernel.mul(step, vectors * size)),
                      vectorInPanel * size);
  }
  void packRows(Value base, Value at, Value column, Value step,
                int64_t present);
  void packColumns(Value base, Value at, Value column, Value step,
                   int64_t present, int64_t valid);

  KernelFunction &kernel;
  const ContractionSource &source;
  const TilePlan &plan;
  InnerTileCode code;
  Value from, to;
  ImplicitLocOpBuilder &b;
};
} // namespace

/// [K, N]: `depth` lines of the source interleave into one line of the panel.
void Packer::packRows(Value base, Value at, Value column, Value step,
                      int64_t present) {
  auto type = VectorType::get({plan.lanes}, code.storage());
  SmallVector<Value> lines;
  for (int64_t d = 0; d < plan.depth; ++d) {
    if (d >= present) {
      lines.push_back(arith::ConstantOp::create(b, type, b.getZeroAttr(type)));
      continue;
    }
    Value k = kernel.add(kernel.mul(step, plan.depth), d);
    Value offset = kernel.add(
        kernel.add(base, kernel.mul(k, source.shape.columns)), column);
    lines.push_back(vector::LoadOp::create(b, type, from, offset));
  }
  if (plan.depth == 4) {
    auto weave = [&](Value x, Value y) {
      return vector::InterleaveOp::create(b, x, y).getResult();
    };
    lines[0] = weave(weave(lines[0], lines[2]), weave(lines[1], lines[3]));
  }
  vector::StoreOp::create(b, lines[0], to, at);
}

/// [N, K]: each column brings `depth` consecutive elements.
void Packer::packColumns(Value base, Value at, Value column, Value step,
                         int64_t present, int64_t valid) {
  kernel.loop(valid, [&](Value lane) {
    Value line = kernel.mul(kernel.add(column, lane), source.shape.runLength);
    Value offset =
        kernel.add(kernel.add(base, line), kernel.mul(step, plan.depth));
    Value target = kernel.add(at, kernel.mul(lane, plan.depth));
    if (present == plan.depth) {
      auto type = VectorType::get({plan.depth}, code.storage());
      vector::StoreOp::create(b, vector::LoadOp::create(b, type, from, offset),
                              to, target);
      return;
    }
    for (int64_t d = 0; d < plan.depth; ++d) {
      Value element =
          d < present ? memref::LoadOp::create(b, from, kernel.add(offset, d))
                            .getResult()
                      : arith::ConstantOp::create(b, code.storage(),
                                                  b.getZeroAttr(code.storage()))
                            .getResult();
      memref::StoreOp::create(b, element, to, kernel.add(target, d));
    }
  });
}

void Packer::packVector(Value base, Value panel, Value column,
                        int64_t vectorInPanel, int64_t vectors, int64_t valid) {
  int64_t whole = source.shape.runLength / plan.depth,
          rest = source.shape.runLength % plan.depth;
  auto emit = [&](Value step, int64_t present) {
    Value at = place(panel, step, vectorInPanel, vectors);
    if (source.rightTransposed)
      packColumns(base, at, column, step, present, valid);
    else
      packRows(base, at, column, step, present);
  };
  kernel.loop(whole, [&](Value step) { emit(step, plan.depth); });
  if (rest)
    emit(kernel.index(whole), rest);
}

Value Packer::startValue(Value panel, int64_t vectorInPanel, int64_t vectors) {
  Value ones = code.ones();
  SmallVector<Value> sums =
      kernel.loop(kernel.index(0), kernel.index(plan.steps(source.shape)), 1,
                  code.start(nullptr), [&](Value step, ValueRange before) {
                    SmallVector<Value> after;
                    SmallVector<Value> weights = code.loadRight(
                        to, place(panel, step, vectorInPanel, vectors));
                    for (auto [sum, weight] : llvm::zip(before, weights))
                      after.push_back(code.step(sum, ones, weight));
                    return after;
                  });
  Value sum = code.finish(sums, nullptr);
  auto type = cast<VectorType>(sum.getType());
  Value factor = arith::ConstantOp::create(
      b, type,
      DenseElementsAttr::get(type, b.getI32IntegerAttr(-source.zeroPoint)));
  return arith::MulIOp::create(b, sum, factor);
}

std::pair<Value, Value> quantir::packAtRunTime(Lowering &lowering,
                                               Location location,
                                               const ContractionSource &source,
                                               const TilePlan &plan,
                                               const InnerTile *tile) {
  const ContractionShape &shape = source.shape;
  KernelFunction kernel(lowering, location, "pack");
  InnerTileCode code(kernel, tile);
  int64_t width = plan.totalVectors() * plan.lanes,
          size = plan.packedSize(shape);
  Value packed =
      lowering.allocate(location, code.storage(), shape.rights * size);
  Value starts;
  if (tile)
    starts = lowering.allocate(location, kernel.builder().getI32Type(),
                               shape.rights * width);
  Value to = kernel.use(packed), from = kernel.use(source.right);
  Value startsHere = tile ? kernel.use(starts) : nullptr;
  Packer packer(kernel, source, plan, tile, from, to);
  int64_t tiles = tilesFor(double(shape.rights) * size / 4, shape.rights);
  auto [low, high] = kernel.share(shape.rights, tiles);
  kernel.loop(low, high, 1, [&](Value right) {
    Value base = kernel.mul(right, shape.columns * shape.runLength);
    Value start = kernel.mul(right, size);
    auto emitPanel = [&](Value panel, int64_t vectors, int64_t lastLanes) {
      Value at = kernel.add(start, kernel.mul(panel, plan.panelSize(shape)));
      for (int64_t v = 0; v < vectors; ++v) {
        Value column = kernel.add(kernel.mul(panel, plan.vectors * plan.lanes),
                                  v * plan.lanes);
        packer.packVector(base, at, column, v, vectors,
                          v == vectors - 1 ? lastLanes : plan.lanes);
        if (tile)
          vector::StoreOp::create(kernel.builder(),
                                  packer.startValue(at, v, vectors), startsHere,
                                  kernel.add(kernel.mul(right, width), column));
      }
    };
    kernel.loop(plan.fullPanels(), [&](Value panel) {
      emitPanel(panel, plan.vectors, plan.lanes);
    });
    if (plan.tailVectors())
      emitPanel(kernel.index(plan.fullPanels()), plan.tailVectors(),
                plan.tailLanes());
  });
  kernel.launch(tiles);
  return {packed, starts};
}
