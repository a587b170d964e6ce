// What follows convolutions whose results are interleaved, as those of a
// transposed convolution are, is computed before elements move: so it joins the
// convolutions.

#include "RecognizePatterns.h"
#include "Rewrite.h"

using namespace mlir;
using namespace quantir;

static bool movesElements(Operation *op) {
  return isa_and_present<ReshapeOp, TransposeOp, SliceOp, ConcatOp>(op);
}

/// True when `value` is nothing but the moved elements of convolutions, which
/// nothing else reads.
static bool isMovedConvolution(Value value, unsigned depth = 0) {
  constexpr unsigned deepest =
      8; // two joins, each between reshapes, and a slice
  Operation *op = value.getDefiningOp();
  if (!op || !op->hasOneUse() || depth > deepest)
    return false;
  if (isa<ConvOp>(op))
    return true;
  return movesElements(op) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return isMovedConvolution(operand, depth + 1);
         });
}

/// `constant`, which broadcasts against the last dimension of `move`'s result,
/// as it broadcasts against that of `move`'s input; null when it does not.
static Value beforeMove(PatternRewriter &rewriter, Value constant,
                        Operation *move, Value input) {
  Location location = constant.getLoc();
  int64_t count = typeOf(constant).getNumElements();
  if (count == 1)
    return buildReshape(rewriter, location, constant, {});
  int64_t channels = typeOf(move->getResult(0)).getShape().back(),
          before = typeOf(input).getShape().back();
  if (count != channels || typeOf(constant).getShape().back() != channels)
    return {};
  Value row = buildReshape(rewriter, location, constant, {channels});
  if (auto transpose = dyn_cast<TransposeOp>(move)) {
    int64_t last = typeOf(input).getRank() - 1;
    return transpose.getPermutation().back() == last ? row : Value();
  }
  if (auto concat = dyn_cast<ConcatOp>(move)) {
    int64_t last = typeOf(input).getRank() - 1;
    return int64_t(concat.getAxis()) == last ? Value() : row;
  }
  if (before == channels)
    return row;
  if (!isa<ReshapeOp>(move) || before % channels != 0)
    return {};
  // The reshape takes several whole rows out of each of its input's.
  auto repeated = typeOf(row).clone({before / channels, channels});
  return buildReshape(
      rewriter, location,
      foldOp(rewriter, ExpandOp::create(rewriter, location, repeated, row)),
      {before});
}

namespace {

/// f(move(conv(x)), c) -> move(f(conv(x), c')), where every operand but one is
/// a number or a row of numbers for the channels.
struct ComputeBeforeMoving
    : OpInterfaceRewritePattern<quantir::ElementwiseInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(quantir::ElementwiseInterface elementwise,
                                PatternRewriter &rewriter) const override {
    Operation *op = elementwise, *move = nullptr;
    for (Value operand : op->getOperands())
      if (!constantOf(operand)) {
        if (move || !movesElements(operand.getDefiningOp()))
          return rewriter.notifyMatchFailure(op, "no operand alone was moved");
        move = operand.getDefiningOp();
      }
    auto type = typeOf(op->getResult(0));
    if (!move || !type.getElementType().isF32() ||
        typeOf(move->getResult(0)).getShape() != type.getShape() ||
        !isMovedConvolution(move->getResult(0)))
      return rewriter.notifyMatchFailure(op, "follows no moved convolution");
    SmallVector<SmallVector<Value>> operands;
    for (Value input : move->getOperands()) {
      SmallVector<Value> &own = operands.emplace_back();
      for (Value operand : op->getOperands()) {
        own.push_back(operand == move->getResult(0)
                          ? input
                          : beforeMove(rewriter, operand, move, input));
        if (!own.back())
          return rewriter.notifyMatchFailure(op, "a constant is no row");
      }
    }
    Operation *moved = rewriter.clone(*move);
    rewriter.setInsertionPoint(moved);
    for (auto [i, own] : llvm::enumerate(operands)) {
      Operation *computed = rewriter.clone(*op);
      computed->setOperands(own);
      Value input = move->getOperand(i);
      computed->getResult(0).setType(type.clone(typeOf(input).getShape()));
      moved->setOperand(i, computed->getResult(0));
    }
    moved->getResult(0).setType(type);
    rewriter.replaceOp(op, moved->getResult(0));
    rewriter.eraseOp(move);
    return success();
  }
};
} // namespace

void quantir::populateEpiloguePatterns(RewritePatternSet &patterns) {
  patterns.add<ComputeBeforeMoving>(patterns.getContext());
}
