// Operations that change nothing, and maxima and minima that are clips.

#include "RecognizePatterns.h"
#include "Rewrite.h"

using namespace mlir;
using namespace quantir;

namespace {

/// x + 0, x - 0, x * 1, x / 1
struct DropNeutral : OpInterfaceRewritePattern<ElementwiseInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(ElementwiseInterface op,
                                PatternRewriter &rewriter) const override {
    bool isSum = isa<AddOp, SubOp>(op.getOperation());
    if (!isSum && !isa<MulOp, DivOp>(op.getOperation()))
      return rewriter.notifyMatchFailure(op, "has no neutral operand");
    double neutral = isSum ? 0 : 1;
    bool commutes = isa<AddOp, MulOp>(op.getOperation());
    for (unsigned i = commutes ? 0 : 1; i < 2; ++i) {
      Value other = op->getOperand(1 - i);
      if (splatOf(op->getOperand(i)) != neutral ||
          other.getType() != op->getResult(0).getType())
        continue;
      rewriter.replaceOp(op, other);
      return success();
    }
    return rewriter.notifyMatchFailure(op, "has no neutral operand");
  }
};

/// A slice of everything
struct DropWholeSlice : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp slice,
                                PatternRewriter &rewriter) const override {
    auto isForward = [](int64_t step) { return step == 1; };
    if (slice.getType() != slice.getInput().getType() ||
        !llvm::all_of(slice.getSteps(), isForward))
      return rewriter.notifyMatchFailure(slice, "leaves something out");
    rewriter.replaceOp(slice, slice.getInput());
    return success();
  }
};

/// concat(x, nothing) -> x: the cache of a decoder that starts
struct DropEmptyOperand : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConcatOp concat,
                                PatternRewriter &rewriter) const override {
    SmallVector<Value> full;
    llvm::copy_if(concat.getInputs(), std::back_inserter(full), [](Value part) {
      return cast<RankedTensorType>(part.getType()).getNumElements() != 0;
    });
    if (full.size() == concat.getInputs().size() || full.empty())
      return rewriter.notifyMatchFailure(concat, "has no empty operand");
    if (full.size() == 1)
      rewriter.replaceOp(concat, full[0]);
    else
      rewriter.modifyOpInPlace(concat,
                               [&] { concat.getInputsMutable().assign(full); });
    return success();
  }
};

/// An op that broadcasts needs no expanded operand.
struct DropExpand : OpInterfaceRewritePattern<ElementwiseInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(ElementwiseInterface op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    for (OpOperand &operand : op->getOpOperands()) {
      auto expand = operand.get().getDefiningOp<ExpandOp>();
      if (!expand || op->getNumOperands() < 2)
        continue;
      SmallVector<int64_t> shape(
          cast<RankedTensorType>(expand.getInput().getType()).getShape());
      for (OpOperand &other : op->getOpOperands())
        if (&other != &operand)
          if (auto wider = broadcastShapes(
                  shape,
                  cast<RankedTensorType>(other.get().getType()).getShape());
              succeeded(wider))
            shape = *wider;
      if (ArrayRef(shape) != type.getShape())
        continue;
      rewriter.modifyOpInPlace(op, [&] { operand.set(expand.getInput()); });
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no operand is expanded in vain");
  }
};

/// max(x, c) and min(x, c) -> clip, of f32
template <typename OpType, bool isMax>
struct RecognizeClip : OpRewritePattern<OpType> {
  using OpRewritePattern<OpType>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpType op,
                                PatternRewriter &rewriter) const override {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "is not of f32");
    for (unsigned i = 0; i < 2; ++i) {
      Value x = op->getOperand(1 - i);
      std::optional<double> bound = splatOf(op->getOperand(i));
      if (!bound || std::isnan(*bound) || x.getType() != op.getType())
        continue;
      llvm::APFloat low(isMax ? float(*bound) : -infinity);
      llvm::APFloat high(isMax ? infinity : float(*bound));
      rewriter.replaceOpWithNewOp<ClipOp>(op, op.getType(), x, low, high);
      return success();
    }
    return rewriter.notifyMatchFailure(op, "has no constant bound");
  }
};

/// clip(clip(x)) -> clip(x); clip to [0, inf) -> relu; no bounds -> x
struct SimplifyClip : OpRewritePattern<ClipOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ClipOp clip,
                                PatternRewriter &rewriter) const override {
    float low = clip.getLow().convertToFloat(),
          high = clip.getHigh().convertToFloat();
    constexpr float infinity = std::numeric_limits<float>::infinity();
    if (low == -infinity && high == infinity) {
      rewriter.replaceOp(clip, clip.getInput());
      return success();
    }
    if (low == 0 && high == infinity) {
      rewriter.replaceOpWithNewOp<ReluOp>(clip, clip.getType(),
                                          clip.getInput());
      return success();
    }
    Operation *inner = clip.getInput().getDefiningOp();
    if (!inner || !isa<ClipOp, ReluOp>(inner) || !inner->hasOneUse())
      return rewriter.notifyMatchFailure(clip, "stands alone");
    auto before = dyn_cast<ClipOp>(inner);
    float innerLow = before ? before.getLow().convertToFloat() : 0;
    float innerHigh = before ? before.getHigh().convertToFloat() : infinity;
    float bothLow = std::clamp(innerLow, low, high);
    float bothHigh = std::clamp(innerHigh, low, high);
    rewriter.replaceOpWithNewOp<ClipOp>(
        clip, clip.getType(), inner->getOperand(0), llvm::APFloat(bothLow),
        llvm::APFloat(bothHigh));
    return success();
  }
};
} // namespace

void quantir::populateIdentityPatterns(RewritePatternSet &patterns) {
  patterns.add<DropNeutral, DropWholeSlice, DropEmptyOperand, DropExpand,
               RecognizeClip<MaxOp, true>, RecognizeClip<MinOp, false>,
               SimplifyClip>(patterns.getContext());
}
