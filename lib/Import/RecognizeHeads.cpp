// Attention heads as exporters write them: keys that are repeated for several
// heads of queries, and rotary embeddings.

#include "RecognizePatterns.h"
#include "Rewrite.h"

using namespace mlir;
using namespace quantir;

//===-- Shared keys -------------------------------------------------------===//

/// True when `merged` is `split` with its fourth and third last dimensions,
/// groups and heads in a group, as one.
static bool mergesHeads(ArrayRef<int64_t> split, ArrayRef<int64_t> merged) {
  if (merged.size() < 3 || split.size() != merged.size() + 1)
    return false;
  size_t at = merged.size() - 3;
  return split[at] * split[at + 1] == merged[at] &&
         split.take_front(at) == merged.take_front(at) &&
         split.take_back(2) == merged.take_back(2);
}

/// The tensor [..., G, 1, S, D] that `value` [..., G * n, S, D] repeats n
/// times, or null.
static Value repeatedHeads(Value value) {
  auto reshape = value.getDefiningOp<ReshapeOp>();
  auto expand =
      reshape ? reshape.getInput().getDefiningOp<ExpandOp>() : ExpandOp();
  if (!expand || !mergesHeads(shapeOf(expand), shapeOf(value)))
    return {};
  SmallVector<int64_t> once(shapeOf(expand));
  once[once.size() - 3] = 1;
  return shapeOf(expand.getInput()) == ArrayRef(once) ? expand.getInput()
                                                      : Value();
}

/// [..., G * n, M, N] as [..., G, n, M, N].
static SmallVector<int64_t> splitShape(ArrayRef<int64_t> shape,
                                       int64_t groups) {
  SmallVector<int64_t> split(shape);
  size_t at = shape.size() - 3;
  split[at] = shape[at] / groups;
  split.insert(split.begin() + at, groups);
  return split;
}

namespace {

/// matmul(q, repeated k) -> matmul(q in groups, k), which broadcasts: no key is
/// copied.
struct ShareKeys : OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MatmulOp matmul,
                                PatternRewriter &rewriter) const override {
    Value keys = repeatedHeads(matmul.getRhs());
    ArrayRef<int64_t> lhs = shapeOf(matmul.getLhs());
    if (!keys || matmul.getBias() ||
        lhs.drop_back(2) != shapeOf(matmul.getRhs()).drop_back(2))
      return rewriter.notifyMatchFailure(matmul, "repeats no heads");
    int64_t groups = shapeOf(keys)[lhs.size() - 3];
    Location location = matmul.getLoc();
    Value queries = buildReshape(rewriter, location, matmul.getLhs(),
                                 splitShape(lhs, groups));
    RankedTensorType type = matmul.getType();
    Value product = MatmulOp::create(
        rewriter, location, type.clone(splitShape(type.getShape(), groups)),
        queries, keys, Value(), matmul.getTransposeRhs());
    rewriter.replaceOpWithNewOp<ReshapeOp>(matmul, type, product);
    return success();
  }
};

} // namespace

/// The heads of scores in groups, as `value` has them before a reshape; null
/// when it has none.
static Value headsInGroups(Value value) {
  auto reshape = value.getDefiningOp<ReshapeOp>();
  Operation *before = reshape ? reshape.getInput().getDefiningOp() : nullptr;
  bool isScore =
      isa_and_present<MatmulOp, SoftmaxOp, ElementwiseInterface>(before);
  return isScore && mergesHeads(shapeOf(reshape.getInput()), shapeOf(value))
             ? reshape.getInput()
             : Value();
}

