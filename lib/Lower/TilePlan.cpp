#include "SkipZeros.h"

#include "llvm/Support/FormatVariadic.h"

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

int64_t TilePlan::packedSteps(const ContractionShape &shape) const {
  return llvm::alignTo(llvm::divideCeil(shape.runLength, depthOfPacked()),
                       wholeSteps);
}

int64_t TilePlan::steps(const ContractionShape &shape) const {
  return llvm::divideCeil(packedSteps(shape) * depthOfPacked(), depth);
}

int64_t TilePlan::panelSize(const ContractionShape &shape) const {
  return shape.outerRuns * shape.innerRuns * packedSteps(shape) *
         packedPitch() * depthOfPacked();
}

int64_t TilePlan::packedSize(const ContractionShape &shape) const {
  return panelSize(shape) / packedPitch() * packedColumns();
}

std::string Packing::text() const {
  return llvm::formatv("{0}x{1}x{2}x{3}", pitch, grain, depth, wholeSteps);
}

bool Packing::suits(const InnerTile *tile) const {
  if (depth == (tile ? tile->depth : 1))
    return true;
  // Words of four codes, or lines of sixteen, are shuffled out of eights.
  return depth == 8 && tile &&
         (tile->kind == DotKind::DotByLane || tile->kind == DotKind::Long ||
          tile->kind == DotKind::LongPairs);
}

void TilePlan::read(const Packing &packing) {
  pitch = packing.pitch;
  grain = packing.grain;
  packedDepth = packing.depth == depth ? 0 : packing.depth;
  wholeSteps = packing.wholeSteps;
}

std::optional<Packing> Packing::parse(StringRef text) {
  SmallVector<StringRef> parts;
  text.split(parts, 'x');
  Packing packing;
  auto read = [](StringRef part, int64_t &size) {
    return !part.getAsInteger(10, size) && size > 0 && size <= (1 << 20);
  };
  if (parts.size() != 4 || !read(parts[0], packing.pitch) ||
      !read(parts[1], packing.grain) || !read(parts[2], packing.depth) ||
      !read(parts[3], packing.wholeSteps) || packing.pitch % packing.grain != 0)
    return std::nullopt;
  return packing;
}

ContractionKey ContractionShape::key(const InnerTile *tile) const {
  return {tile ? tile->name.str() : "f32",
          batches(),
          rights,
          groups,
          rows,
          std::max<int64_t>(rowStride, 1),
          outerRuns,
          innerRuns,
          runLength,
          columns};
}

/// Cycles of one step on a tile of `rows` rows by `width` vectors: what its
/// products and its loads take, and a product's result is ready for the next
/// step of the same sums only later.
static double stepCost(const TileCosts &costs, const TilePlan &plan,
                       int64_t rows, int64_t width) {
  const Processor &processor = costs.processor;
  int64_t parts = partsOf(costs.tile), left = rows, sums = rows * width * parts;
  if (plan.packsLeft) {
    left = leftRegisters(costs.tile, rows);
    sums = llvm::alignTo(rows, parts) * width;
    // Short floats: both products of a pair, and the weights as f32.
    if (costs.tile && costs.tile->kind == DotKind::WidenFma)
      sums = costs.tile->depth * (sums + width);
    else if (costs.tile && costs.tile->numbers == TileNumbers::Bf16)
      sums *= 2;
  }
  double products =
      double(sums) /
      processor.stepsPerCycle(costs.tile ? StringRef(costs.tile->name) : "f32");
  double loads =
      double(left + width * parts + (plan.skips ? 1 : 0)) / processor.loads;
  double cycles = std::max({products, loads, processor.latency / plan.unroll}) +
                  0.5 / plan.unroll;
  // Of tiles that are full the one with fewer loads leaves more room.
  return plan.packsLeft ? cycles + 0.2 * loads : cycles;
}

