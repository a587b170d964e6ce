#include "Contraction.h"

using namespace mlir;
using namespace quantir;

int64_t ContractionShape::batches() const {
  int64_t count = 1;
  for (const BatchLoop &loop : batch)
    count *= loop.count;
  return count;
}

double ContractionShape::products() const {
  return double(batches()) * groups * rows * columns * outerRuns * innerRuns *
         runLength;
}

int64_t TilePlan::steps(const ContractionShape &shape) const {
  return llvm::divideCeil(shape.runLength, depth);
}

int64_t TilePlan::panelSize(const ContractionShape &shape) const {
  return shape.outerRuns * shape.innerRuns * steps(shape) * vectors * lanes *
         depth;
}

int64_t TilePlan::packedSize(const ContractionShape &shape) const {
  return panelSize(shape) / vectors * totalVectors();
}

/// Cycles of one step on a tile: two loads and one product each cycle, and a
/// product's result is ready for the next step after four.
static double stepCost(int64_t rows, int64_t accumulators, int64_t weights) {
  double products = rows * accumulators;
  double loads = (rows + weights) / 2.0;
  return std::max({products, loads, 4.0}) + 0.5;
}

TilePlan quantir::planTiles(const ContractionShape &shape,
                            const VectorUnit &unit, const InnerTile *tile) {
  TilePlan best{tile ? tile->lanes : unit.lanes, tile ? tile->depth : 1, 1, 1,
                shape.columns};
  int64_t parts = tile ? tile->lanes / tile->columns : 1;
  double steps = double(best.steps(shape)) * shape.outerRuns * shape.innerRuns;
  double bestCost = std::numeric_limits<double>::infinity();
  // Each row is a stream of its own: beyond a few, those that do not fit into
  // the first cache keep falling out of it.
  constexpr int64_t firstCache = 16384, streams = 8;
  int64_t depth = shape.outerRuns * shape.innerRuns * shape.runLength;
  int64_t width = tile ? 1 : 4;
  int64_t mostRows = depth * width * 24 <= firstCache ? 24 : streams;
  int64_t available =
      tile ? tile->registers - tile->temporaries : unit.registers - 1;
  for (int64_t vectors = 1;
       vectors <= std::min<int64_t>(8, best.totalVectors()); ++vectors) {
    int64_t accumulators = vectors * parts;
    for (int64_t rows = 1; rows <= std::min(shape.rows, mostRows); ++rows) {
      // A step's weights stay in registers while the rows pass by.
      if ((rows + 1) * accumulators > available)
        break;
      auto tiles = [&](int64_t width) {
        double cost = 0;
        auto add = [&](int64_t height, int64_t count) {
          if (height && count)
            cost += count *
                    (steps * stepCost(height, width * parts, width * parts) +
                     8 + 3.0 * height * width);
        };
        add(rows, shape.rows / rows);
        add(shape.rows % rows, 1);
        return cost;
      };
      double cost = tiles(vectors) * (best.totalVectors() / vectors);
      if (int64_t tail = best.totalVectors() % vectors)
        cost += tiles(tail);
      if (cost < bestCost * 0.999) {
        bestCost = cost;
        best.vectors = vectors;
        best.rows = rows;
      }
    }
  }
  return best;
}

DenseElementsAttr quantir::packWeights(
    const ContractionShape &shape, const TilePlan &plan, Type storage,
    function_ref<uint64_t(int64_t, int64_t, int64_t, int64_t, int64_t)>
        weight) {
  int64_t width = storage.getIntOrFloatBitWidth() / 8;
  int64_t one = plan.packedSize(shape), steps = plan.steps(shape);
  std::vector<char> bytes(shape.rights * one * width, 0);
  char *out = bytes.data();
  for (int64_t right = 0; right < shape.rights; ++right)
    for (int64_t panel = 0; panel < plan.panels(); ++panel) {
      bool full = panel < plan.fullPanels();
      int64_t columns = (full ? plan.vectors : plan.tailVectors()) * plan.lanes;
      int64_t first = panel * plan.vectors * plan.lanes;
      for (int64_t outer = 0; outer < shape.outerRuns; ++outer)
        for (int64_t inner = 0; inner < shape.innerRuns; ++inner)
          for (int64_t step = 0; step < steps; ++step)
            for (int64_t column = first; column < first + columns; ++column)
              for (int64_t d = 0; d < plan.depth; ++d, out += width) {
                int64_t k = step * plan.depth + d;
                if (column >= shape.columns || k >= shape.runLength)
                  continue;
                uint64_t bits = weight(right, column, outer, inner, k);
                std::memcpy(out, &bits, width); // little-endian hosts only
              }
    }
  auto type = RankedTensorType::get({int64_t(bytes.size()) / width}, storage);
  return DenseElementsAttr::getFromRawBuffer(type, bytes);
}
