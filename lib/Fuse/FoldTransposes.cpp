#include "Quantir/QuantirOps.h"
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

struct FoldTransposes : quantir::impl::FoldTransposesPassBase<FoldTransposes> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ReadTransposed>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
