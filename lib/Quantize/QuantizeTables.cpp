#include "NodeFilter.h"
#include "quantir/Quantize/Constants.h"
#include "quantir/Quantize/Passes.h"
#include "quantir/Quantize/Remarks.h"
#include "quantir/Quantize/WeightCodes.h"

namespace quantir {
#define GEN_PASS_DEF_QUANTIZETABLESPASS
#include "quantir/Quantize/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

/// Fewer rows save little beside the scales of their columns.
static constexpr int64_t fewestRows = 16;

static RankedTensorType tableType(GatherOp gather) {
  return cast<RankedTensorType>(gather.getInput().getType());
}

/// A constant f32 table whose rows `gather` chooses.
static bool readsTable(GatherOp gather) {
  RankedTensorType type = tableType(gather);
  return type.getElementType().isF32() &&
         gather.getInput().getDefiningOp<ConstantOp>() &&
         int64_t(gather.getAxis()) + 1 < type.getRank();
}

static std::optional<std::string> reasonAgainst(const FloatElements &table,
                                                int64_t columns) {
  if (int64_t(table.size()) < fewestRows * columns)
    return "its table is small";
  if (!table.allFinite())
    return "its table is not finite";
  return std::nullopt;
}

/// gather(table) -> dequantize(gather(codes of table))
static void gatherCodes(GatherOp gather, const FloatElements &table) {
  RankedTensorType type = tableType(gather);
  int64_t last = type.getRank() - 1;
  WeightCodes codes = quantizeWeights(
      table, ChannelLayout(type.getShape(), last), /*inputScale=*/1, {});
  SmallVector<double> scales(codes.scales.begin(), codes.scales.end());
  OpBuilder builder(gather);
  Type element = getSymmetricType(builder.getContext(), 8, scales, last);
  Value input = codesConstant(builder, gather.getInput().getLoc(),
                              type.clone(element), rawBytes(codes.codes));
  Value rows = GatherOp::create(builder, gather.getLoc(), input,
                                gather.getIndices(), gather.getAxis());
  Value real =
      DequantizeOp::create(builder, gather.getLoc(), gather.getType(), rows);
  gather.replaceAllUsesWith(real);
}

namespace {
struct QuantizeTables : quantir::impl::QuantizeTablesPassBase<QuantizeTables> {
  using QuantizeTablesPassBase::QuantizeTablesPassBase;

  void runOnOperation() override {
    NodeFilter filter;
    if (failed(filter.compile(ignore, only, getOperation())))
      return signalPassFailure();
    getOperation().walk([&](GatherOp gather) {
      std::optional<FloatElements> table =
          readsTable(gather) ? constantFloats(gather.getInput()) : std::nullopt;
      if (!table)
        return;
      std::optional<std::string> against = filter.reasonAgainst(gather);
      if (!against)
        against = reasonAgainst(*table, tableType(gather).getShape().back());
      if (against)
        return moreFollows ? noteStaysFloat(gather, *against)
                           : remarkStaysFloat(gather, *against);
      remarkQuantized(gather, "reads a table of 8-bit codes");
      gatherCodes(gather, *table);
      Operation *before = gather.getInput().getDefiningOp();
      gather.erase();
      if (before->use_empty())
        before->erase();
    });
  }
};
} // namespace
