#include "Rewrite.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantir/Import/Passes.h"

namespace quantir {
#define GEN_PASS_DEF_PROPAGATELAYOUTPASS
#include "quantir/Import/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

/// `values` (one for each dimension of a transpose's result) as its input has
/// them.
static SmallVector<int64_t> unpermuted(ArrayRef<int64_t> values,
                                       ArrayRef<int64_t> permutation) {
  return applyPermutation(values, invertPermutationVector(permutation));
}

/// The transpose that makes an operand of full rank, or null.
static TransposeOp findTranspose(Operation *op, int64_t rank) {
  for (Value operand : op->getOperands())
    if (auto transpose = operand.getDefiningOp<TransposeOp>())
      if (typeOf(transpose).getRank() == rank)
        return transpose;
  return {};
}

static bool hasPerAxisCodes(Operation *op) {
  auto perAxis = [](Type type) {
    return isa<quant::UniformQuantizedPerAxisType>(getElementTypeOrSelf(type));
  };
  return llvm::any_of(op->getOperandTypes(), perAxis) ||
         llvm::any_of(op->getResultTypes(), perAxis);
}

/// Whether `unpermuteOperand` costs no transpose.
static bool isFree(Value operand, ArrayRef<int64_t> permutation) {
  auto transpose = operand.getDefiningOp<TransposeOp>();
  if (transpose && transpose.getPermutation() == permutation)
    return true;
  RankedTensorType type = typeOf(operand);
  if (type.getNumElements() == 1 || constantOf(operand))
    return true;
  return type.getRank() == int64_t(permutation.size()) &&
         movesOnlyOnes(type.getShape(), invertPermutationVector(permutation));
}

/// The operand of an elementwise op as it stands before the transpose.
static Value unpermuteOperand(PatternRewriter &rewriter, Value operand,
                              ArrayRef<int64_t> permutation) {
  auto transpose = operand.getDefiningOp<TransposeOp>();
  if (transpose && transpose.getPermutation() == permutation)
    return transpose.getInput();
  RankedTensorType type = typeOf(operand);
  if (type.getNumElements() == 1)
    return operand;
  SmallVector<int64_t> shape(permutation.size() - type.getRank(), 1);
  llvm::append_range(shape, type.getShape());
  Value full = buildReshape(rewriter, operand.getLoc(), operand, shape);
  return buildTranspose(rewriter, operand.getLoc(), full,
                        invertPermutationVector(permutation));
}

/// Replaces `op` by a copy of it before the transpose, and the transpose
/// behind.
static void sink(PatternRewriter &rewriter, Operation *op,
                 ArrayRef<Value> operands, ArrayRef<int64_t> permutation,
                 ArrayRef<int64_t> shape,
                 function_ref<void(Operation *)> adjust = {}) {
  Operation *copy = rewriter.clone(*op);
  copy->setOperands(operands);
  Value result = copy->getResult(0);
  result.setType(typeOf(result).clone(shape));
  if (adjust)
    adjust(copy);
  rewriter.replaceOp(
      op, buildTranspose(rewriter, op->getLoc(), result, permutation));
}

namespace {

/// op(transpose(x), c) -> transpose(op(x, c'))
struct SinkThroughElementwise
    : OpInterfaceRewritePattern<quantir::ElementwiseInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(quantir::ElementwiseInterface elementwise,
                                PatternRewriter &rewriter) const override {
    Operation *op = elementwise;
    RankedTensorType type = typeOf(op->getResult(0));
    TransposeOp transpose = findTranspose(op, type.getRank());
    if (!transpose || isa<LookupOp>(op) || hasPerAxisCodes(op))
      return rewriter.notifyMatchFailure(op, "no operand is transposed");
    SmallVector<int64_t> permutation(transpose.getPermutation());
    for (Value operand : op->getOperands())
      if (!isFree(operand, permutation))
        return rewriter.notifyMatchFailure(op, "operands differ in layout");
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(unpermuteOperand(rewriter, operand, permutation));
    sink(rewriter, op, operands, permutation,
         unpermuted(type.getShape(), permutation));
    return success();
  }
};

struct SinkThroughConcat : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConcatOp concat,
                                PatternRewriter &rewriter) const override {
    RankedTensorType type = typeOf(concat);
    TransposeOp transpose = findTranspose(concat, type.getRank());
    if (!transpose)
      return rewriter.notifyMatchFailure(concat, "no operand is transposed");
    SmallVector<int64_t> permutation(transpose.getPermutation());
    SmallVector<Value> operands;
    for (Value operand : concat.getInputs())
      if (!isFree(operand, permutation))
        return rewriter.notifyMatchFailure(concat, "operands differ in layout");
    SmallVector<int64_t> inverse = invertPermutationVector(permutation);
    for (Value operand : concat.getInputs()) {
      auto inner = operand.getDefiningOp<TransposeOp>();
      bool same = inner && inner.getPermutation() == ArrayRef(permutation);
      operands.push_back(
          same ? Value(inner.getInput())
               : buildTranspose(rewriter, operand.getLoc(), operand, inverse));
    }
    sink(rewriter, concat, operands, permutation,
         unpermuted(type.getShape(), permutation), [&](Operation *copy) {
           cast<ConcatOp>(copy).setAxis(permutation[concat.getAxis()]);
         });
    return success();
  }
};