/// Scales, masks and the softmax of scores follow them into groups.
static LogicalResult regroup(PatternRewriter &rewriter, Operation *op) {
  RankedTensorType type = typeOf(op->getResult(0));
  Value grouped;
  for (Value operand : op->getOperands())
    if (Value found = headsInGroups(operand))
      grouped = found;
  if (!grouped || !mergesHeads(shapeOf(grouped), type.getShape()))
    return rewriter.notifyMatchFailure(op, "follows no heads in groups");
  size_t heads = type.getRank() - 3;
  int64_t groups = shapeOf(grouped)[heads];
  SmallVector<SmallVector<int64_t>> shapes;
  for (Value operand : op->getOperands()) {
    SmallVector<int64_t> shape(shapeOf(operand));
    int64_t at = int64_t(shape.size()) - 3;
    if (at >= 0 && shape[at] != 1 && shape[at] != type.getShape()[heads])
      return rewriter.notifyMatchFailure(op, "an operand has other heads");
    if (at >= 0)
      shape = splitShape(shape, shape[at] == 1 ? 1 : groups);
    shapes.push_back(shape);
  }
  SmallVector<Value> operands;
  for (auto [operand, shape] : llvm::zip_equal(op->getOperands(), shapes)) {
    Value found = headsInGroups(operand);
    operands.push_back(
        found ? found : buildReshape(rewriter, op->getLoc(), operand, shape));
  }
  Operation *moved = rewriter.clone(*op);
  moved->setOperands(operands);
  moved->getResult(0).setType(type.clone(splitShape(type.getShape(), groups)));
  rewriter.replaceOpWithNewOp<ReshapeOp>(op, type, moved->getResult(0));
  return success();
}

namespace {
struct RegroupScores : OpInterfaceRewritePattern<ElementwiseInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(ElementwiseInterface op,
                                PatternRewriter &rewriter) const override {
    if (!isa<AddOp, MulOp, DivOp, SelectOp, TanhOp>(op.getOperation()))
      return rewriter.notifyMatchFailure(op, "is nothing that scores meet");
    return regroup(rewriter, op);
  }
};

struct RegroupSoftmax : OpRewritePattern<SoftmaxOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SoftmaxOp softmax,
                                PatternRewriter &rewriter) const override {
    return regroup(rewriter, softmax);
  }
};

} // namespace

//===-- Rotary embedding --------------------------------------------------===//

/// True when `slice` takes the elements from `offset` on of the last dimension,
/// half of them, and all of the others.
static bool isHalf(SliceOp slice, int64_t offset) {
  SmallVector<int64_t> sizes(shapeOf(slice.getInput())),
      offsets(sizes.size(), 0);
  sizes.back() /= 2;
  offsets.back() = offset;
  auto isForward = [](int64_t step) { return step == 1; };
  return slice.getSizes() == ArrayRef(sizes) &&
         slice.getOffsets() == ArrayRef(offsets) &&
         llvm::all_of(slice.getSteps(), isForward);
}

namespace {

/// concat(-(second half of x), first half of x) -> halves of x swapped, times
/// (-1, 1): one movement in place of three.
struct SwapHalves : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConcatOp concat,
                                PatternRewriter &rewriter) const override {
    RankedTensorType type = concat.getType();
    ValueRange parts = concat.getInputs();
    auto neg = parts[0].getDefiningOp<NegOp>();
    auto second = neg ? neg.getInput().getDefiningOp<SliceOp>() : SliceOp();
    auto first = parts.back().getDefiningOp<SliceOp>();
    int64_t size = type.getShape().empty() ? 0 : type.getShape().back();
    if (parts.size() != 2 || !first || !second || size % 2 != 0 ||
        int64_t(concat.getAxis()) != type.getRank() - 1 ||
        first.getInput() != second.getInput() ||
        first.getInput().getType() != type || !isHalf(first, 0) ||
        !isHalf(second, size / 2))
      return rewriter.notifyMatchFailure(concat, "rotates no halves");
    Location location = concat.getLoc();
    SmallVector<int64_t> halves(type.getShape());
    halves.back() = 2;
    halves.push_back(size / 2);
    SmallVector<int64_t> offsets(halves.size(), 0), steps(halves.size(), 1);
    offsets[halves.size() - 2] = 1;
    steps[halves.size() - 2] = -1;
    Value swapped = SliceOp::create(
        rewriter, location, type.clone(halves),
        buildReshape(rewriter, location, first.getInput(), halves), offsets,
        halves, steps);
    SmallVector<float> signs(size, 1.0f);
    std::fill_n(signs.begin(), size / 2, -1.0f);
    auto signType = RankedTensorType::get({size}, type.getElementType());
    Value sign = ConstantOp::create(
        rewriter, location,
        DenseElementsAttr::get(signType, ArrayRef<float>(signs)));
    rewriter.replaceOpWithNewOp<MulOp>(
        concat, type,
        buildReshape(rewriter, location, swapped, type.getShape()), sign);
    return success();
  }
};
} // namespace

void quantir::populateHeadPatterns(RewritePatternSet &patterns) {
  patterns.add<ShareKeys, RegroupScores, RegroupSoftmax, SwapHalves>(
      patterns.getContext());
}
