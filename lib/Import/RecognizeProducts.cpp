// Products of two computed tensors, as attention has them: the operands' scales
// and transposes go where one set of passes looks for them.

#include "RecognizePatterns.h"
#include "Rewrite.h"

using namespace mlir;
using namespace quantir;

/// The factor of x * c and x / c in f32 that keep the shape of x, and x.
static std::optional<std::pair<Value, double>> scaled(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !isa<MulOp, DivOp>(op) || !typeOf(value).getElementType().isF32())
    return std::nullopt;
  for (unsigned i = isa<DivOp>(op) ? 1 : 0; i < 2; ++i) {
    std::optional<double> number = splatOf(op->getOperand(i));
    Value x = op->getOperand(1 - i);
    if (!number || *number == 0 || x.getType() != value.getType())
      continue;
    return std::pair(x, isa<DivOp>(op) ? 1 / *number : *number);
  }
  return std::nullopt;
}

static Value multiply(PatternRewriter &rewriter, Location location, Value value,
                      double factor) {
  auto scalar = RankedTensorType::get({}, rewriter.getF32Type());
  Value number = ConstantOp::create(
      rewriter, location, DenseElementsAttr::get(scalar, float(factor)));
  return MulOp::create(rewriter, location, value.getType(), value, number);
}

/// A constant takes scales and transposes into itself.
static bool isComputed(MatmulOp matmul) {
  return !constantOf(matmul.getLhs()) && !constantOf(matmul.getRhs());
}

namespace {

/// matmul(q * a, k / b) -> matmul(q, k) * (a / b)
struct ScaleAfterProduct : OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MatmulOp matmul,
                                PatternRewriter &rewriter) const override {
    if (!isComputed(matmul) || matmul.getBias())
      return rewriter.notifyMatchFailure(matmul, "has a constant operand");
    double factor = 1;
    Value operands[] = {matmul.getLhs(), matmul.getRhs()};
    for (Value &operand : operands)
      if (auto found = scaled(operand)) {
        operand = found->first;
        factor *= found->second;
      }
    if (operands[0] == matmul.getLhs() && operands[1] == matmul.getRhs())
      return rewriter.notifyMatchFailure(matmul, "has no scaled operand");
    Value product = MatmulOp::create(rewriter, matmul.getLoc(),
                                     matmul.getType(), operands[0], operands[1],
                                     Value(), matmul.getTransposeRhs());
    rewriter.replaceOp(matmul,
                       multiply(rewriter, matmul.getLoc(), product, factor));
    return success();
  }
};

/// x * a / b -> x * (a / b), and matmul / b -> matmul * (1 / b)
struct MergeScales : OpInterfaceRewritePattern<ElementwiseInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(ElementwiseInterface op,
                                PatternRewriter &rewriter) const override {
    auto outer = scaled(op->getResult(0));
    if (!outer)
      return rewriter.notifyMatchFailure(op, "is no scale");
    auto [value, factor] = *outer;
    auto inner = scaled(value);
    bool merges = inner && value.hasOneUse();
    if (merges) {
      value = inner->first;
      factor *= inner->second;
    }
    if (!merges &&
        !(isa<DivOp>(op.getOperation()) && value.getDefiningOp<MatmulOp>()))
      return rewriter.notifyMatchFailure(op, "stands alone");
    if (!std::isfinite(float(factor)) || float(factor) == 0)
      return rewriter.notifyMatchFailure(op, "leaves the range of f32");
    rewriter.replaceOp(op, multiply(rewriter, op->getLoc(), value, factor));
    return success();
  }
};

/// matmul(q, transpose(k)) -> matmul(q, k) {transpose_rhs}, where the transpose
/// moves the last dimension forward; what else it moves stays.
struct TransposeInProduct : OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MatmulOp matmul,
                                PatternRewriter &rewriter) const override {
    auto transpose = matmul.getRhs().getDefiningOp<TransposeOp>();
    if (!transpose || !isComputed(matmul))
      return rewriter.notifyMatchFailure(matmul, "has no transposed operand");
    SmallVector<int64_t> permutation(transpose.getPermutation());
    size_t rank = permutation.size();
    bool lastMoves = permutation[rank - 2] == int64_t(rank - 1);
    if (!lastMoves)
      return rewriter.notifyMatchFailure(matmul, "keeps rows as they are");
    std::swap(permutation[rank - 2], permutation[rank - 1]);
    Value rhs = buildTranspose(rewriter, transpose.getLoc(),
                               transpose.getInput(), permutation);
    rewriter.modifyOpInPlace(matmul, [&] {
      matmul.getRhsMutable().assign(rhs);
      matmul.setTransposeRhs(!matmul.getTransposeRhs());
    });
    return success();
  }
};
} // namespace

void quantir::populateProductPatterns(RewritePatternSet &patterns) {
  patterns.add<ScaleAfterProduct, MergeScales, TransposeInProduct>(
      patterns.getContext());
}
