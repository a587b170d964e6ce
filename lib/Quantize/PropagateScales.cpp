#include "Quantir/QuantirOps.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantir/Quantize/Passes.h"

namespace quantir {
#define GEN_PASS_DEF_PROPAGATESCALESPASS
#include "quantir/Quantize/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

/// Padding with codes adds exactly the code that padding with the real value
/// and quantizing would have.
static bool padsWithCode(PadOp pad, quant::QuantizedType codes) {
  if (pad.getMode() != PadMode::constant)
    return true;
  double value = pad.getValue().convertToDouble();
  double exact = std::nearbyint(value / getScales(codes)[0]) +
                 double(getZeroPoints(codes)[0]);
  auto nearest = int64_t(std::clamp<double>(exact, codes.getStorageTypeMin(),
                                            codes.getStorageTypeMax()));
  return std::isfinite(value) && nearest == codeOf(float(value), codes);
}

static bool isArgument(Value value) {
  while (auto reshape = value.getDefiningOp<ReshapeOp>())
    value = reshape.getInput();
  return isa<BlockArgument>(value);
}

/// True when products of two activations read `value`, moved or not: kernels of
/// attention read them where they lie.
static bool feedsAttention(Value value) {
  return llvm::all_of(value.getUsers(), [](Operation *user) {
    if (isa<ReshapeOp, TransposeOp, ExpandOp>(user))
      return feedsAttention(user->getResult(0));
    auto product = dyn_cast<MatmulOp>(user);
    return product && !product.getLhs().getDefiningOp<ConstantOp>() &&
           !product.getRhs().getDefiningOp<ConstantOp>();
  });
}

/// Makes fewer bytes of the same elements.
static bool isNarrowing(Operation *op) {
  return isa<QuantizeOp>(op) ||
         (isa<CastOp>(op) && getElementTypeOrSelf(op->getResult(0)).isBF16());
}

/// Why quantizing the operands of `mover` instead of its result would be
/// inexact or cost more than it saves.
static std::optional<StringRef> reasonAgainst(QuantizationInterface mover,
                                              Operation *quantize) {
  Type narrow = getElementTypeOrSelf(quantize->getResult(0).getType());
  if (narrow.isBF16()) {
    if (isa<MaxPoolOp, ReduceOp>(*mover))
      return "nothing compares bf16";
    if (auto pad = dyn_cast<PadOp>(*mover); pad && !pad.getValue().isZero())
      return "the padding may be no bf16";
  } else {
    auto codes = cast<quant::QuantizedType>(narrow);
    if (!isActivationCode(codes))
      return "its codes have a scale for each channel";
    if (auto pad = dyn_cast<PadOp>(*mover); pad && !padsWithCode(pad, codes))
      return "the padding has no exact code";
  }
  bool view = isa<ReshapeOp>(*mover);
  if (!view && !mover->getResult(0).hasOneUse())
    return "another op reads the tensor in floating point";
  if (isa<TransposeOp>(*mover) && isArgument(mover->getOperand(0)) &&
      !feedsAttention(quantize->getResult(0)))
    return "the transposed input of the model is quantized as it is read";
  int64_t read = 0;
  bool shared = false;
  for (OpOperand *operand : mover.getActivationOperands()) {
    read += elementsOf(operand->get());
    shared |= !operand->get().hasOneUse();
  }
  if (shared && read > elementsOf(mover->getResult(0)))
    return "more elements would be quantized";
  return std::nullopt;
}

static void remarkKept(Operation *quantize, Operation *mover,
                       StringRef reason) {
  remark::missed(quantize->getLoc(), remark::RemarkOpts::name("QuantizeKept")
                                         .category("quantir-propagate-scales"))
      << remark::add("{0} stays behind {1}", quantize->getName().stripDialect(),
                     mover->getName().getStringRef())
      << remark::reason("{0}", reason.str());
}

static QuantizationInterface sameScaleProducer(Operation *quantize) {
  auto mover = quantize->getOperand(0).getDefiningOp<QuantizationInterface>();
  return mover && mover.movesElements() ? mover : nullptr;
}

namespace {
/// quantize(mover(x...)) -> mover(quantize(x)...)
template <class NarrowingOp>
struct HoistAboveMover : OpRewritePattern<NarrowingOp> {
  using OpRewritePattern<NarrowingOp>::OpRewritePattern;
  LogicalResult matchAndRewrite(NarrowingOp quantize,
                                PatternRewriter &rewriter) const override {
    if (!isNarrowing(quantize))
      return rewriter.notifyMatchFailure(quantize, "makes no fewer bytes");
    QuantizationInterface mover = sameScaleProducer(quantize);
    if (!mover)
      return rewriter.notifyMatchFailure(quantize, "nothing moves its input");
    if (auto reason = reasonAgainst(mover, quantize))
      return rewriter.notifyMatchFailure(quantize, *reason);
    Type narrow = getElementTypeOrSelf(quantize.getResult().getType());
    rewriter.setInsertionPoint(mover);
    Operation *moved = rewriter.clone(*mover);
    rewriter.modifyOpInPlace(moved, [&] {
      for (OpOperand *operand :
           cast<QuantizationInterface>(moved).getActivationOperands())
        operand->set(narrowed(operand->get(), quantize, moved, rewriter));
      auto result = cast<RankedTensorType>(mover->getResult(0).getType());
      moved->getResult(0).setType(result.clone(narrow));
      moved->setLoc(rewriter.getFusedLoc({mover->getLoc(), quantize.getLoc()}));
    });
    rewriter.replaceOp(quantize, moved);
    if (mover->use_empty())
      rewriter.eraseOp(mover);
    return success();
  }