struct SinkThroughSlice : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp slice,
                                PatternRewriter &rewriter) const override {
    auto transpose = slice.getInput().getDefiningOp<TransposeOp>();
    if (!transpose)
      return rewriter.notifyMatchFailure(slice, "input is not transposed");
    SmallVector<int64_t> permutation(transpose.getPermutation());
    sink(rewriter, slice, transpose.getInput(), permutation,
         unpermuted(typeOf(slice).getShape(), permutation),
         [&](Operation *copy) {
           auto moved = cast<SliceOp>(copy);
           moved.setOffsets(unpermuted(slice.getOffsets(), permutation));
           moved.setSizes(unpermuted(slice.getSizes(), permutation));
           moved.setSteps(unpermuted(slice.getSteps(), permutation));
         });
    return success();
  }
};

struct SinkThroughPad : OpRewritePattern<PadOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(PadOp pad,
                                PatternRewriter &rewriter) const override {
    auto transpose = pad.getInput().getDefiningOp<TransposeOp>();
    if (!transpose)
      return rewriter.notifyMatchFailure(pad, "input is not transposed");
    SmallVector<int64_t> permutation(transpose.getPermutation());
    sink(rewriter, pad, transpose.getInput(), permutation,
         unpermuted(typeOf(pad).getShape(), permutation), [&](Operation *copy) {
           auto moved = cast<PadOp>(copy);
           moved.setLow(unpermuted(pad.getLow(), permutation));
           moved.setHigh(unpermuted(pad.getHigh(), permutation));
         });
    return success();
  }
};

struct SinkThroughExpand : OpRewritePattern<ExpandOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ExpandOp expand,
                                PatternRewriter &rewriter) const override {
    auto transpose = expand.getInput().getDefiningOp<TransposeOp>();
    RankedTensorType type = typeOf(expand);
    if (!transpose || typeOf(transpose).getRank() != type.getRank())
      return rewriter.notifyMatchFailure(expand, "input is not transposed");
    SmallVector<int64_t> permutation(transpose.getPermutation());
    sink(rewriter, expand, transpose.getInput(), permutation,
         unpermuted(type.getShape(), permutation));
    return success();
  }
};

/// Without `keepdims` the dimensions that stay keep their order among
/// themselves.
struct SinkThroughReduce : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReduceOp reduce,
                                PatternRewriter &rewriter) const override {
    auto transpose = reduce.getInput().getDefiningOp<TransposeOp>();
    if (!transpose || hasPerAxisCodes(reduce))
      return rewriter.notifyMatchFailure(reduce, "input is not transposed");
    SmallVector<int64_t> permutation(transpose.getPermutation()), axes, staying;
    for (auto [i, dim] : llvm::enumerate(permutation)) {
      bool reduced = llvm::is_contained(reduce.getAxes(), int64_t(i));
      if (reduced)
        axes.push_back(dim);
      if (!reduced || reduce.getKeepdims())
        staying.push_back(dim);
    }
    llvm::sort(axes);
    SmallVector<int64_t> sorted(staying), behind;
    llvm::sort(sorted);
    for (int64_t dim : staying)
      behind.push_back(llvm::find(sorted, dim) - sorted.begin());
    sink(rewriter, reduce, transpose.getInput(), behind,
         unpermuted(typeOf(reduce).getShape(), behind),
         [&](Operation *copy) { cast<ReduceOp>(copy).setAxes(axes); });
    return success();
  }
};

