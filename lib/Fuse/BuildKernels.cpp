#include "BuildKernels.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace quantir;

/// Constants that cost nothing as immediates of a loop.
static bool isSplatOrScalar(ConstantOp constant) {
  auto dense = dyn_cast<DenseElementsAttr>(constant.getValue());
  return dense && dense.isSplat();
}

/// True when `constant` is copied into the kernel of `ops`: only elementwise
/// ops read it there, weights stay operands.
static bool isCopied(ConstantOp constant, ArrayRef<Operation *> ops) {
  return isSplatOrScalar(constant) &&
         llvm::all_of(constant->getUses(), [&](OpOperand &use) {
           auto user = dyn_cast<ElementwiseInterface>(use.getOwner());
           return !llvm::is_contained(ops, use.getOwner()) ||
                  (user && !user.isTable(use.getOperandNumber()));
         });
}

namespace {
/// What crosses the border of a kernel.
struct Border {
  llvm::SetVector<Value> inputs;
  llvm::SetVector<ConstantOp> copied;
  llvm::SetVector<Value> outputs;
};
} // namespace

static Border findBorder(ArrayRef<Operation *> ops) {
  llvm::SmallPtrSet<Operation *, 16> inside(ops.begin(), ops.end());
  Border border;
  for (Operation *op : ops) {
    for (Value operand : op->getOperands()) {
      auto constant = operand.getDefiningOp<ConstantOp>();
      if (constant && isCopied(constant, ops))
        border.copied.insert(constant);
      else if (!inside.contains(operand.getDefiningOp()))
        border.inputs.insert(operand);
    }
    for (Value result : op->getResults())
      if (llvm::any_of(result.getUsers(),
                       [&](Operation *user) { return !inside.contains(user); }))
        border.outputs.insert(result);
  }
  return border;
}

static void buildKernel(OpBuilder &builder, ArrayRef<Operation *> ops) {
  Border border = findBorder(ops);
  SmallVector<Location> locations =
      llvm::map_to_vector(ops, [](Operation *op) { return op->getLoc(); });
  SmallVector<Type> types =
      llvm::map_to_vector(border.outputs, [](Value v) { return v.getType(); });
  auto kernel = KernelOp::create(builder, builder.getFusedLoc(locations), types,
                                 border.inputs.getArrayRef());
  Block &body = kernel.getBody().emplaceBlock();
  for (Value input : border.inputs) {
    BlockArgument argument = body.addArgument(input.getType(), input.getLoc());
    input.replaceUsesWithIf(argument, [&](OpOperand &use) {
      return llvm::is_contained(ops, use.getOwner());
    });
  }
  OpBuilder inner = OpBuilder::atBlockBegin(&body);
  for (ConstantOp constant : border.copied) {
    Operation *copy = inner.clone(*constant);
    constant.getResult().replaceUsesWithIf(
        copy->getResult(0), [&](OpOperand &use) {
          return llvm::is_contained(ops, use.getOwner());
        });
  }
  for (Operation *op : ops)
    op->moveBefore(&body, body.end());
  for (auto [output, result] :
       llvm::zip_equal(border.outputs, kernel.getResults()))
    Value(output).replaceUsesWithIf(result, [&](OpOperand &use) {
      return use.getOwner()->getBlock() != &body;
    });
  inner.setInsertionPointToEnd(&body);
  YieldOp::create(inner, kernel.getLoc(), border.outputs.getArrayRef());
}

static void eraseDead(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

void quantir::buildKernels(Block &block, const KernelGraph &graph) {
  Operation *end = block.getTerminator();
  for (ConstantOp constant :
       llvm::make_early_inc_range(block.getOps<ConstantOp>()))
    constant->moveBefore(&block, block.begin());
  OpBuilder builder(end);
  for (KernelGraph::Group g : graph.sorted()) {
    ArrayRef<Operation *> ops = graph.members(g);
    if (ops.size() == 1 && (!isa<QuantizationInterface>(ops.front()) ||
                            isa<ReshapeOp, ObserveOp>(ops.front())))
      ops.front()->moveBefore(end);
    else
      buildKernel(builder, ops);
  }
  eraseDead(block);
}
