// Layer normalization and softmax written out in small steps.

#include "RecognizePatterns.h"
#include "Rewrite.h"

using namespace mlir;
using namespace quantir;

static RankedTensorType tensorOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// What `value` repeats along its last dimension: reshapes and expands that
/// only add or repeat dimensions of size 1 are looked through.
static Value source(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    bool isCopy = isa<ExpandOp>(op);
    if (auto reshape = dyn_cast<ReshapeOp>(op)) {
      auto withoutOnes = [](Value tensor) {
        SmallVector<int64_t> shape(tensorOf(tensor).getShape());
        llvm::erase(shape, 1);
        return shape;
      };
      isCopy = withoutOnes(reshape) == withoutOnes(reshape.getInput());
    }
    if (!isCopy)
      return value;
    value = op->getOperand(0);
  }
  return value;
}

/// The reduction over the last dimension alone behind `value`, or null. Every
/// row's number must have come back to its row.
static ReduceOp rowReduction(Value value, ReduceKind kind) {
  auto reduce = source(value).getDefiningOp<ReduceOp>();
  if (!reduce || reduce.getKind() != kind)
    return {};
  int64_t last = tensorOf(reduce.getInput()).getRank() - 1;
  return reduce.getAxes() == ArrayRef<int64_t>{last} ? reduce : ReduceOp();
}

/// True when `value`, broadcast, has one number for each row of `x`, not
/// another order of them.
static bool alignsWithRows(Value value, Value x) {
  SmallVector<int64_t> rows(tensorOf(x).getShape());
  rows.back() = 1;
  ArrayRef<int64_t> shape = tensorOf(value).getShape();
  bool same = shape == ArrayRef(rows) || shape == tensorOf(x).getShape();
  // A row alone has one number however it is written.
  return same || tensorOf(source(value)).getNumElements() == 1;
}

/// The tensor whose row means `value` is, or null: a mean, or a sum times 1/D.
static Value meanOf(Value value) {
  Value inner = source(value);
  if (ReduceOp mean = rowReduction(inner, ReduceKind::mean))
    return mean.getInput();
  Product product = flattenProduct(inner);
  if (product.values.size() != 1)
    return {};
  ReduceOp sum = rowReduction(product.values[0], ReduceKind::sum);
  if (!sum)
    return {};
  double count = tensorOf(sum.getInput()).getShape().back();
  return isAbout(product.factor, 1 / count) ? sum.getInput() : Value();
}

static bool isSquareOf(Value value, Value x) {
  auto mul = value ? value.getDefiningOp<MulOp>() : MulOp();
  return mul && mul.getLhs() == x && mul.getRhs() == x;
}

/// The x of x - mean(x), or null.
static Value centred(Value value) {
  auto sub = value.getDefiningOp<SubOp>();
  if (!sub || meanOf(sub.getRhs()) != sub.getLhs() ||
      !alignsWithRows(sub.getRhs(), sub.getLhs()))
    return {};
  return sub.getLhs();
}

/// True when `value` is the variance of the rows of `x`: the mean of
/// (x - mean)^2, or mean(x^2) - mean(x)^2, perhaps not below 0.
static bool isVarianceOf(Value value, Value x) {
  value = source(value);
  if (Value squares = meanOf(value)) {
    auto mul = squares.getDefiningOp<MulOp>();
    return mul && mul.getLhs() == mul.getRhs() && centred(mul.getLhs()) == x;
  }
  if (auto relu = value.getDefiningOp<ReluOp>())
    value = relu.getInput();
  auto sub = value.getDefiningOp<SubOp>();
  auto square = sub ? sub.getRhs().getDefiningOp<MulOp>() : MulOp();
  return square && square.getLhs() == square.getRhs() &&
         meanOf(square.getLhs()) == x && isSquareOf(meanOf(sub.getLhs()), x);
}

/// The epsilon of sqrt(variance of x + epsilon), or nothing.
static std::optional<double> deviationOf(Value value, Value x) {
  auto root = source(value).getDefiningOp<SqrtOp>();
  auto sum = root ? source(root.getInput()).getDefiningOp<AddOp>() : AddOp();
  if (!sum || !alignsWithRows(value, x))
    return std::nullopt;
  for (auto [one, other] : {std::pair(sum.getLhs(), sum.getRhs()),
                            std::pair(sum.getRhs(), sum.getLhs())}) {
    std::optional<double> epsilon = splatOf(one);
    if (epsilon && *epsilon > 0 && isVarianceOf(other, x))
      return epsilon;
  }
  return std::nullopt;
}

/// The epsilon of 1 / sqrt(variance of x + epsilon), or nothing.
static std::optional<double> inverseDeviationOf(Value value, Value x) {
  Value inner = source(value);
  if (!alignsWithRows(value, x))
    return std::nullopt;
  if (auto reciprocal = inner.getDefiningOp<ReciprocalOp>()) {
    auto root = source(reciprocal.getInput());
    auto epsilon = deviationOf(root, x);
    return epsilon ? epsilon : deviationOf(reciprocal.getInput(), x);
  }
  auto div = inner.getDefiningOp<DivOp>();
  if (!div || splatOf(div.getLhs()) != 1.0)
    return std::nullopt;
  return deviationOf(div.getRhs(), x);
}