/// A run of dimensions that a reshape turns into another run.
struct Group {
  SmallVector<int64_t> from, to; ///< dimensions before and after
};
} // namespace

/// The smallest groups of neighbouring dimensions that a reshape keeps apart.
static SmallVector<Group> groupsOf(ArrayRef<int64_t> from,
                                   ArrayRef<int64_t> to) {
  SmallVector<Group> groups;
  size_t i = 0, j = 0;
  while (i < from.size() && j < to.size()) {
    Group group;
    int64_t left = from[i], right = to[j];
    group.from.push_back(i++);
    group.to.push_back(j++);
    while (left != right) {
      if (left < right) {
        left *= from[i];
        group.from.push_back(i++);
      } else {
        right *= to[j];
        group.to.push_back(j++);
      }
    }
    groups.push_back(group);
  }
  if (groups.empty())
    groups.emplace_back();
  while (i < from.size())
    groups.back().from.push_back(i++);
  while (j < to.size())
    groups.back().to.push_back(j++);
  return groups;
}

/// Where the group's dimensions lie in the transpose's input, counting only
/// those that are not 1; failure when they are not neighbours in order there.
static FailureOr<int64_t> placeOf(const Group &group, ArrayRef<int64_t> shape,
                                  ArrayRef<int64_t> permutation) {
  int64_t first = -1, next = -1;
  for (int64_t dim : group.from) {
    int64_t source = permutation[dim];
    if (shape[source] == 1)
      continue;
    int64_t place = llvm::count_if(shape.take_front(source),
                                   [](int64_t size) { return size != 1; });
    if (next >= 0 && place != next)
      return failure();
    first = first < 0 ? place : first;
    next = place + 1;
  }
  return first;
}

namespace {

/// reshape(transpose(x)) -> transpose(reshape(x)) when the reshape only splits
/// dimensions, or joins some that are neighbours in x too.
struct SinkThroughReshape : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReshapeOp reshape,
                                PatternRewriter &rewriter) const override {
    auto transpose = reshape.getInput().getDefiningOp<TransposeOp>();
    if (!transpose || typeOf(reshape).getNumElements() == 0)
      return rewriter.notifyMatchFailure(reshape, "input is not transposed");
    ArrayRef<int64_t> shape = typeOf(transpose.getInput()).getShape();
    ArrayRef<int64_t> to = typeOf(reshape).getShape();
    SmallVector<Group> groups = groupsOf(typeOf(transpose).getShape(), to);
    SmallVector<std::pair<int64_t, size_t>> order;
    for (auto [i, group] : llvm::enumerate(groups)) {
      auto place = placeOf(group, shape, transpose.getPermutation());
      if (failed(place))
        return rewriter.notifyMatchFailure(reshape, "joins moved dimensions");
      order.push_back({*place, i});
    }
    llvm::sort(order);
    SmallVector<int64_t> before, behind(to.size());
    for (auto [place, i] : order)
      for (int64_t dim : groups[i].to) {
        behind[dim] = before.size();
        before.push_back(to[dim]);
      }
    Value moved =
        buildReshape(rewriter, reshape.getLoc(), transpose.getInput(), before);
    rewriter.replaceOp(
        reshape, buildTranspose(rewriter, reshape.getLoc(), moved, behind));
    return success();
  }
};

