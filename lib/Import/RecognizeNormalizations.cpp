// Normalizations of rows and softmax written out in small steps.

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
  if (rows.empty())
    return false;
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

static bool isMeanSquareOf(Value value, Value x) {
  return isSquareOf(meanOf(value), x);
}

/// What is under the root: `isVarianceOf` or `isMeanSquareOf`.
using Spread = bool (*)(Value value, Value x);

/// The epsilon of sqrt(spread of x + epsilon), or nothing.
static std::optional<double> rootOf(Value value, Value x, Spread isSpread) {
  auto root = source(value).getDefiningOp<SqrtOp>();
  auto sum = root ? source(root.getInput()).getDefiningOp<AddOp>() : AddOp();
  if (!sum || !alignsWithRows(value, x))
    return std::nullopt;
  for (auto [one, other] : {std::pair(sum.getLhs(), sum.getRhs()),
                            std::pair(sum.getRhs(), sum.getLhs())}) {
    std::optional<double> epsilon = splatOf(one);
    if (epsilon && *epsilon > 0 && isSpread(other, x))
      return epsilon;
  }
  return std::nullopt;
}

/// The epsilon of 1 / sqrt(spread of x + epsilon), or nothing.
static std::optional<double> inverseRootOf(Value value, Value x,
                                           Spread isSpread) {
  Value inner = source(value);
  if (!alignsWithRows(value, x))
    return std::nullopt;
  if (auto reciprocal = inner.getDefiningOp<ReciprocalOp>()) {
    auto root = source(reciprocal.getInput());
    auto epsilon = rootOf(root, x, isSpread);
    return epsilon ? epsilon : rootOf(reciprocal.getInput(), x, isSpread);
  }
  auto div = inner.getDefiningOp<DivOp>();
  if (!div || splatOf(div.getLhs()) != 1.0)
    return std::nullopt;
  return rootOf(div.getRhs(), x, isSpread);
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

namespace {
/// The normalization that an expression is.
struct Norm {
  Value x;
  bool isCentred; ///< layer_norm, else rms_norm
  double epsilon;
};
} // namespace

static LogicalResult replaceByNorm(PatternRewriter &rewriter, Operation *op,
                                   const Norm &norm, Value scale = {}) {
  RankedTensorType type = tensorOf(norm.x);
  if (op->getResult(0).getType() != type)
    return rewriter.notifyMatchFailure(op, "changes the shape");
  if (!scale)
    scale = filledRow(rewriter, op->getLoc(), norm.x, 1);
  llvm::APFloat epsilon(float(norm.epsilon));
  if (!norm.isCentred)
    rewriter.replaceOpWithNewOp<RmsNormOp>(op, type, norm.x, scale, epsilon);
  else
    rewriter.replaceOpWithNewOp<LayerNormOp>(
        op, type, norm.x, scale, filledRow(rewriter, op->getLoc(), norm.x, 0),
        epsilon);
  return success();
}

/// `value` times `factor` as a normalization, where `find` tells the epsilon
/// that `factor` brings.
static std::optional<Norm> findNorm(Value value, Value factor,
                                    std::optional<double> (*find)(Value, Value,
                                                                  Spread)) {
  if (Value x = centred(value))
    if (auto epsilon = find(factor, x, isVarianceOf))
      return Norm{x, true, *epsilon};
  if (auto epsilon = find(factor, value, isMeanSquareOf))
    return Norm{value, false, *epsilon};
  return std::nullopt;
}

namespace {

/// (x - mean) / sqrt(variance + epsilon) and x / sqrt(mean square + epsilon)
struct RecognizeDividedNorm : OpRewritePattern<DivOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DivOp div,
                                PatternRewriter &rewriter) const override {
    if (auto norm = findNorm(div.getLhs(), div.getRhs(), rootOf))
      return replaceByNorm(rewriter, div, *norm);
    return rewriter.notifyMatchFailure(div, "divides by no deviation");
  }
};

