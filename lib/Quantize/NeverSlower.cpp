#include "NeverSlower.h"

#include "Plan.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;
using namespace quantir;

/// Times that were measured are noisy.
static constexpr double kNoise = 1.05;
/// Cycles for a vector of 32-bit lanes: to quantize it (multiply, round, narrow
/// and shift), and to make f32 of codes.
static constexpr double kQuantize = 4, kDequantize = 2;
/// Depthwise steps a cycle where no instruction sums products: both sides are
/// widened, multiplied and added.
static constexpr double kWidenedSteps = 0.9;

NeverSlower::NeverSlower(const TargetSpec &target, const TunedTarget *times,
                         double factor)
    : target(target), factor(factor), processor(processorOf(target)),
      unit(vectorUnit(target)),
      tile(selectInnerTile(target, TileNumbers::Codes)),
      hasBlocks(selectBlockTile(target) != nullptr), times(times) {}

namespace {
/// The work of a product: rows of the result, its columns, and products of each
/// element, in runs of neighbours.
struct Work {
  double rows, columns, runs, run;
  bool isDepthwise = false;

  double depth() const { return runs * run; }
};
} // namespace

static std::optional<Work> workOf(Operation *op) {
  auto out = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  if (!out || out.getRank() == 0)
    return std::nullopt;
  auto elements = double(out.getNumElements());
  if (auto matmul = dyn_cast<MatmulOp>(op)) {
    auto columns = double(out.getShape().back());
    auto left = cast<RankedTensorType>(matmul.getLhs().getType());
    return Work{elements / columns, columns, 1, double(left.getShape().back())};
  }
  auto conv = dyn_cast<ConvOp>(op);
  if (!conv)
    return std::nullopt;
  auto filter = cast<RankedTensorType>(conv.getFilter().getType());
  double columns =
      double(filter.getDimSize(0)) / double(int64_t(conv.getGroups()));
  auto kh = double(filter.getDimSize(1)), kw = double(filter.getDimSize(2)),
       channels = double(filter.getDimSize(3));
  if (conv.isDepthwise() && columns == 1)
    return Work{elements / double(out.getDimSize(3)), double(out.getDimSize(3)),
                kh * kw, 1, true};
  return Work{elements / columns, columns, kh, kw * channels};
}

std::optional<NeverSlower::Costs> NeverSlower::measured(Operation *op) const {
  std::optional<Work> work = workOf(op);
  if (!work || work->isDepthwise || !times)
    return std::nullopt;
  Costs costs{0, 0};
  for (const auto &[text, tuned] : times->tiles) {
    std::optional<ContractionKey> key = ContractionKey::parse(text);
    auto product = [](auto... sizes) { return (double(sizes) * ...); };
    if (!key || tuned.nanoseconds == 0 ||
        double(key->columns) != work->columns ||
        product(key->batches, key->lines, key->rows) != work->rows ||
        product(key->outer, key->inner, key->run) != work->depth())
      continue;
    if (key->tile == "f32")
      costs.floats = tuned.nanoseconds;
    else if (StringRef(key->tile).starts_with("u8s8"))
      costs.codes = tuned.nanoseconds;
  }
  return costs.floats > 0 && costs.codes > 0 ? std::optional(costs)
                                             : std::nullopt;
}

/// True when a kernel hands `value` over as codes.
static bool comesAsCodes(Value value) {
  while (Operation *op = originOf(value).getDefiningOp()) {
    if (isa<DequantizeOp>(op))
      return true;
    if (!isa<ElementwiseInterface>(op))
      return false;
    value = op->getOperand(0);
  }
  return false;
}

std::optional<NeverSlower::Costs> NeverSlower::modelled(Operation *op) const {
  std::optional<Work> work = workOf(op);
  // Of other processors no rates were measured.
  if (!work || hasBlocks || !llvm::Triple(target.triple).isX86_64())
    return std::nullopt;
  double floatVectors = work->rows * std::ceil(work->columns / unit.lanes);
  double codeVectors = work->rows * std::ceil(work->columns / tile.lanes) *
                       (tile.lanes / tile.columns);
  double floats = floatVectors * work->depth() /
                  processor.stepsPerCycle(unit.fma ? "f32" : "f32_without_fma");
  double codes = codeVectors * work->runs * std::ceil(work->run / tile.depth) /
                 processor.stepsPerCycle(tile.name);
  if (work->isDepthwise) // with dots as fast as f32: see DepthwiseCodes
    codes = tile.kind == DotKind::Dot
                ? floats
                : floatVectors * work->depth() / kWidenedSteps;
  auto image = cast<RankedTensorType>(op->getOperand(0).getType());
  double vectors = double(image.getNumElements()) / unit.lanes;
  if (comesAsCodes(op->getOperand(0)))
    floats += kDequantize * vectors;
  else
    codes += kQuantize * vectors + kDequantize * floatVectors;
  double nanoseconds = 1 / processor.gigahertz;
  return Costs{floats * nanoseconds, codes * nanoseconds};
}

std::optional<std::string> NeverSlower::reasonAgainst(Operation *op) const {
  // Products of two activations become attention, which is another matter.
  if (!cast<QuantizationInterface>(op).getWeightOperand() || isa<ReduceOp>(op))
    return std::nullopt;
  std::optional<Costs> costs = measured(op);
  bool isMeasured = costs.has_value();
  if (!isMeasured)
    costs = modelled(op);
  if (!costs || costs->codes <= (isMeasured ? kNoise : factor) * costs->floats)
    return std::nullopt;
  return llvm::formatv("codes would be slower on {0}: {1:f2} us instead of "
                       "{2:f2} in f32, {3}",
                       target.cpu, costs->codes * 1e-3, costs->floats * 1e-3,
                       isMeasured ? "as measured" : "by the cost model");
}