/// matmul(flatten(transpose(x)), w) -> matmul(flatten(x), w'): the rows of the
/// constant weights change places.
struct FoldIntoWeights : OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MatmulOp matmul,
                                PatternRewriter &rewriter) const override {
    auto flatten = matmul.getLhs().getDefiningOp<ReshapeOp>();
    auto transpose = flatten ? flatten.getInput().getDefiningOp<TransposeOp>()
                             : TransposeOp();
    RankedTensorType lhs = typeOf(matmul.getLhs()),
                     weights = typeOf(matmul.getRhs());
    if (!transpose || lhs.getRank() != 2 || weights.getRank() != 2 ||
        !constantOf(matmul.getRhs()))
      return rewriter.notifyMatchFailure(matmul, "no flattened transpose");
    RankedTensorType type = typeOf(transpose);
    ArrayRef<int64_t> permutation = transpose.getPermutation();
    if (type.getRank() < 2 || permutation[0] != 0 ||
        type.getDimSize(0) != lhs.getDimSize(0))
      return rewriter.notifyMatchFailure(matmul, "rows are transposed too");
    rewriter.modifyOpInPlace(matmul, [&] {
      matmul.getRhsMutable().assign(
          permuteDepth(rewriter, matmul, type.getShape().drop_front(),
                       invertPermutationVector(permutation)));
      matmul.getLhsMutable().assign(buildReshape(
          rewriter, flatten.getLoc(), transpose.getInput(), lhs.getShape()));
    });
    return success();
  }

  /// The weights with their depth, which is `sizes` dimensions, permuted.
  static Value permuteDepth(PatternRewriter &rewriter, MatmulOp matmul,
                            ArrayRef<int64_t> sizes,
                            ArrayRef<int64_t> inverse) {
    Value weights = matmul.getRhs();
    Location location = weights.getLoc();
    SmallVector<int64_t> original(typeOf(weights).getShape()), split,
        permutation;
    bool isLast = matmul.getTransposeRhs();
    if (isLast)
      split.push_back(original[0]);
    llvm::append_range(split, sizes);
    if (!isLast)
      split.push_back(original[1]);
    if (isLast)
      permutation.push_back(0);
    for (int64_t dim : inverse.drop_front())
      permutation.push_back(isLast ? dim : dim - 1);
    if (!isLast)
      permutation.push_back(int64_t(sizes.size()));
    Value parts = buildReshape(rewriter, location, weights, split);
    return buildReshape(rewriter, location,
                        buildTranspose(rewriter, location, parts, permutation),
                        original);
  }
};

/// A transpose of a constant, or one that moves only dimensions of size 1.
struct SimplifyTranspose : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp transpose,
                                PatternRewriter &rewriter) const override {
    Value input = transpose.getInput();
    if (hasPerAxisCodes(transpose) ||
        (!constantOf(input) &&
         !movesOnlyOnes(typeOf(input).getShape(), transpose.getPermutation())))
      return rewriter.notifyMatchFailure(transpose, "moves elements");
    Value simple = buildTranspose(rewriter, transpose.getLoc(), input,
                                  transpose.getPermutation());
    if (simple.getDefiningOp<TransposeOp>()) {
      rewriter.eraseOp(simple.getDefiningOp());
      return rewriter.notifyMatchFailure(transpose, "is too large to fold");
    }
    rewriter.replaceOp(transpose, simple);
    return success();
  }
};

/// Transposes of the same value by the same permutation count once: they are
/// common subexpressions.
size_t countTransposes(func::FuncOp function) {
  llvm::DenseSet<std::pair<Value, Attribute>> seen;
  function.walk([&](TransposeOp transpose) {
    seen.insert({transpose.getInput(), transpose.getPermutationAttr()});
  });
  return seen.size();
}

struct PropagateLayout
    : quantir::impl::PropagateLayoutPassBase<PropagateLayout> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    OwningOpRef<func::FuncOp> trial = function.clone();
    RewritePatternSet patterns(&getContext());
    patterns.add<SinkThroughElementwise, SinkThroughConcat, SinkThroughSlice,
                 SinkThroughPad, SinkThroughExpand, SinkThroughReduce,
                 SinkThroughReshape, FoldIntoWeights, SimplifyTranspose>(
        &getContext());
    if (failed(applyPatternsGreedily(*trial, std::move(patterns)))) {
      function.emitOpError("does not settle while its transposes move");
      return signalPassFailure();
    }
    size_t before = countTransposes(function), after = countTransposes(*trial);
    if (after <= before) {
      function.getBody().takeBody(trial->getBody());
      return;
    }
    remark::missed(function.getLoc(), remark::RemarkOpts::name("LayoutKept")
                                          .category("quantir-propagate-layout"))
        << remark::reason("moving its {0} transposes would leave {1}", before,
                          after);
  }
};
} // namespace
