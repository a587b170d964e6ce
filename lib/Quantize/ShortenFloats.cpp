#include "NodeFilter.h"
#include "Quantir/QuantirOps.h"
#include "mlir/IR/Matchers.h"
#include "quantir/Quantize/Passes.h"
#include "quantir/Quantize/Remarks.h"
#include "quantir/Quantize/WeightCodes.h"

#include <cmath>

namespace quantir {
#define GEN_PASS_DEF_SHORTENFLOATSPASS
#include "quantir/Quantize/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

/// Fewer rows save little.
static constexpr int64_t fewestRows = 16;

static Value castTo(OpBuilder &builder, Value value, Type element) {
  auto type = cast<RankedTensorType>(value.getType());
  return CastOp::create(builder, value.getLoc(), type.clone(element), value);
}

/// Why the constant `weights` has no like in `element`, or nothing.
static std::optional<std::string> reasonAgainst(const FloatElements &weights,
                                                Type element) {
  float largest = element.isF16() ? 65504.0f : 0x1.fep127f;
  for (size_t i = 0; i < weights.size(); ++i)
    if (!(std::fabs(weights[i]) <= largest))
      return "a weight is beyond the range of 16 bits";
  return std::nullopt;
}

namespace {
struct ShortenFloats : quantir::impl::ShortenFloatsPassBase<ShortenFloats> {
  using ShortenFloatsPassBase::ShortenFloatsPassBase;

  void runOnOperation() override {
    NodeFilter filter;
    if (failed(filter.compile(ignore, only, getOperation())))
      return signalPassFailure();
    if (type == "bf16")
      element = BFloat16Type::get(&getContext());
    else if (type == "f16")
      element = Float16Type::get(&getContext());
    else {
      getOperation().emitOpError("cannot take type '")
          << type << "'; it needs bf16 or f16";
      return signalPassFailure();
    }
    getOperation().walk([&](Operation *op) {
      if (!isa<ConvOp, MatmulOp, GatherOp>(op))
        return;
      auto gather = dyn_cast<GatherOp>(op);
      if (gather ? !readsTable(gather) : !isProductOfFloats(op))
        return;
      std::optional<std::string> reason = filter.reasonAgainst(op);
      if (!reason)
        reason = gather ? shortenTable(gather) : shortenProduct(op);
      if (reason)
        remarkStaysFloat(op, *reason);
    });
  }

private:
  static Type elementOf(Value value) {
    return getElementTypeOrSelf(value.getType());
  }
  static bool isProductOfFloats(Operation *op) {
    return elementOf(op->getOperand(0)).isF32() &&
           elementOf(op->getOperand(1)).isF32();
  }
  /// A constant f32 table of whose rows `gather` chooses some.
  static bool readsTable(GatherOp gather) {
    auto type = cast<RankedTensorType>(gather.getInput().getType());
    return type.getElementType().isF32() && type.getRank() > 1 &&
           type.getDimSize(gather.getAxis()) >= fewestRows &&
           gather.getInput().getDefiningOp<ConstantOp>();
  }

  /// Shortens both operands, or says why not.
  std::optional<std::string> shortenProduct(Operation *op) {
    if (auto conv = dyn_cast<ConvOp>(op); conv && conv.isDepthwise())
      return "each filter sees one channel";
    Value right = op->getOperand(1);
    std::optional<FloatElements> weights = constantFloats(right);
    if (weights)
      if (auto reason = reasonAgainst(*weights, element))
        return reason;
    if (element.isF16() && !weights)
      return "it has no weights";
    OpBuilder builder(op);
    if (element.isBF16())
      op->setOperand(0, castTo(builder, op->getOperand(0), element));
    op->setOperand(1, castTo(builder, right, element));
    remarkQuantized(op, element.isBF16() ? "multiplies bf16 numbers"
                                         : "multiplies by f16 weights");
    return std::nullopt;
  }

  /// gather(table) -> cast(gather(cast(table)))
  std::optional<std::string> shortenTable(GatherOp gather) {
    if (auto reason =
            reasonAgainst(*constantFloats(gather.getInput()), element))
      return reason;
    OpBuilder builder(gather);
    Value table = castTo(builder, gather.getInput(), element);
    Value rows = GatherOp::create(builder, gather.getLoc(), table,
                                  gather.getIndices(), gather.getAxis());
    Value real =
        CastOp::create(builder, gather.getLoc(), gather.getType(), rows);
    remarkQuantized(gather, "reads a table of short floats");
    gather.replaceAllUsesWith(real);
    gather.erase();
    return std::nullopt;
  }

  Type element;
};
} // namespace
