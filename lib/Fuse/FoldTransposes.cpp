#include "Quantir/QuantirOps.h"
#include "Quantir/StridedView.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantir/Fuse/Passes.h"

namespace quantir {
#define GEN_PASS_DEF_FOLDTRANSPOSESPASS
#include "quantir/Fuse/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

/// True when nothing moves but the last two dimensions, which change places.
static bool swapsMatrices(ArrayRef<int64_t> permutation) {
  int64_t rank = permutation.size();
  for (auto [i, dim] : llvm::enumerate(permutation.drop_back(2)))
    if (dim != int64_t(i))
      return false;
  return permutation[rank - 1] == rank - 2;
}

namespace {
/// matmul(a, transpose(b)) -> matmul(a, b) {transpose_rhs}, and back
struct ReadTransposed : OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MatmulOp product,
                                PatternRewriter &rewriter) const override {
    auto transpose = product.getRhs().getDefiningOp<TransposeOp>();
    if (!transpose || !transpose->hasOneUse())
      return rewriter.notifyMatchFailure(product, "no transpose for it alone");
    if (!swapsMatrices(transpose.getPermutation()))
      return rewriter.notifyMatchFailure(product, "other dimensions move");
    if (isa<quant::UniformQuantizedPerAxisType>(
            getElementTypeOrSelf(transpose.getType())))
      return rewriter.notifyMatchFailure(product, "its codes have an axis");
    rewriter.modifyOpInPlace(product, [&] {
      product.getRhsMutable().assign(transpose.getInput());
      product.setTransposeRhs(!product.getTransposeRhs());
      product->setLoc(
          rewriter.getFusedLoc({transpose.getLoc(), product.getLoc()}));
    });
    rewriter.eraseOp(transpose);
    return success();
  }
};

/// transpose(reshape(transpose(x))) -> reshape(transpose(reshape(x))), or a
/// reshape alone where all elements are back in their order
struct ComposeTransposes : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp last,
                                PatternRewriter &rewriter) const override {
    auto reshape = last.getInput().getDefiningOp<ReshapeOp>();
    auto first =
        reshape ? reshape.getInput().getDefiningOp<TransposeOp>() : nullptr;
    if (!first)
      return rewriter.notifyMatchFailure(last, "no transpose before it");
    if (isa<quant::UniformQuantizedPerAxisType>(
            getElementTypeOrSelf(first.getInput().getType())))
      return rewriter.notifyMatchFailure(last, "its codes have an axis");
    std::optional<Runs> runs = runsOf({first, reshape, last});
    if (!runs)
      return rewriter.notifyMatchFailure(last, "dimensions are mixed");
    bool isOnlyReader = first->hasOneUse() && reshape->hasOneUse();
    if (!isOnlyReader && runs->size() > 1)
      return rewriter.notifyMatchFailure(last, "others read what comes before");
    Location location = rewriter.getFusedLoc({first.getLoc(), last.getLoc()});
    Value moved = runs->size() > 1
                      ? move(first.getInput(), *runs, location, rewriter)
                      : first.getInput();
    rewriter.replaceOpWithNewOp<ReshapeOp>(last, last.getType(), moved);
    return success();
  }

private:
  using Runs = StridedView::Dim;

  /// The result's elements as runs of the first operand's, the slowest first;
  /// one run where none moves.
  static std::optional<Runs> runsOf(ArrayRef<Operation *> moves) {
    std::optional<StridedView> view =
        StridedView::whole(shapeOf(moves.front()->getOperand(0)));
    for (Operation *op : moves)
      if (view)
        view = viewThrough(op, *view);
    if (!view)
      return std::nullopt;
    Runs runs;
    for (const StridedView::Dim &dim : view->dims)
      for (StridedView::Run run : dim)
        if (!runs.empty() && runs.back().stride == run.size * run.stride)
          runs.back() = {runs.back().size * run.size, run.stride};
        else
          runs.push_back(run);
    return runs;
  }

  /// `value` with each run as a dimension, transposed.
  static Value move(Value value, ArrayRef<StridedView::Run> runs,
                    Location location, PatternRewriter &rewriter) {
    auto order = llvm::to_vector(llvm::seq<int64_t>(0, runs.size()));
    llvm::sort(order, [&](int64_t a, int64_t b) {
      return runs[a].stride > runs[b].stride;
    });
    auto sizes =
        llvm::map_to_vector(order, [&](int64_t run) { return runs[run].size; });
    Value split = rewriter.createOrFold<ReshapeOp>(
        location, typeOf(value).clone(sizes), value);
    auto moved = llvm::map_to_vector(
        runs, [](StridedView::Run run) { return run.size; });
    return TransposeOp::create(rewriter, location, typeOf(value).clone(moved),
                               split, invertPermutationVector(order));
  }
};

struct FoldTransposes : quantir::impl::FoldTransposesPassBase<FoldTransposes> {
  void runOnOperation() override {
    // What a product reads as it lies need not be composed.
    if (failed(apply<ReadTransposed>()) || failed(apply<ComposeTransposes>()))
      signalPassFailure();
  }

  template <typename Pattern> LogicalResult apply() {
    RewritePatternSet patterns(&getContext());
    patterns.add<Pattern>(&getContext());
    return applyPatternsGreedily(getOperation(), std::move(patterns));
  }
};
} // namespace