/// A constant as one number for each element of a row of `x`, or null.
static Value rowConstant(PatternRewriter &rewriter, Value value, Value x) {
  RankedTensorType type = tensorOf(value);
  int64_t size = tensorOf(x).getShape().back();
  if (!constantOf(value) || !type.getElementType().isF32())
    return {};
  if (std::optional<double> same = splatOf(value)) {
    auto row = RankedTensorType::get({size}, type.getElementType());
    return ConstantOp::create(rewriter, value.getLoc(),
                              DenseElementsAttr::get(row, float(*same)));
  }
  if (type.getNumElements() != size || type.getShape().back() != size)
    return {};
  return buildReshape(rewriter, value.getLoc(), value, {size});
}

static Value filledRow(PatternRewriter &rewriter, Location location, Value x,
                       float value) {
  auto row = RankedTensorType::get({tensorOf(x).getShape().back()},
                                   rewriter.getF32Type());
  return ConstantOp::create(rewriter, location,
                            DenseElementsAttr::get(row, value));
}

static LogicalResult replaceByNorm(PatternRewriter &rewriter, Operation *op,
                                   Value x, Value scale, double epsilon) {
  if (op->getResult(0).getType() != x.getType())
    return rewriter.notifyMatchFailure(op, "changes the shape");
  if (!scale)
    scale = filledRow(rewriter, op->getLoc(), x, 1);
  rewriter.replaceOpWithNewOp<LayerNormOp>(
      op, x.getType(), x, scale, filledRow(rewriter, op->getLoc(), x, 0),
      llvm::APFloat(float(epsilon)));
  return success();
}

namespace {

/// (x - mean) / sqrt(variance + epsilon)
struct RecognizeDividedNorm : OpRewritePattern<DivOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DivOp div,
                                PatternRewriter &rewriter) const override {
    Value x = centred(div.getLhs());
    std::optional<double> epsilon =
        x ? deviationOf(div.getRhs(), x) : std::nullopt;
    if (!epsilon)
      return rewriter.notifyMatchFailure(div, "divides by no deviation");
    return replaceByNorm(rewriter, div, x, {}, *epsilon);
  }
};

/// (x - mean) * (1 / sqrt(variance + epsilon) * scale)
struct RecognizeMultipliedNorm : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MulOp mul,
                                PatternRewriter &rewriter) const override {
    for (auto [difference, factor] : {std::pair(mul.getLhs(), mul.getRhs()),
                                      std::pair(mul.getRhs(), mul.getLhs())}) {
      Value x = centred(difference);
      if (!x)
        continue;
      if (auto epsilon = inverseDeviationOf(factor, x))
        return replaceByNorm(rewriter, mul, x, {}, *epsilon);
      auto scaled = factor.getDefiningOp<MulOp>();
      if (!scaled)
        continue;
      for (auto [one, other] : {std::pair(scaled.getLhs(), scaled.getRhs()),
                                std::pair(scaled.getRhs(), scaled.getLhs())}) {
        auto epsilon = inverseDeviationOf(one, x);
        Value scale = epsilon ? rowConstant(rewriter, other, x) : Value();
        if (scale)
          return replaceByNorm(rewriter, mul, x, scale, *epsilon);
      }
    }
    return rewriter.notifyMatchFailure(mul, "is no normalization");
  }
};

/// layer_norm(x) * c and + c with a constant row go into scale and bias.
template <typename OpType> struct FoldIntoNorm : OpRewritePattern<OpType> {
  using OpRewritePattern<OpType>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpType op,
                                PatternRewriter &rewriter) const override {
    for (unsigned i = 0; i < 2; ++i) {
      auto norm = op->getOperand(i).template getDefiningOp<LayerNormOp>();
      if (!norm || !norm->hasOneUse() || norm.getType() != op.getType() ||
          !constantOf(norm.getScale()) || !constantOf(norm.getBias()))
        continue;
      Value row = rowConstant(rewriter, op->getOperand(1 - i), norm);
      if (!row)
        continue;
      Location location = op->getLoc();
      Value bias = build<OpType>(rewriter, location, {norm.getBias(), row});
      Value scale = norm.getScale();
      if (std::is_same_v<OpType, MulOp>)
        scale = build<MulOp>(rewriter, location, {scale, row});
      rewriter.replaceOpWithNewOp<LayerNormOp>(
          op, op.getType(), norm.getInput(), scale, bias, norm.getEpsilon());
      return success();
    }
    return rewriter.notifyMatchFailure(op, "follows no normalization");
  }
};

/// exp(x - max) / sum -> softmax(x)
struct RecognizeSoftmax : OpRewritePattern<DivOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DivOp div,
                                PatternRewriter &rewriter) const override {
    auto exp = div.getLhs().getDefiningOp<ExpOp>();
    ReduceOp sum = rowReduction(div.getRhs(), ReduceKind::sum);
    auto sub = exp ? exp.getInput().getDefiningOp<SubOp>() : SubOp();
    if (!sub || !sum || sum.getInput() != exp)
      return rewriter.notifyMatchFailure(div, "is no softmax");
    Value x = sub.getLhs();
    ReduceOp most = rowReduction(sub.getRhs(), ReduceKind::max);
    if (!most || most.getInput() != x || x.getType() != div.getType() ||
        !alignsWithRows(sub.getRhs(), x) || !alignsWithRows(div.getRhs(), x))
      return rewriter.notifyMatchFailure(div, "subtracts no maximum");
    rewriter.replaceOpWithNewOp<SoftmaxOp>(div, x.getType(), x);
    return success();
  }
};
} // namespace

void quantir::populateNormalizationPatterns(RewritePatternSet &patterns) {
  patterns.add<RecognizeDividedNorm, RecognizeMultipliedNorm,
               FoldIntoNorm<MulOp>, FoldIntoNorm<AddOp>, RecognizeSoftmax>(
      patterns.getContext());
}