/// (x - mean) * (1 / sqrt(variance + epsilon) * scale), and without the mean
struct RecognizeMultipliedNorm : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MulOp mul,
                                PatternRewriter &rewriter) const override {
    for (auto [value, factor] : {std::pair(mul.getLhs(), mul.getRhs()),
                                 std::pair(mul.getRhs(), mul.getLhs())}) {
      if (auto norm = findNorm(value, factor, inverseRootOf))
        return replaceByNorm(rewriter, mul, *norm);
      auto scaled = factor.getDefiningOp<MulOp>();
      if (!scaled)
        continue;
      for (auto [one, other] : {std::pair(scaled.getLhs(), scaled.getRhs()),
                                std::pair(scaled.getRhs(), scaled.getLhs())}) {
        auto norm = findNorm(value, one, inverseRootOf);
        Value scale = norm ? rowConstant(rewriter, other, norm->x) : Value();
        if (scale)
          return replaceByNorm(rewriter, mul, *norm, scale);
      }
    }
    return rewriter.notifyMatchFailure(mul, "is no normalization");
  }
};

/// rms_norm(x) * c with a constant row goes into its scale.
struct FoldIntoRmsNorm : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MulOp mul,
                                PatternRewriter &rewriter) const override {
    for (unsigned i = 0; i < 2; ++i) {
      auto norm = mul->getOperand(i).getDefiningOp<RmsNormOp>();
      if (!norm || !norm->hasOneUse() || norm.getType() != mul.getType() ||
          !constantOf(norm.getScale()))
        continue;
      Value row = rowConstant(rewriter, mul->getOperand(1 - i), norm);
      if (!row)
        continue;
      Value scale =
          build<MulOp>(rewriter, mul.getLoc(), {norm.getScale(), row});
      rewriter.replaceOpWithNewOp<RmsNormOp>(
          mul, mul.getType(), norm.getInput(), scale, norm.getEpsilon());
      return success();
    }
    return rewriter.notifyMatchFailure(mul, "follows no normalization");
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

} // namespace

/// exp(x - max) over its `sum` -> softmax(x); `factor` is what the exponentials
/// meet.
static LogicalResult replaceBySoftmax(PatternRewriter &rewriter, Operation *op,
                                      Value share, Value sum, Value factor) {
  auto exp = share.getDefiningOp<ExpOp>();
  ReduceOp total = rowReduction(sum, ReduceKind::sum);
  auto sub = exp ? exp.getInput().getDefiningOp<SubOp>() : SubOp();
  if (!sub || !total || total.getInput() != exp)
    return rewriter.notifyMatchFailure(op, "is no softmax");
  Value x = sub.getLhs();
  ReduceOp most = rowReduction(sub.getRhs(), ReduceKind::max);
  if (!most || most.getInput() != x ||
      x.getType() != op->getResult(0).getType() ||
      !alignsWithRows(sub.getRhs(), x) || !alignsWithRows(factor, x))
    return rewriter.notifyMatchFailure(op, "subtracts no maximum");
  rewriter.replaceOpWithNewOp<SoftmaxOp>(op, x.getType(), x);
  return success();
}

namespace {

/// exp(x - max) / sum -> softmax(x)
struct RecognizeSoftmax : OpRewritePattern<DivOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DivOp div,
                                PatternRewriter &rewriter) const override {
    return replaceBySoftmax(rewriter, div, div.getLhs(), div.getRhs(),
                            div.getRhs());
  }
};

/// exp(x - max) * (1 / sum) -> softmax(x)
struct RecognizeMultipliedSoftmax : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MulOp mul,
                                PatternRewriter &rewriter) const override {
    for (auto [share, factor] : {std::pair(mul.getLhs(), mul.getRhs()),
                                 std::pair(mul.getRhs(), mul.getLhs())}) {
      auto inverse = source(factor).getDefiningOp<ReciprocalOp>();
      if (inverse && succeeded(replaceBySoftmax(rewriter, mul, share,
                                                inverse.getInput(), factor)))
        return success();
    }
    return rewriter.notifyMatchFailure(mul, "is no softmax");
  }
};
} // namespace

void quantir::populateNormalizationPatterns(RewritePatternSet &patterns) {
  patterns.add<RecognizeDividedNorm, RecognizeMultipliedNorm, FoldIntoRmsNorm,
               FoldIntoNorm<MulOp>, FoldIntoNorm<AddOp>, RecognizeSoftmax,
               RecognizeMultipliedSoftmax>(patterns.getContext());
}
