// Steps whose weights are all zero are left out of packed weights and loops.
// The zero point's part of a sum is in its start value, so nothing changes.

#include "SkipZeros.h"

#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace quantir;

/// Skipping must promise this much, since a list of steps also costs what no
/// count of instructions shows: loops without a known length.
static constexpr double kLeastGain = 0.10;
/// From this share of zeros on, keeping them is worth a remark.
static constexpr double kManyZeros = 0.25;

StepMap::StepMap(const ContractionShape &shape, int64_t lanes, int64_t depth,
                 WeightBits weight)
    : vectors(llvm::divideCeil(shape.columns, lanes)) {
  int64_t perRun = llvm::divideCeil(shape.runLength, depth);
  steps = shape.outerRuns * shape.innerRuns * perRun;
  isUsed.resize(unsigned(shape.rights * vectors * steps));
  int64_t zeroCount = 0, count = 0;
  for (int64_t right = 0; right < shape.rights; ++right)
    for (int64_t column = 0; column < shape.columns; ++column)
      for (int64_t run = 0; run < shape.outerRuns * shape.innerRuns; ++run)
        for (int64_t k = 0; k < shape.runLength; k += depth) {
          int64_t others = 0, last = std::min(k + depth, shape.runLength);
          for (int64_t at = k; at < last; ++at)
            others += weight(right, column, run / shape.innerRuns,
                             run % shape.innerRuns, at) != 0;
          count += last - k;
          zeroCount += last - k - others;
          twoOfFour &= depth == 4 && others <= 2;
          if (others)
            isUsed.set(unsigned((right * vectors + column / lanes) * steps +
                                run * perRun + k / depth));
        }
  zeros = count ? double(zeroCount) / double(count) : 0;
}

SmallVector<int64_t> StepMap::used(int64_t right, int64_t first,
                                   int64_t width) const {
  SmallVector<int64_t> found;
  for (int64_t step = 0; step < steps; ++step)
    for (int64_t v = first; v < first + width; ++v)
      if (isUsed[unsigned((right * vectors + v) * steps + step)]) {
        found.push_back(step);
        break;
      }
  return found;
}

static DenseElementsAttr listOf(MLIRContext *context,
                                ArrayRef<int32_t> values) {
  auto type = RankedTensorType::get({int64_t(values.size())},
                                    IntegerType::get(context, 32));
  return DenseElementsAttr::get(type, values);
}

SparseWeights quantir::packUsedSteps(const ContractionShape &shape,
                                     const TilePlan &plan, const StepMap &map,
                                     Type storage, WeightBits weight) {
  int64_t perRun = plan.steps(shape);
  std::vector<char> bytes;
  SmallVector<int32_t> leftOffsets, firstSteps, bases;
  auto pack = [&](int64_t right, int64_t column, int64_t step) {
    int64_t run = step / perRun;
    for (int64_t d = 0; d < plan.depth; ++d) {
      int64_t k = step % perRun * plan.depth + d;
      bool exists = column < shape.columns && k < shape.runLength;
      bytes.push_back(exists ? char(weight(right, column, run / shape.innerRuns,
                                           run % shape.innerRuns, k))
                             : char(0));
    }
  };
  for (int64_t right = 0; right < shape.rights; ++right)
    for (int64_t panel = 0; panel < plan.panels(); ++panel) {
      int64_t first = panel * plan.vectors;
      int64_t width =
          panel < plan.fullPanels() ? plan.vectors : plan.tailVectors();
      int64_t stepSize = width * plan.lanes * plan.depth;
      firstSteps.push_back(int32_t(leftOffsets.size()));
      bases.push_back(
          int32_t(int64_t(bytes.size()) - firstSteps.back() * stepSize));
      SmallVector<int64_t> used = map.used(right, first, width);
      for (int64_t step : used) {
        int64_t run = step / perRun;
        leftOffsets.push_back(
            int32_t(run / shape.innerRuns * shape.outerStride +
                    run % shape.innerRuns * shape.innerStride +
                    step % perRun * plan.depth));
        for (int64_t i = 0; i < width * plan.lanes; ++i)
          pack(right, first * plan.lanes + i, step);
      }
      // Turns do several steps: what is missing multiplies by zero.
      while (int64_t(leftOffsets.size() - firstSteps.back()) % plan.unroll) {
        leftOffsets.push_back(0);
        bytes.resize(bytes.size() + stepSize, 0);
      }
    }
  firstSteps.push_back(int32_t(leftOffsets.size()));
  // A list is never empty, nor are weights.
  leftOffsets.push_back(0);
  if (bytes.empty())
    bytes.push_back(0);
  MLIRContext *context = storage.getContext();
  auto type = RankedTensorType::get({int64_t(bytes.size())}, storage);
  return {DenseElementsAttr::getFromRawBuffer(type, bytes),
          listOf(context, leftOffsets), listOf(context, firstSteps),
          listOf(context, bases)};
}

/// True when all offsets of the packed form fit into 32 bits.
static bool fitsLists(const ContractionShape &shape, const TilePlan &plan) {
  constexpr int64_t most = int64_t(1) << 31;
  int64_t reach = shape.outerRuns * shape.outerStride +
                  shape.innerRuns * shape.innerStride + shape.runLength;
  return shape.rights * plan.packedSize(shape) < most && reach < most;
}

static std::string percent(double share) {
  return std::to_string(std::lround(100 * share)) + " %";
}

TilePlan quantir::planSkipping(Operation *op, const ContractionShape &shape,
                               const TileCosts &costs, const StepMap &map,
                               const TilePlan &dense) {
  if (map.zeroBlocks() == 0 && map.zeroShare() < kManyZeros)
    return dense;
  TilePlan sparse = planTiles(shape, costs, &map);
  double cost = dense.cost > 0 ? sparse.cost / dense.cost : 1;
  auto options = [](StringRef name) {
    return remark::RemarkOpts::name(name).category("quantir-lower");
  };
  if (cost <= 1 - kLeastGain && fitsLists(shape, sparse)) {
    remark::passed(op->getLoc(), options("ZerosSkipped")) << remark::add(
        "{0} of {1} blocks of {2} inputs by {3} outputs are zero "
        "and left out; the work is {4} of the dense kernel's",
        map.zeroBlocks(), map.blocks(), dense.depth, dense.lanes,
        percent(cost));
    return sparse;
  }
  if (map.zeroShare() >= kManyZeros) {
    auto missed = remark::missed(op->getLoc(), options("ZerosKept"));
    missed << remark::add("{0} of the weights are zero and multiplied",
                          percent(map.zeroShare()));
    if (map.hasTwoOfFour())
      missed << remark::reason(
          "{0}",
          "two of four neighbours are zero: one instruction multiplies "
          "all four, and halves take longer to expand than to load whole");
    else
      missed << remark::reason(
          "{0}", "leaving out the " + std::to_string(map.zeroBlocks()) +
                     " of " + std::to_string(map.blocks()) +
                     " blocks that are all zero would leave " + percent(cost) +
                     " of the work");
  }
  return dense;
}
