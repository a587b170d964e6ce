// Normalizations of rows and softmax written out in small steps. The rows lie
// along the last dimension, those of a normalization perhaps along another.

#include "RecognizePatterns.h"
#include "Rewrite.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace quantir;

/// What `value` repeats along one dimension: reshapes and expands that
/// only add or repeat dimensions of size 1 are looked through.
static Value source(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    bool isCopy = isa<ExpandOp>(op);
    if (auto reshape = dyn_cast<ReshapeOp>(op)) {
      auto withoutOnes = [](Value tensor) {
        SmallVector<int64_t> shape(typeOf(tensor).getShape());
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

/// The reduction over one dimension alone behind `value`, or null. Every row's
/// number must have come back to its row.
static ReduceOp rowReduction(Value value, ReduceKind kind, int64_t axis) {
  auto reduce = source(value).getDefiningOp<ReduceOp>();
  if (!reduce || reduce.getKind() != kind)
    return {};
  return reduce.getAxes() == ArrayRef<int64_t>{axis} ? reduce : ReduceOp();
}

static int64_t lastAxis(Value value) { return typeOf(value).getRank() - 1; }

/// True when `value`, broadcast, has one number for each row of `x`, not
/// another order of them.
static bool alignsWithRows(Value value, Value x, int64_t axis) {
  SmallVector<int64_t> rows(typeOf(x).getShape());
  if (rows.empty())
    return false;
  rows[axis] = 1;
  ArrayRef<int64_t> shape = typeOf(value).getShape();
  bool same = shape == ArrayRef(rows) || shape == typeOf(x).getShape();
  // A row alone has one number however it is written.
  return same || typeOf(source(value)).getNumElements() == 1;
}

/// The tensor whose row means `value` is, or null: a mean, or a sum times 1/D.
static Value meanOf(Value value, int64_t axis) {
  Value inner = source(value);
  if (ReduceOp mean = rowReduction(inner, ReduceKind::mean, axis))
    return mean.getInput();
  Product product = flattenProduct(inner);
  if (product.values.size() != 1)
    return {};
  ReduceOp sum = rowReduction(product.values[0], ReduceKind::sum, axis);
  if (!sum)
    return {};
  double count = typeOf(sum.getInput()).getDimSize(axis);
  return isAbout(product.factor, 1 / count) ? sum.getInput() : Value();
}

static bool isSquareOf(Value value, Value x) {
  auto mul = value ? value.getDefiningOp<MulOp>() : MulOp();
  return mul && mul.getLhs() == x && mul.getRhs() == x;
}

/// The x of x - mean(x), or null.
static Value centred(Value value, int64_t axis) {
  auto sub = value.getDefiningOp<SubOp>();
  if (!sub || meanOf(sub.getRhs(), axis) != sub.getLhs() ||
      !alignsWithRows(sub.getRhs(), sub.getLhs(), axis))
    return {};
  return sub.getLhs();
}

/// True when `value` is the variance of the rows of `x`: the mean of
/// (x - mean)^2, or mean(x^2) - mean(x)^2, perhaps not below 0.
static bool isVarianceOf(Value value, Value x, int64_t axis) {
  value = source(value);
  if (Value squares = meanOf(value, axis)) {
    auto mul = squares.getDefiningOp<MulOp>();
    return mul && mul.getLhs() == mul.getRhs() &&
           centred(mul.getLhs(), axis) == x;
  }
  if (auto relu = value.getDefiningOp<ReluOp>())
    value = relu.getInput();
  auto sub = value.getDefiningOp<SubOp>();
  auto square = sub ? sub.getRhs().getDefiningOp<MulOp>() : MulOp();
  return square && square.getLhs() == square.getRhs() &&
         meanOf(square.getLhs(), axis) == x &&
         isSquareOf(meanOf(sub.getLhs(), axis), x);
}

static bool isMeanSquareOf(Value value, Value x, int64_t axis) {
  return isSquareOf(meanOf(value, axis), x);
}

/// What is under the root: `isVarianceOf` or `isMeanSquareOf`.
using Spread = bool (*)(Value value, Value x, int64_t axis);

/// The epsilon of sqrt(spread of x + epsilon), or nothing.
static std::optional<double> rootOf(Value value, Value x, int64_t axis,
                                    Spread isSpread) {
  auto root = source(value).getDefiningOp<SqrtOp>();
  auto sum = root ? source(root.getInput()).getDefiningOp<AddOp>() : AddOp();
  if (!sum || !alignsWithRows(value, x, axis))
    return std::nullopt;
  for (auto [one, other] : {std::pair(sum.getLhs(), sum.getRhs()),
                            std::pair(sum.getRhs(), sum.getLhs())}) {
    std::optional<double> epsilon = splatOf(one);
    if (epsilon && *epsilon > 0 && isSpread(other, x, axis))
      return epsilon;
  }
  return std::nullopt;
}

/// The epsilon of 1 / sqrt(spread of x + epsilon), or nothing.
static std::optional<double> inverseRootOf(Value value, Value x, int64_t axis,
                                           Spread isSpread) {
  Value inner = source(value);
  if (!alignsWithRows(value, x, axis))
    return std::nullopt;
  if (auto reciprocal = inner.getDefiningOp<ReciprocalOp>()) {
    auto root = source(reciprocal.getInput());
    auto epsilon = rootOf(root, x, axis, isSpread);
    return epsilon ? epsilon : rootOf(reciprocal.getInput(), x, axis, isSpread);
  }
  auto div = inner.getDefiningOp<DivOp>();
  if (!div || splatOf(div.getLhs()) != 1.0)
    return std::nullopt;
  return rootOf(div.getRhs(), x, axis, isSpread);
}

/// A constant as one number for each element of a row of `x`, or null.
static Value rowConstant(PatternRewriter &rewriter, Value value, Value x,
                         int64_t axis) {
  RankedTensorType type = typeOf(value);
  int64_t size = typeOf(x).getDimSize(axis);
  if (!constantOf(value) || !type.getElementType().isF32())
    return {};
  if (std::optional<double> same = splatOf(value)) {
    auto row = RankedTensorType::get({size}, type.getElementType());
    return ConstantOp::create(rewriter, value.getLoc(),
                              DenseElementsAttr::get(row, float(*same)));
  }
  int64_t place = axis - (typeOf(x).getRank() - type.getRank());
  if (type.getNumElements() != size || place < 0 ||
      type.getDimSize(place) != size)
    return {};
  return buildReshape(rewriter, value.getLoc(), value, {size});
}

static Value filledRow(PatternRewriter &rewriter, Location location,
                       int64_t size, float value) {
  auto row = RankedTensorType::get({size}, rewriter.getF32Type());
  return ConstantOp::create(rewriter, location,
                            DenseElementsAttr::get(row, value));
}

namespace {
/// The normalization that an expression is.
struct Norm {
  Value x;
  int64_t axis;
  bool isCentred; ///< layer_norm, else rms_norm
  double epsilon;
};
} // namespace

/// Brings dimension `axis` to the end.
static SmallVector<int64_t> permutationToRows(int64_t rank, int64_t axis) {
  auto permutation = llvm::to_vector(llvm::seq(rank));
  std::rotate(permutation.begin() + axis, permutation.begin() + axis + 1,
              permutation.end());
  return permutation;
}

static LogicalResult replaceByNorm(PatternRewriter &rewriter, Operation *op,
                                   const Norm &norm, Value scale = {}) {
  RankedTensorType type = typeOf(norm.x);
  Location location = op->getLoc();
  if (op->getResult(0).getType() != type)
    return rewriter.notifyMatchFailure(op, "changes the shape");
  int64_t size = type.getDimSize(norm.axis);
  if (!scale)
    scale = filledRow(rewriter, location, size, 1);
  SmallVector<int64_t> toRows = permutationToRows(type.getRank(), norm.axis);
  Value rows = buildTranspose(rewriter, location, norm.x, toRows);
  llvm::APFloat epsilon(float(norm.epsilon));
  Value result;
  if (!norm.isCentred)
    result = RmsNormOp::create(rewriter, location, rows.getType(), rows, scale,
                               epsilon);
  else
    result =
        LayerNormOp::create(rewriter, location, rows.getType(), rows, scale,
                            filledRow(rewriter, location, size, 0), epsilon);
  rewriter.replaceOp(op, buildTranspose(rewriter, location, result,
                                        invertPermutationVector(toRows)));
  return success();
}

/// `value` times `factor` as a normalization, where `find` tells the epsilon
/// that `factor` brings.
static std::optional<Norm>
findNorm(Value value, Value factor, bool anyAxis,
         std::optional<double> (*find)(Value, Value, int64_t, Spread)) {
  int64_t last = lastAxis(value), first = anyAxis ? 0 : last;
  for (int64_t axis = last; axis >= first; --axis) {
    if (Value x = centred(value, axis))
      if (auto epsilon = find(factor, x, axis, isVarianceOf))
        return Norm{x, axis, true, *epsilon};
    if (auto epsilon = find(factor, value, axis, isMeanSquareOf))
      return Norm{value, axis, false, *epsilon};
  }
  return std::nullopt;
}

namespace {
/// What yields a value: a normalization, perhaps with its dimensions permuted.
template <typename OpType> struct FoundNorm {
  OpType norm;
  TransposeOp transpose; ///< or null
  int64_t axis;          ///< of the value, along which the rows lie
};
} // namespace

/// The normalization behind `value`, when nothing else reads it.
template <typename OpType> static FoundNorm<OpType> normBehind(Value value) {
  FoundNorm<OpType> found{
      {}, value.getDefiningOp<TransposeOp>(), lastAxis(value)};
  if (!value.hasOneUse())
    return found;
  if (found.transpose) {
    found.axis = llvm::find(found.transpose.getPermutation(), found.axis) -
                 found.transpose.getPermutation().begin();
    value = found.transpose.getInput();
  }
  auto norm = value.getDefiningOp<OpType>();
  if (norm && norm->hasOneUse() && constantOf(norm.getScale()))
    found.norm = norm;
  return found;
}

/// Puts `norm` in the place of `op`, with the dimensions as `found` has them.
template <typename OpType>
static void replaceBehind(PatternRewriter &rewriter, Operation *op,
                          const FoundNorm<OpType> &found, Value norm) {
  if (found.transpose)
    norm = buildTranspose(rewriter, op->getLoc(), norm,
                          TransposeOp(found.transpose).getPermutation());
  rewriter.replaceOp(op, norm);
}

namespace {

/// (x - mean) / sqrt(variance + epsilon) and x / sqrt(mean square + epsilon)
struct RecognizeDividedNorm : OpRewritePattern<DivOp> {
  RecognizeDividedNorm(MLIRContext *context, bool anyAxis)
      : OpRewritePattern(context), anyAxis(anyAxis) {}
  LogicalResult matchAndRewrite(DivOp div,
                                PatternRewriter &rewriter) const override {
    if (auto norm = findNorm(div.getLhs(), div.getRhs(), anyAxis, rootOf))
      return replaceByNorm(rewriter, div, *norm);
    return rewriter.notifyMatchFailure(div, "divides by no deviation");
  }
  bool anyAxis;
};

/// (x - mean) * (1 / sqrt(variance + epsilon) * scale), and without the mean
struct RecognizeMultipliedNorm : OpRewritePattern<MulOp> {
  RecognizeMultipliedNorm(MLIRContext *context, bool anyAxis)
      : OpRewritePattern(context), anyAxis(anyAxis) {}
  LogicalResult matchAndRewrite(MulOp mul,
                                PatternRewriter &rewriter) const override {
    for (auto [value, factor] : {std::pair(mul.getLhs(), mul.getRhs()),
                                 std::pair(mul.getRhs(), mul.getLhs())}) {
      if (auto norm = findNorm(value, factor, anyAxis, inverseRootOf))
        return replaceByNorm(rewriter, mul, *norm);
      auto scaled = factor.getDefiningOp<MulOp>();
      if (!scaled)
        continue;
      for (auto [one, other] : {std::pair(scaled.getLhs(), scaled.getRhs()),
                                std::pair(scaled.getRhs(), scaled.getLhs())}) {
        auto norm = findNorm(value, one, anyAxis, inverseRootOf);
        Value scale =
            norm ? rowConstant(rewriter, other, norm->x, norm->axis) : Value();
        if (scale)
          return replaceByNorm(rewriter, mul, *norm, scale);
      }
    }
    return rewriter.notifyMatchFailure(mul, "is no normalization");
  }
  bool anyAxis;
};

/// rms_norm(x) * c with a constant row goes into its scale.
struct FoldIntoRmsNorm : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MulOp mul,
                                PatternRewriter &rewriter) const override {
    for (unsigned i = 0; i < 2; ++i) {
      Value value = mul->getOperand(i);
      auto found = normBehind<RmsNormOp>(value);
      RmsNormOp norm = found.norm;
      if (!norm || value.getType() != mul.getType())
        continue;
      Value row =
          rowConstant(rewriter, mul->getOperand(1 - i), value, found.axis);
      if (!row)
        continue;
      Location location = mul.getLoc();
      Value scale = build<MulOp>(rewriter, location, {norm.getScale(), row});
      replaceBehind(rewriter, mul, found,
                    RmsNormOp::create(rewriter, location, norm.getType(),
                                      norm.getInput(), scale,
                                      norm.getEpsilon()));
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
      Value value = op->getOperand(i);
      auto found = normBehind<LayerNormOp>(value);
      LayerNormOp norm = found.norm;
      if (!norm || value.getType() != op.getType() ||
          !constantOf(norm.getBias()))
        continue;
      Value row =
          rowConstant(rewriter, op->getOperand(1 - i), value, found.axis);
      if (!row)
        continue;
      Location location = op->getLoc();
      Value bias = build<OpType>(rewriter, location, {norm.getBias(), row});
      Value scale = norm.getScale();
      if (std::is_same_v<OpType, MulOp>)
        scale = build<MulOp>(rewriter, location, {scale, row});
      replaceBehind(rewriter, op, found,
                    LayerNormOp::create(rewriter, location, norm.getType(),
                                        norm.getInput(), scale, bias,
                                        norm.getEpsilon()));
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
  ReduceOp total = rowReduction(sum, ReduceKind::sum, lastAxis(share));
  auto sub = exp ? exp.getInput().getDefiningOp<SubOp>() : SubOp();
  if (!sub || !total || total.getInput() != exp)
    return rewriter.notifyMatchFailure(op, "is no softmax");
  Value x = sub.getLhs();
  ReduceOp most = rowReduction(sub.getRhs(), ReduceKind::max, lastAxis(x));
  if (!most || most.getInput() != x ||
      x.getType() != op->getResult(0).getType() ||
      !alignsWithRows(sub.getRhs(), x, lastAxis(x)) ||
      !alignsWithRows(factor, x, lastAxis(x)))
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

void quantir::populateNormalizationPatterns(RewritePatternSet &patterns,
                                            bool anyAxis) {
  patterns.add<RecognizeDividedNorm, RecognizeMultipliedNorm>(
      patterns.getContext(), anyAxis);
  patterns.add<FoldIntoRmsNorm, FoldIntoNorm<MulOp>, FoldIntoNorm<AddOp>,
               RecognizeSoftmax, RecognizeMultipliedSoftmax>(
      patterns.getContext());
}
