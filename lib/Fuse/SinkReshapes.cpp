#include "Quantir/QuantirOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantir/Fuse/Passes.h"

namespace quantir {
#define GEN_PASS_DEF_SINKRESHAPESPASS
#include "quantir/Fuse/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

/// True when every dimension but the last is 1 and the last is `size`.
static bool isVector(RankedTensorType type, int64_t size) {
  return type.getRank() > 0 && type.getShape().back() == size &&
         type.getNumElements() == size;
}

/// The shape that `operand` of an op on `from` needs when the op works on `to`
/// instead, or nothing when it cannot be had for free.
static std::optional<SmallVector<int64_t>>
shapeOnOtherSide(Value operand, ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
  RankedTensorType type = typeOf(operand);
  if (type.getNumElements() == 1)
    return SmallVector<int64_t>{};
  auto reshape = operand.getDefiningOp<ReshapeOp>();
  if (type.getShape() == from &&
      (matchPattern(operand, m_Constant()) ||
       (reshape && typeOf(reshape.getInput()).getShape() == to)))
    return SmallVector<int64_t>(to);
  if (!from.empty() && !to.empty() && from.back() == to.back() &&
      isVector(type, to.back()))
    return SmallVector<int64_t>{to.back()};
  return std::nullopt;
}

static Value reshapeTo(Value value, ArrayRef<int64_t> shape,
                       PatternRewriter &rewriter) {
  RankedTensorType type = typeOf(value).clone(shape);
  if (type == value.getType())
    return value;
  if (auto reshape = value.getDefiningOp<ReshapeOp>();
      reshape && reshape.getInput().getType() == type)
    return reshape.getInput();
  auto constant = value.getDefiningOp<ConstantOp>();
  if (constant && !getQuantizedElement(type)) {
    if (auto dense = dyn_cast<DenseElementsAttr>(constant.getValue()))
      return ConstantOp::create(rewriter, value.getLoc(), type,
                                dense.reshape(type));
    if (auto blob = dyn_cast<DenseResourceElementsAttr>(constant.getValue()))
      return ConstantOp::create(
          rewriter, value.getLoc(), type,
          DenseResourceElementsAttr::get(type, blob.getRawHandle()));
  }
  return ReshapeOp::create(rewriter, value.getLoc(), type, value);
}

namespace {
/// elementwise(reshape(x), ...) -> reshape(elementwise(x, ...))
struct SinkReshape : OpInterfaceRewritePattern<ElementwiseInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(ElementwiseInterface op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType result = typeOf(op->getResult(0));
    ReshapeOp reshape;
    for (Value operand : op->getOperands())
      if (auto found = operand.getDefiningOp<ReshapeOp>();
          found && typeOf(operand).getShape() == result.getShape() &&
          found.getInput().getDefiningOp())
        reshape = reshape ? reshape : found;
    if (!reshape)
      return rewriter.notifyMatchFailure(op, "no reshape feeds it");
    if (hasAxis(op))
      return rewriter.notifyMatchFailure(op, "its codes have an axis");
    ArrayRef<int64_t> from = result.getShape();
    ArrayRef<int64_t> to = typeOf(reshape.getInput()).getShape();
    SmallVector<SmallVector<int64_t>> shapes;
    for (OpOperand &operand : op->getOpOperands()) {
      auto shape = op.isTable(operand.getOperandNumber())
                       ? SmallVector<int64_t>(typeOf(operand.get()).getShape())
                       : shapeOnOtherSide(operand.get(), from, to);
      if (!shape)
        return rewriter.notifyMatchFailure(op, "an operand keeps its shape");
      shapes.push_back(*shape);
    }
    SmallVector<Value> operands;
    for (auto [operand, shape] : llvm::zip_equal(op->getOperands(), shapes))
      operands.push_back(reshapeTo(operand, shape, rewriter));
    Operation *moved = rewriter.clone(*op);
    rewriter.modifyOpInPlace(moved, [&] {
      moved->setOperands(operands);
      moved->getResult(0).setType(result.clone(to));
    });
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, result, moved->getResult(0));
    return success();
  }

  static bool hasAxis(Operation *op) {
    auto axisIn = [](Value value) {
      return isa<quant::UniformQuantizedPerAxisType>(
          typeOf(value).getElementType());
    };
    return llvm::any_of(op->getOperands(), axisIn) ||
           llvm::any_of(op->getResults(), axisIn);
  }
};

struct SinkReshapes : quantir::impl::SinkReshapesPassBase<SinkReshapes> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<SinkReshape>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
