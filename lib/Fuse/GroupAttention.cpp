#include "GroupAttention.h"

#include "mlir/IR/Remarks.h"
#include "quantir/Fuse/AttentionInWords.h"

using namespace mlir;
using namespace quantir;

static void remarkApart(SoftmaxOp softmax, StringRef reason) {
  remark::missed(softmax.getLoc(),
                 remark::RemarkOpts::name("NotFused").category("quantir-fuse"))
      << remark::add("attention stays in kernels of its own")
      << remark::reason("{0}", reason.str());
}

/// A move that may only bring an operand into place for its product.
static bool isOwnMove(const KernelGraph &graph, Operation *op) {
  return graph.isAlone(op) && op->hasOneUse();
}

static void absorbMoves(KernelGraph &graph, KernelGraph::Group g, Value operand,
                        bool alongLast) {
  MovedOperand moved = followMoves(
      operand, alongLast, [&](Operation *op) { return isOwnMove(graph, op); });
  for (Operation *move : llvm::reverse(moved.moves))
    if (!graph.merge(g, graph.groupOf(move)))
      return;
}

static MatmulOp group(KernelGraph &graph, Attention &found) {
  KernelGraph::Group g = graph.groupOf(found.product);
  SmallVector<Operation *> ops{found.scores, found.softmax};
  llvm::append_range(ops, found.elementwise);
  if (found.sums)
    ops.push_back(found.sums);
  llvm::append_range(ops, found.rowwise);
  // In program order, so that nothing outside lies between two members.
  llvm::sort(ops,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  for (Operation *op : ops)
    if (!graph.isAlone(op))
      return {};
  bool whole = true;
  for (Operation *op : llvm::reverse(ops))
    whole &= graph.merge(g, graph.groupOf(op));
  assert(whole && "what an attention keeps to itself makes no cycles");
  absorbMoves(graph, g, found.scores.getLhs(), /*alongLast=*/true);
  absorbMoves(graph, g, found.scores.getRhs(), /*alongLast=*/false);
  absorbMoves(graph, g, found.product.getRhs(), /*alongLast=*/false);
  return found.product;
}

SmallVector<MatmulOp> quantir::groupAttention(KernelGraph &graph,
                                              bool inWords) {
  SmallVector<MatmulOp> products;
  for (Operation *op : graph.ops()) {
    auto softmax = dyn_cast<SoftmaxOp>(op);
    if (!softmax)
      continue;
    StringRef reason;
    std::optional<Attention> found = findAttention(softmax, reason);
    if (found && inWords &&
        !AttentionInWords::of(
            *found, [&](Operation *op) { return isOwnMove(graph, op); },
            reason))
      found.reset();
    if (!found) {
      if (!reason.empty())
        remarkApart(softmax, reason);
      continue;
    }
    if (MatmulOp product = group(graph, *found))
      products.push_back(product);
    else
      remarkApart(softmax, "another kernel has part of it");
  }
  return products;
}

void quantir::absorbResultMoves(KernelGraph &graph, MatmulOp product) {
  KernelGraph::Group g = graph.groupOf(product);
  SmallVector<Value> leaving;
  for (Operation *op : graph.members(g))
    for (Operation *user : op->getUsers())
      if (!graph.contains(g, user))
        leaving.push_back(op->getResult(0));
  if (leaving.size() != 1 ||
      shapeOf(leaving[0]) != shapeOf(product.getResult()))
    return;
  SmallVector<Operation *> path;
  size_t taken = 0;
  for (Value value = leaving[0]; value.hasOneUse();) {
    Operation *move = *value.user_begin();
    if (!isa<TransposeOp, ReshapeOp>(move) || !graph.isAlone(move))
      break;
    path.push_back(move);
    value = move->getResult(0);
    std::optional<StridedView> view = StridedView::whole(shapeOf(value));
    for (Operation *step : llvm::reverse(path))
      if (view)
        view = viewBefore(step, *view);
    int64_t rank = shapeOf(product.getResult()).size();
    // A reshape at the end is free outside of the kernel.
    if (view && isa<TransposeOp>(move) && view->strideOf(rank - 2) &&
        (view->strideOf(rank - 1) == 1 || view->dims[rank - 1].empty()))
      taken = path.size();
  }
  for (Operation *move : ArrayRef(path).take_front(taken))
    if (!graph.merge(g, graph.groupOf(move)))
      return;
}

bool quantir::containsAttention(const KernelGraph &graph, Operation *op) {
  return llvm::count_if(graph.members(graph.groupOf(op)),
                        llvm::IsaPred<MatmulOp>) > 1;
}