  /// `value` as `like` makes it, by an op in front of `before`.
  static Value narrowed(Value value, NarrowingOp like, Operation *before,
                        PatternRewriter &rewriter) {
    Type narrow = getElementTypeOrSelf(like.getResult().getType());
    for (Operation *user : value.getUsers())
      if (auto other = dyn_cast<NarrowingOp>(user);
          other &&
          getElementTypeOrSelf(other.getResult().getType()) == narrow &&
          other->getAttrs() == like->getAttrs() &&
          other->isBeforeInBlock(before))
        return other.getResult();
    rewriter.setInsertionPointAfterValue(value);
    auto type = cast<RankedTensorType>(value.getType()).clone(narrow);
    return NarrowingOp::create(rewriter, value.getLoc(), TypeRange{type},
                               ValueRange{value}, like->getAttrs())
        .getResult();
  }
};

/// slice(transpose(x)) -> transpose(slice(x)) in front of a quantize, which
/// then gets past the transpose: other readers of it have slices of their own.
struct SliceBeforeTranspose : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp slice,
                                PatternRewriter &rewriter) const override {
    auto transpose = slice.getInput().getDefiningOp<TransposeOp>();
    if (!transpose || isArgument(transpose.getInput()))
      return rewriter.notifyMatchFailure(slice, "input is not transposed");
    if (!slice->hasOneUse() || !isNarrowing(*slice->user_begin()))
      return rewriter.notifyMatchFailure(slice, "no quantize alone reads it");
    ArrayRef<int64_t> permutation = transpose.getPermutation();
    auto before = [inverse = invertPermutationVector(permutation)](
                      ArrayRef<int64_t> values) {
      return applyPermutation(values, inverse);
    };
    auto type = slice.getType();
    Value part = SliceOp::create(
        rewriter, slice.getLoc(), type.clone(before(type.getShape())),
        transpose.getInput(), before(slice.getOffsets()),
        before(slice.getSizes()), before(slice.getSteps()));
    rewriter.replaceOpWithNewOp<TransposeOp>(slice, type, part, permutation);
    return success();
  }
};

struct PropagateScales
    : quantir::impl::PropagateScalesPassBase<PropagateScales> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    // Equal quantizes first: one hoist serves all readers.
    mergeEqualOps(func);
    RewritePatternSet patterns(&getContext());
    patterns.add<HoistAboveMover<QuantizeOp>, HoistAboveMover<CastOp>,
                 SliceBeforeTranspose>(&getContext());
    if (failed(applyPatternsGreedily(func, std::move(patterns))))
      return signalPassFailure();
    mergeEqualOps(func);
    func.walk([](Operation *quantize) {
      if (!isNarrowing(quantize))
        return;
      if (QuantizationInterface mover = sameScaleProducer(quantize))
        if (auto reason = reasonAgainst(mover, quantize))
          remarkKept(quantize, mover, *reason);
    });
  }

  static void mergeEqualOps(func::FuncOp func) {
    IRRewriter rewriter(func.getContext());
    DominanceInfo dominance(func);
    eliminateCommonSubExpressions(rewriter, dominance, func);
  }
};
} // namespace
