#include "quantir/Lower/TileCandidates.h"

#include "Contraction.h"

using namespace quantir;

/// Tiles that the cost model thinks dearer than this are not timed, nor more
/// than so many.
static constexpr double kDearest = 1.5;
static constexpr size_t kMost = 12;

static ContractionShape contractionOf(const ContractionKey &key) {
  ContractionShape shape;
  shape.batch = {{key.batches, 0, 0, 0, 0}};
  shape.rights = key.rights;
  shape.groups = key.lines;
  shape.rows = key.rows;
  shape.rowStride = key.stride;
  shape.outerRuns = key.outer;
  shape.innerRuns = key.inner;
  shape.runLength = key.run;
  shape.columns = key.columns;
  return shape;
}

static const InnerTile *tileOf(const ContractionKey &key) {
  const InnerTile *found = llvm::find_if(
      innerTiles(), [&](const InnerTile &row) { return key.tile == row.name; });
  return found == innerTiles().end() ? nullptr : found;
}

namespace {
struct Candidate {
  TileChoice choice;
  double cost;
};
} // namespace

static bool isCheaper(const Candidate &a, const Candidate &b) {
  return std::tuple(a.cost, a.choice.vectors, a.choice.rows) <
         std::tuple(b.cost, b.choice.vectors, b.choice.rows);
}

std::vector<TileChoice> quantir::tileCandidates(const ContractionKey &key,
                                                const TargetSpec &spec) {
  VectorUnit unit = vectorUnit(spec);
  TileCosts costs{processorOf(spec), unit, tileOf(key)};
  ContractionShape shape = contractionOf(key);
  TilePlan own = planTiles(shape, costs);
  std::vector<Candidate> candidates;
  // Of each width the two best heights: neighbours differ little.
  for (int64_t vectors = 1; vectors <= kMostVectors; ++vectors) {
    std::vector<Candidate> heights;
    for (int64_t rows = 1; rows <= kMostRows; ++rows)
      if (TileChoice choice{rows, vectors}; !reasonAgainst(key, choice, spec))
        heights.push_back({choice, planAs(choice, shape, costs).cost});
    llvm::sort(heights, isCheaper);
    heights.resize(std::min<size_t>(heights.size(), 2));
    candidates.insert(candidates.end(), heights.begin(), heights.end());
  }
  llvm::sort(candidates, isCheaper);
  std::vector<TileChoice> result{{own.rows, own.vectors, own.rowsOutside}};
  auto add = [&](TileChoice choice) {
    if (result.size() < kMost && !llvm::is_contained(result, choice))
      result.push_back(choice);
  };
  for (const Candidate &candidate : candidates) {
    if (candidate.cost > kDearest * own.cost)
      break;
    add(candidate.choice);
    bool hasOrder = candidate.choice.vectors < own.totalVectors() &&
                    candidate.choice.rows < key.lines * key.rows;
    if (hasOrder) {
      TileChoice other = candidate.choice;
      other.rowsOutside = true;
      add(other);
    }
  }
  return result;
}
