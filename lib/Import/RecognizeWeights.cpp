// Scales and shifts by channel behind a convolution or matmul go into its
// constants; weights of a matmul are laid out by rows.

#include "RecognizePatterns.h"
#include "Rewrite.h"

using namespace mlir;
using namespace quantir;

/// `constant`, which broadcasts against the result of `op`, as one f32 for each
/// of its `channels` (the last dimension); null when it varies otherwise.
static Value channelRow(PatternRewriter &rewriter, Value constant,
                        RankedTensorType result) {
  RankedTensorType type = typeOf(constant);
  int64_t channels = result.getShape().back();
  if (!constantOf(constant) || !type.getElementType().isF32() ||
      type.getRank() > result.getRank())
    return {};
  if (type.getNumElements() == 1) {
    Value one = buildReshape(rewriter, constant.getLoc(), constant, {1});
    return channels == 1
               ? one
               : foldOp(rewriter,
                        ExpandOp::create(rewriter, constant.getLoc(),
                                         type.clone({channels}), one));
  }
  if (type.getNumElements() != channels || type.getShape().back() != channels)
    return {};
  return buildReshape(rewriter, constant.getLoc(), constant, {channels});
}

/// A convolution or matmul in f32 with constant weights and bias, whose result
/// is read once, perhaps through a reshape that keeps the channels; else null.
static Operation *foldable(Value value) {
  auto reshape = value.getDefiningOp<ReshapeOp>();
  if (reshape && reshape->hasOneUse() && typeOf(value).getRank() != 0 &&
      typeOf(reshape.getInput()).getShape().take_back() ==
          typeOf(value).getShape().take_back())
    value = reshape.getInput();
  Operation *op = value.getDefiningOp();
  if (!op || !isa<ConvOp, MatmulOp>(op) || !op->hasOneUse() ||
      !constantOf(op->getOperand(1)) ||
      !typeOf(op->getOperand(1)).getElementType().isF32())
    return nullptr;
  bool hasBias = op->getNumOperands() == 3;
  return !hasBias || constantOf(op->getOperand(2)) ? op : nullptr;
}

/// The shape that lets a channel row scale the weights.
static SmallVector<int64_t> rowShape(Operation *op, int64_t channels) {
  if (isa<ConvOp>(op))
    return {channels, 1, 1, 1};
  if (cast<MatmulOp>(op).getTransposeRhs())
    return {channels, 1};
  return {channels};
}

/// The operands of a commutative op as (product, constant), or nulls.
static std::pair<Operation *, Value> productAndConstant(Operation *op) {
  for (unsigned i = 0; i < 2; ++i)
    if (Operation *product = foldable(op->getOperand(i)))
      if (constantOf(op->getOperand(1 - i)) &&
          op->getOperand(i).getType() == op->getResult(0).getType())
        return {product, op->getOperand(1 - i)};
  return {nullptr, Value()};
}

static void replaceFused(PatternRewriter &rewriter, Operation *op,
                         Operation *product, ArrayRef<Value> operands) {
  Operation *fused = rewriter.clone(*product);
  fused->setOperands(operands);
  fused->setLoc(rewriter.getFusedLoc({product->getLoc(), op->getLoc()}));
  rewriter.replaceOp(op,
                     buildReshape(rewriter, op->getLoc(), fused->getResult(0),
                                  typeOf(op->getResult(0)).getShape()));
}

namespace {

/// conv(x, w, b) * c -> conv(x, w * c, b * c)
struct FoldScale : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MulOp mul,
                                PatternRewriter &rewriter) const override {
    auto [product, constant] = productAndConstant(mul);
    Value row =
        product ? channelRow(rewriter, constant, mul.getType()) : Value();
    if (!row)
      return rewriter.notifyMatchFailure(mul, "scales no product by channel");
    Location location = mul.getLoc();
    Value weights = product->getOperand(1);
    Value column = buildReshape(rewriter, location, row,
                                rowShape(product, typeOf(row).getDimSize(0)));
    SmallVector<Value> operands{
        product->getOperand(0),
        build<MulOp>(rewriter, weights.getLoc(), {weights, column})};
    if (product->getNumOperands() == 3)
      operands.push_back(
          build<MulOp>(rewriter, location, {product->getOperand(2), row}));
    replaceFused(rewriter, mul, product, operands);
    return success();
  }
};

/// conv(x, w, b) + c -> conv(x, w, b + c)
struct FoldShift : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AddOp add,
                                PatternRewriter &rewriter) const override {
    auto [product, constant] = productAndConstant(add);
    Value row =
        product ? channelRow(rewriter, constant, add.getType()) : Value();
    if (!row)
      return rewriter.notifyMatchFailure(add, "shifts no product by channel");
    SmallVector<Value> operands(product->getOperands());
    if (operands.size() == 3)
      operands[2] = build<AddOp>(rewriter, add.getLoc(), {operands[2], row});
    else
      operands.push_back(row);
    replaceFused(rewriter, add, product, operands);
    return success();
  }
};

/// matmul(x, w [K, N]) -> matmul(x, w' [N, K]) for constant weights
struct LayOutWeights : OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MatmulOp matmul,
                                PatternRewriter &rewriter) const override {
    Value weights = matmul.getRhs();
    if (matmul.getTransposeRhs() || typeOf(weights).getRank() != 2 ||
        !constantOf(weights))
      return rewriter.notifyMatchFailure(matmul, "has no [K, N] constant");
    Value rows = buildTranspose(rewriter, weights.getLoc(), weights, {1, 0});
    rewriter.modifyOpInPlace(matmul, [&] {
      matmul.getRhsMutable().assign(rows);
      matmul.setTransposeRhs(true);
    });
    return success();
  }
};
} // namespace

void quantir::populateWeightPatterns(RewritePatternSet &patterns) {
  patterns.add<FoldScale, FoldShift, LayOutWeights>(patterns.getContext());
}
