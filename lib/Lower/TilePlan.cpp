#include "SkipZeros.h"

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
  return llvm::alignTo(llvm::divideCeil(shape.runLength, depth), wholeSteps);
}

int64_t TilePlan::panelSize(const ContractionShape &shape) const {
  return shape.outerRuns * shape.innerRuns * steps(shape) * vectors * lanes *
         depth;
}

int64_t TilePlan::packedSize(const ContractionShape &shape) const {
  return panelSize(shape) / vectors * totalVectors();
}

/// Cycles of one step on a tile: two loads and one product each cycle, and a
/// product's result is ready for the next step of the same sums after four.
static double stepCost(int64_t rows, int64_t accumulators, int64_t others,
                       int64_t unroll = 1) {
  double products = rows * accumulators;
  double loads = (rows + others) / 2.0;
  return std::max({products, loads, 4.0 / unroll}) + 0.5 / unroll;
}

namespace {
/// What a width of panels leaves to do: steps of all full panels, and of the
/// tail panel, of one right operand.
struct StepCount {
  double full, tail;
};
} // namespace

static StepCount countSteps(const ContractionShape &shape, const TilePlan &plan,
                            const StepMap *map) {
  int64_t all = plan.steps(shape) * shape.outerRuns * shape.innerRuns;
  int64_t full = plan.totalVectors() / plan.vectors,
          tail = plan.totalVectors() % plan.vectors;
  if (!map)
    return {double(all * full), tail ? double(all) : 0};
  StepCount count{0, 0};
  auto used = [&](int64_t right, int64_t panel, int64_t width) {
    return double(map->used(right, panel * plan.vectors, width).size()) /
           double(shape.rights);
  };
  for (int64_t right = 0; right < shape.rights; ++right) {
    for (int64_t panel = 0; panel < full; ++panel)
      count.full += used(right, panel, plan.vectors);
    if (tail)
      count.tail += used(right, full, tail);
  }
  return count;
}

/// Steps of a list that one turn does, for sums of `accumulators` registers.
static int64_t unrollOf(int64_t accumulators) {
  return accumulators >= 4 ? 1 : accumulators >= 2 ? 2 : 4;
}

TilePlan quantir::planTiles(const ContractionShape &shape,
                            const VectorUnit &unit, const InnerTile *tile,
                            const StepMap *map, RowTail rowTail) {
  TilePlan best{tile ? tile->lanes : unit.lanes, tile ? tile->depth : 1, 1, 1,
                shape.columns};
  best.skips = map;
  best.cost = std::numeric_limits<double>::infinity();
  int64_t parts = tile ? tile->lanes / tile->columns : 1;
  // Each row is a stream of its own: beyond a few, those that do not fit into
  // the first cache keep falling out of it.
  constexpr int64_t firstCache = 16384, streams = 8;
  int64_t depth = shape.outerRuns * shape.innerRuns * shape.runLength;
  int64_t width = tile ? tile->leftBytes() : 4;
  int64_t mostRows = depth * width * 24 <= firstCache ? 24 : streams;
  int64_t available =
      tile ? tile->registers - tile->temporaries : unit.registers - 1;
  double dense = double(best.steps(shape)) * shape.outerRuns * shape.innerRuns *
                 double(best.totalVectors());
  TilePlan plan = best;
  for (plan.vectors = 1;
       plan.vectors <= std::min<int64_t>(8, best.totalVectors());
       ++plan.vectors) {
    int64_t accumulators = plan.vectors * parts;
    StepCount steps = countSteps(shape, plan, map);
    int64_t full = plan.totalVectors() / plan.vectors,
            tail = plan.totalVectors() % plan.vectors;
    plan.share =
        dense > 0 ? (steps.full * plan.vectors + steps.tail * tail) / dense : 1;
    for (plan.rows = 1; plan.rows <= std::min(shape.rows, mostRows);
         ++plan.rows) {
      plan.unroll = map ? unrollOf(plan.rows * accumulators) : 1;
      // A step's weights stay in registers while the rows pass by.
      if ((plan.rows * plan.unroll + 1) * accumulators > available)
        break;
      auto tiles = [&](int64_t width, double steps, int64_t panels) {
        double cost = 0;
        auto add = [&](int64_t height, int64_t count) {
          int64_t others = width * parts + (map ? 1 : 0);
          if (height && count)
            cost += count * (steps * stepCost(height, width * parts, others,
                                              plan.unroll) +
                             (8 + 3.0 * height * width) * panels);
        };
        if (rowTail == RowTail::Overlaps) {
          add(plan.rows, llvm::divideCeil(shape.rows, plan.rows));
          return cost;
        }
        add(plan.rows, shape.rows / plan.rows);
        add(shape.rows % plan.rows, 1);
        return cost;
      };
      plan.cost = tiles(plan.vectors, steps.full, full);
      if (tail)
        plan.cost += tiles(tail, steps.tail, 1);
      if (plan.cost < best.cost * 0.999)
        best = plan;
    }
  }
  return best;
}

DenseElementsAttr quantir::packWeights(const ContractionShape &shape,
                                       const TilePlan &plan, Type storage,
                                       WeightBits weight) {
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