/// Cycles to pack the rows of a tile, 16 bytes of each at a time.
static double packingCost(const ContractionShape &shape, const TilePlan &plan,
                          const TileCosts &costs, int64_t rows) {
  if (!plan.packsLeft)
    return 0;
  double registers = double(shape.outerRuns * shape.innerRuns) *
                     plan.steps(shape) * leftRegisters(costs.tile, rows);
  return 2 * registers;
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

/// Cycles of all tiles of one group of rows, by their instructions.
static double tileCycles(const ContractionShape &shape, const TilePlan &plan,
                         const TileCosts &costs, const StepCount &steps,
                         RowTail rowTail) {
  double cycles = 0;
  auto forHeights = [&](auto add) {
    if (rowTail == RowTail::Overlaps) {
      add(plan.rows, llvm::divideCeil(shape.rows, plan.rows));
      return;
    }
    add(plan.rows, shape.rows / plan.rows);
    add(shape.rows % plan.rows, 1);
  };
  auto addTiles = [&](int64_t width, double steps, int64_t panels) {
    forHeights([&](int64_t height, int64_t count) {
      if (height && count)
        cycles += count * (steps * stepCost(costs, plan, height, width) +
                           (8 + 3.0 * height * width) * panels);
    });
  };
  int64_t full = plan.totalVectors() / plan.vectors,
          tail = plan.totalVectors() % plan.vectors;
  addTiles(plan.vectors, steps.full, full);
  if (tail)
    addTiles(tail, steps.tail, 1);
  forHeights([&](int64_t height, int64_t count) {
    if (height)
      cycles += double(count) * packingCost(shape, plan, costs, height);
  });
  return cycles;
}

static double leftBytes(const TileCosts &costs) {
  return costs.tile ? double(costs.tile->leftBytes()) : 4;
}

/// Cycles in which `bytes` arrive that were read before and lie among
/// `footprint` bytes.
static double arrival(const Processor &processor, double bytes,
                      double footprint) {
  if (footprint <= double(processor.firstCache) / 2)
    return 0; // a part of the instructions
  return bytes / (footprint <= double(processor.secondCache) / 2
                      ? processor.secondBandwidth
                      : processor.thirdBandwidth);
}

/// Cycles in which the operands of one batch arrive: what the inner loop goes
/// through comes anew for each turn of the outer one.
static double operandCycles(const ContractionShape &shape, const TilePlan &plan,
                            const TileCosts &costs, bool rowsOutside) {
  bool codes = costs.tile && costs.tile->numbers == TileNumbers::Codes;
  double rightBytes = codes ? 1 : costs.tile ? 2 : 4;
  // Windows overlap: each element arrives once for all of them.
  double left =
      double(shape.groups * shape.rows * shape.rowStride) * leftBytes(costs);
  double weights = double(plan.packedSize(shape)) * rightBytes * plan.share;
  double rowTiles =
      double(shape.groups * llvm::divideCeil(shape.rows, plan.rows));
  double panels = double(plan.panels());
  const Processor &p = costs.processor;
  if (rowsOutside)
    return arrival(p, left, left) +
           arrival(p, (panels - 1) * left, left / rowTiles) +
           arrival(p, rowTiles * weights, weights);
  return arrival(p, weights, weights) + arrival(p, panels * left, left) +
         arrival(p, (rowTiles - 1) * weights, weights / panels);
}

/// The tallest tile worth having: each row is a stream of its own, and beyond a
/// few, those that do not fit into the first cache keep falling out of it.
static int64_t mostRows(const ContractionShape &shape, const TileCosts &costs) {
  constexpr int64_t streams = 8;
  int64_t depth = shape.outerRuns * shape.innerRuns * shape.runLength;
  if (packsLeft(costs.unit, costs.tile))
    return kMostRows; // one stream
  double bytes = double(depth * kMostRows) * leftBytes(costs);
  return bytes <= double(costs.processor.firstCache) / 2 ? kMostRows : streams;
}

static TilePlan emptyPlan(const ContractionShape &shape,
                          const TileCosts &costs) {
  TilePlan plan{costs.tile ? costs.tile->lanes : costs.unit.lanes,
                costs.tile ? costs.tile->depth : 1, 1, 1, shape.columns};
  if (costs.packing)
    plan.read(*costs.packing);
  plan.packsLeft = packsLeft(costs.unit, costs.tile);
  plan.rowsOutside = plan.packsLeft; // else each panel packed anew
  return plan;
}

/// Fills in what the cost model says of a plan's vectors and rows.
static void judge(const ContractionShape &shape, const TileCosts &costs,
                  const StepMap *map, RowTail rowTail, TilePlan &plan) {
  StepCount steps = countSteps(shape, plan, map);
  int64_t tail = plan.totalVectors() % plan.vectors;
  double dense = double(plan.steps(shape)) * shape.outerRuns * shape.innerRuns *
                 double(plan.totalVectors());
  plan.share =
      dense > 0 ? (steps.full * plan.vectors + steps.tail * tail) / dense : 1;
  plan.cost = std::max(double(shape.groups) *
                           tileCycles(shape, plan, costs, steps, rowTail),
                       operandCycles(shape, plan, costs, plan.rowsOutside));
}

TilePlan quantir::planAs(const TileChoice &choice,
                         const ContractionShape &shape,
                         const TileCosts &costs) {
  TilePlan plan = emptyPlan(shape, costs);
  plan.vectors = choice.vectors;
  plan.rows = choice.rows;
  plan.rowsOutside = choice.rowsOutside || plan.packsLeft;
  judge(shape, costs, nullptr, RowTail::IsLower, plan);
  return plan;
}

TilePlan quantir::planTiles(const ContractionShape &shape,
                            const TileCosts &costs, const StepMap *map,
                            RowTail rowTail) {
  TilePlan best = emptyPlan(shape, costs);
  best.skips = map;
  best.packsLeft &= !map; // the list says where the left side lies
  best.rowsOutside = best.packsLeft;
  best.cost = std::numeric_limits<double>::infinity();
  int64_t tallest = std::min(shape.rows, mostRows(shape, costs));
  int64_t free = registersFree(costs.unit, costs.tile, best.packsLeft);
  TilePlan plan = best;
  for (plan.vectors = 1;
       plan.vectors <= std::min(kMostVectors, plan.totalVectors());
       ++plan.vectors) {
    if (costs.packing &&
        !costs.packing->fits(plan.vectors * plan.lanes, plan.lanes))
      continue;
    for (plan.rows = 1; plan.rows <= tallest; ++plan.rows) {
      plan.unroll =
          map ? unrollOf(plan.rows * plan.vectors * partsOf(costs.tile)) : 1;
      if (registersNeeded({plan.rows, plan.vectors}, costs.tile, plan.packsLeft,
                          plan.unroll) > free)
        break;
      judge(shape, costs, map, rowTail, plan);
      if (plan.cost < best.cost * 0.999)
        best = plan;
    }
  }
  return best;
}

PackedOrder quantir::packedOrder(const ContractionShape &shape,
                                 const TilePlan &plan,
                                 const WeightPlaces &places) {
  PackedOrder order;
  int64_t pitch = plan.packedPitch(), depth = plan.depthOfPacked(),
          steps = plan.packedSteps(shape), one = plan.packedSize(shape);
  // Panels of one width, whose first holds `columns` columns from `first` on.
  auto addPanels = [&](int64_t first, int64_t panels, int64_t columns) {
    int64_t step = plan.packedColumnsAt(first) * depth;
    // Steps whose last `depth - deep` elements are no weights.
    auto addSteps = [&](int64_t low, int64_t count, int64_t deep) {
      order.add(
          first / pitch * plan.panelSize(shape) + low * step,
          first * places.column + low * depth * places.k,
          {{shape.rights, one, places.right},
           {panels, plan.panelSize(shape), pitch * places.column},
           {shape.outerRuns, shape.innerRuns * steps * step, places.outer},
           {shape.innerRuns, steps * step, places.inner},
           {count, step, depth * places.k},
           {columns, depth, places.column},
           {deep, 1, places.k}});
    };
    int64_t whole = shape.runLength / depth, rest = shape.runLength % depth;
    addSteps(0, whole, depth);
    addSteps(whole, 1, rest);
  };
  int64_t panels = shape.columns / pitch;
  addPanels(0, panels, pitch);
  if (shape.columns % pitch)
    addPanels(panels * pitch, 1, shape.columns % pitch);
  return order;
}
