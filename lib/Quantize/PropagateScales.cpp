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

static int64_t elementsOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getNumElements();
}

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

/// Why quantizing the operands of `mover` instead of its result would be
/// inexact or cost more than it saves.
static std::optional<StringRef> reasonAgainst(QuantizationInterface mover,
                                              QuantizeOp quantize) {
  auto codes = cast<quant::QuantizedType>(
      getElementTypeOrSelf(quantize.getResult().getType()));
  if (!isActivationCode(codes))
    return "its codes have a scale for each channel";
  if (auto pad = dyn_cast<PadOp>(*mover); pad && !padsWithCode(pad, codes))
    return "the padding has no exact code";
  bool view = isa<ReshapeOp>(*mover);
  if (!view && !mover->getResult(0).hasOneUse())
    return "another op reads the tensor in floating point";
  if (isa<TransposeOp>(*mover) && isArgument(mover->getOperand(0)) &&
      !feedsAttention(quantize.getResult()))
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

static void remarkKept(QuantizeOp quantize, Operation *mover,
                       StringRef reason) {
  remark::missed(quantize.getLoc(), remark::RemarkOpts::name("QuantizeKept")
                                        .category("quantir-propagate-scales"))
      << remark::add("quantize stays behind {0}",
                     mover->getName().getStringRef())
      << remark::reason("{0}", reason.str());
}

static QuantizationInterface sameScaleProducer(QuantizeOp quantize) {
  auto mover = quantize.getInput().getDefiningOp<QuantizationInterface>();
  return mover && mover.movesElements() ? mover : nullptr;
}

namespace {
/// quantize(mover(x...)) -> mover(quantize(x)...)
struct HoistAboveMover : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp quantize,
                                PatternRewriter &rewriter) const override {
    QuantizationInterface mover = sameScaleProducer(quantize);
    if (!mover)
      return rewriter.notifyMatchFailure(quantize, "nothing moves its input");
    if (auto reason = reasonAgainst(mover, quantize))
      return rewriter.notifyMatchFailure(quantize, *reason);
    auto codes = getElementTypeOrSelf(quantize.getResult().getType());
    rewriter.setInsertionPoint(mover);
    Operation *moved = rewriter.clone(*mover);
    rewriter.modifyOpInPlace(moved, [&] {
      for (OpOperand *operand :
           cast<QuantizationInterface>(moved).getActivationOperands())
        operand->set(quantized(operand->get(), codes,
                               quantize.getByReciprocal(), moved, rewriter));
      auto result = cast<RankedTensorType>(mover->getResult(0).getType());
      moved->getResult(0).setType(result.clone(codes));
      moved->setLoc(rewriter.getFusedLoc({mover->getLoc(), quantize.getLoc()}));
    });
    rewriter.replaceOp(quantize, moved);
    if (mover->use_empty())
      rewriter.eraseOp(mover);
    return success();
  }

  static Value quantized(Value value, Type codes, bool byReciprocal,
                         Operation *before, PatternRewriter &rewriter) {
    for (Operation *user : value.getUsers())
      if (auto other = dyn_cast<QuantizeOp>(user);
          other && getElementTypeOrSelf(other.getResult().getType()) == codes &&
          other.getByReciprocal() == byReciprocal &&
          other->isBeforeInBlock(before))
        return other.getResult();
    rewriter.setInsertionPointAfterValue(value);
    auto type = cast<RankedTensorType>(value.getType()).clone(codes);
    return QuantizeOp::create(rewriter, value.getLoc(), type, value,
                              byReciprocal);
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
    if (!slice->hasOneUse() || !isa<QuantizeOp>(*slice->user_begin()))
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
    patterns.add<HoistAboveMover, SliceBeforeTranspose>(&getContext());
    if (failed(applyPatternsGreedily(func, std::move(patterns))))
      return signalPassFailure();
    mergeEqualOps(func);
    func.walk([](QuantizeOp quantize) {
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
