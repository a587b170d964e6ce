#include "Quantir/QuantirOps.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantir/Quantize/Passes.h"

namespace quantir {
#define GEN_PASS_DEF_INTEGERIZEPASS
#include "quantir/Quantize/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

namespace {
/// Codes that only clamps separate from a quantize.
struct ClampedCodes {
  DequantizeOp source;
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
  SmallVector<Location> locations;
};
} // namespace

/// Applies the bounds of `op` to the range that its input has.
static bool clampBy(Operation *op, ClampedCodes &codes) {
  float low, high;
  if (isa<ReluOp>(op)) {
    low = 0;
    high = std::numeric_limits<float>::infinity();
  } else if (auto clip = dyn_cast<ClipOp>(op)) {
    low = clip.getLow().convertToFloat();
    high = clip.getHigh().convertToFloat();
  } else {
    return false;
  }
  codes.low = std::clamp(codes.low, low, high);
  codes.high = std::clamp(codes.high, low, high);
  return true;
}

/// The clamps between a dequantize and `quantize`: [relu | clip]..., or
/// failure.
static FailureOr<ClampedCodes> findClampedCodes(QuantizeOp quantize) {
  SmallVector<Operation *> clamps;
  Operation *op = quantize.getInput().getDefiningOp();
  while (op && isa<ReluOp, ClipOp>(op)) {
    clamps.push_back(op);
    op = op->getOperand(0).getDefiningOp();
  }
  auto source = dyn_cast_or_null<DequantizeOp>(op);
  if (!source)
    return failure();
  ClampedCodes codes;
  codes.source = source;
  codes.locations.push_back(source.getLoc());
  for (Operation *clamp : llvm::reverse(clamps)) {
    clampBy(clamp, codes);
    codes.locations.push_back(clamp->getLoc());
  }
  codes.locations.push_back(quantize.getLoc());
  return codes;
}

namespace {
/// quantize(clamps(dequantize(codes))) -> requantize(codes), or the codes
/// themselves when type and range stay.
struct FormRequantize : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp quantize,
                                PatternRewriter &rewriter) const override {
    FailureOr<ClampedCodes> codes = findClampedCodes(quantize);
    if (failed(codes))
      return rewriter.notifyMatchFailure(quantize, "input is not codes");
    Value source = codes->source.getInput();
    quant::QuantizedType from = getQuantizedElement(source.getType());
    quant::QuantizedType to = getQuantizedElement(quantize.getType());
    if ((!isAccumulatorCode(from) && !isActivationCode(from)) ||
        !isActivationCode(to))
      return rewriter.notifyMatchFailure(quantize, "codes cannot be rescaled");
    auto low = int32_t(codeOf(codes->low, to));
    auto high = int32_t(codeOf(codes->high, to));
    bool whole =
        low == to.getStorageTypeMin() && high == to.getStorageTypeMax();
    if (from == to && whole) {
      rewriter.replaceOp(quantize, source);
      return success();
    }
    auto bound = [&](int32_t code, int64_t storage) {
      return code == storage ? IntegerAttr() : rewriter.getI32IntegerAttr(code);
    };
    rewriter
        .replaceOpWithNewOp<RequantizeOp>(quantize, quantize.getType(), source,
                                          bound(low, to.getStorageTypeMin()),
                                          bound(high, to.getStorageTypeMax()))
        ->setLoc(rewriter.getFusedLoc(codes->locations));
    return success();
  }
};

/// quantize(relu(x)) -> quantize(x) where no code stands for less than zero.
struct DropRelu : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp quantize,
                                PatternRewriter &rewriter) const override {
    auto relu = quantize.getInput().getDefiningOp<ReluOp>();
    quant::QuantizedType type = getQuantizedElement(quantize.getType());
    if (!relu || llvm::any_of(getZeroPoints(type), [&](int64_t zeroPoint) {
          return zeroPoint != type.getStorageTypeMin();
        }))
      return rewriter.notifyMatchFailure(quantize, "clamps nothing to zero");
    rewriter.modifyOpInPlace(quantize, [&] {
      quantize.getInputMutable().assign(relu.getInput());
      quantize->setLoc(
          rewriter.getFusedLoc({relu.getLoc(), quantize.getLoc()}));
    });
    return success();
  }
};

struct Integerize : quantir::impl::IntegerizePassBase<Integerize> {
  using IntegerizePassBase::IntegerizePassBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FormRequantize, DropRelu>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    if (!moreFollows)
      getOperation().walk([](QuantizationInterface op) { remarkIfFloat(op); });
  }

  /// Together with the remarks of `quantir-quantize`, these name every op that
  /// stays in floating point.
  static void remarkIfFloat(QuantizationInterface op) {
    QuantizationRole role = op.getQuantizationRole();
    if ((role != QuantizationRole::float_only &&
         role != QuantizationRole::fixed_range) ||
        op->getNumResults() != 1 ||
        !getElementTypeOrSelf(op->getResult(0).getType()).isF32())
      return;
    remark::missed(
        op->getLoc(),
        remark::RemarkOpts::name("StaysFloat").category("quantir-quantize"))
        << remark::add("{0} stays in floating point",
                       op->getName().getStringRef())
        << remark::reason("it reads or yields more than 8 bits hold");
  }
};
} // namespace
