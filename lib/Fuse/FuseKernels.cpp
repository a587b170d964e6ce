#include "BuildKernels.h"
#include "GroupAttention.h"
#include "mlir/IR/Remarks.h"
#include "quantir/Fuse/Passes.h"
#include <set>

namespace quantir {
#define GEN_PASS_DEF_FUSEKERNELSPASS
#include "quantir/Fuse/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

static bool isElementwise(Operation *op) {
  return isa<ElementwiseInterface>(op);
}

/// Rearranges elements without looking at them.
static bool isMovement(Operation *op) {
  return isa<TransposeOp, ConcatOp, SliceOp, PadOp, GatherOp, ExpandOp,
             ResizeOp>(op);
}

static bool isAnchor(Operation *op) {
  return isa<QuantizationInterface>(op) && !isElementwise(op) &&
         !isMovement(op) && !isa<ReshapeOp>(op) && op->getNumResults() == 1;
}

/// Works row by row, and may compute its input on the way.
static bool takesPrologue(Operation *op) {
  return isa<SoftmaxOp, LayerNormOp, RmsNormOp, ReduceOp>(op);
}

/// Moves elements one to one into place, so that it may finish them as well.
static bool movementTakesEpilogue(Operation *op) {
  return isa<TransposeOp, SliceOp, GatherOp, ExpandOp>(op);
}

static ArrayRef<int64_t> shapeOf(Operation *op) {
  return shapeOf(op->getResult(0));
}

static void remarkMissed(Operation *op, StringRef reason) {
  remark::missed(op->getLoc(),
                 remark::RemarkOpts::name("NotFused").category("quantir-fuse"))
      << remark::add("{0} does not join the kernel that feeds it",
                     op->getName().getStringRef())
      << remark::reason("{0}", reason.str());
}

namespace {
/// Decides which ops share a kernel.
class Grouping {
public:
  Grouping(KernelGraph &graph, bool integerOnly, AttentionKernels attention)
      : graph(graph), integerOnly(integerOnly), attention(attention) {}

  void run() {
    SmallVector<MatmulOp> products;
    if (attention != AttentionKernels::None)
      products = groupAttention(graph, attention == AttentionKernels::InWords);
    auto isOwn = [&](Operation *op) {
      return graph.isAlone(op) || llvm::is_contained(products, op);
    };
    forEach(isAnchor, [&](Operation *op) {
      if (isOwn(op))
        absorbEpilogue(op);
    });
    for (MatmulOp product : products)
      absorbResultMoves(graph, product);
    forEach(takesPrologue, [&](Operation *op) {
      if (!containsAttention(graph, op))
        absorbPrologue(op);
    });
    forEach(movementTakesEpilogue, [&](Operation *op) { absorbChain(op); });
    forEach(isElementwise, [&](Operation *op) { joinElementwise(op); });
  }

private:
  void forEach(function_ref<bool(Operation *)> condition,
               function_ref<void(Operation *)> visit) {
    for (Operation *op : graph.ops())
      if (condition(op))
        visit(op);
  }

  /// Elementwise and in no kernel yet.
  bool isFree(Operation *op) const {
    return isElementwise(op) && !op->hasTrait<OpTrait::IsTerminator>() &&
           graph.isAlone(op) && !staysApart(op);
  }

  /// The conversions at the ends of integer-only code keep its other kernels
  /// free of floating point.
  bool staysApart(Operation *op) const {
    return integerOnly && isa<QuantizeOp, DequantizeOp>(op);
  }

  /// Users and users of users, in program order: an op is looked at when all
  /// that it could be fed by has been.
  void absorbEpilogue(Operation *anchor) {
    auto earlier = [](Operation *a, Operation *b) {
      return a->isBeforeInBlock(b);
    };
    std::set<Operation *, decltype(earlier)> open(earlier);
    auto addUsers = [&](Operation *op) {
      open.insert(op->user_begin(), op->user_end());
    };
    KernelGraph::Group g = graph.groupOf(anchor);
    addUsers(anchor);
    while (!open.empty()) {
      Operation *user = *open.begin();
      open.erase(open.begin());
      if (!isElementwise(user) || graph.contains(g, user) ||
          isReadingOfCodes(user))
        continue;
      if (auto reason = absorb(g, shapeOf(anchor), user))
        remarkMissed(user, *reason);
      else
        addUsers(user);
    }
  }

  std::optional<StringRef> absorb(KernelGraph::Group g, ArrayRef<int64_t> shape,
                                  Operation *op) {
    if (!isFree(op))
      return "another kernel has it";
    if (shapeOf(op) != shape)
      return "its result has another shape";
    if (!graph.merge(g, graph.groupOf(op)))
      return "another operand depends on that kernel";
    for (Value operand : op->getOperands())
      if (Operation *reading = operand.getDefiningOp();
          reading && isReadingOfCodes(reading) && isFree(reading))
        graph.merge(g, graph.groupOf(reading));
    return std::nullopt;
  }

  /// The dequantize of codes that are stored anyway belongs to its one reader:
  /// bytes are then read, and nothing wider is written.
  static bool isReadingOfCodes(Operation *op) {
    auto dequantize = dyn_cast<DequantizeOp>(op);
    return dequantize && dequantize->hasOneUse() &&
           isa_and_nonnull<QuantizeOp, RequantizeOp>(
               dequantize.getInput().getDefiningOp()) &&
           llvm::any_of(dequantize.getInput().getUsers(),
                        [](Operation *user) { return isAnchor(user); });
  }

  /// Elementwise producers of the input that nothing else reads.
  void absorbPrologue(Operation *anchor) {
    KernelGraph::Group g = graph.groupOf(anchor);
    SmallVector<Value> open{anchor->getOperand(0)};
    while (!open.empty()) {
      Value value = open.pop_back_val();
      Operation *producer = value.getDefiningOp();
      if (!producer || !isFree(producer) ||
          shapeOf(producer) != shapeOf(anchor->getOperand(0)) ||
          !llvm::all_of(producer->getUsers(), [&](Operation *user) {
            return graph.contains(g, user);
          }))
        continue;
      if (graph.merge(g, graph.groupOf(producer)))
        llvm::append_range(open, producer->getOperands());
    }
  }

  static bool readsOneTensor(Operation *op) {
    return llvm::count_if(op->getOperands(), [](Value operand) {
             return !operand.getDefiningOp<ConstantOp>();
           }) == 1;
  }

  void absorbChain(Operation *movement) {
    KernelGraph::Group g = graph.groupOf(movement);
    Operation *last = movement;
    while (last->hasOneUse()) {
      Operation *user = *last->user_begin();
      if (!isElementwise(user) || !readsOneTensor(user) ||
          absorb(g, shapeOf(movement), user))
        return;
      last = user;
    }
  }

  bool isElementwiseGroup(KernelGraph::Group g) const {
    return llvm::all_of(graph.members(g), [&](Operation *op) {
      return isElementwise(op) && !staysApart(op);
    });
  }

  void joinElementwise(Operation *op) {
    if (!isElementwiseGroup(graph.groupOf(op)))
      return;
    for (Operation *user : op->getUsers())
      if (isElementwise(user) && shapeOf(user) == shapeOf(op) &&
          isElementwiseGroup(graph.groupOf(user)))
        graph.merge(graph.groupOf(op), graph.groupOf(user));
  }

  KernelGraph &graph;
  bool integerOnly;
  AttentionKernels attention;
};

struct FuseKernels : quantir::impl::FuseKernelsPassBase<FuseKernels> {
  using FuseKernelsPassBase::FuseKernelsPassBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    if (!getOperation().getBody().hasOneBlock()) {
      getOperation().emitOpError("has control flow; kernels need one block");
      return signalPassFailure();
    }
    Block &block = getOperation().getBody().front();
    KernelGraph graph(block);
    Grouping(graph, getOperation()->hasAttr(kIntegerOnlyAttr), attention).run();
    for (KernelGraph::Group g : graph.sorted())
      remarkFused(graph.members(g));
    buildKernels(block, graph);
  }

  static void remarkFused(ArrayRef<Operation *> ops) {
    if (ops.size() < 2)
      return;
    if (llvm::count_if(ops, llvm::IsaPred<MatmulOp>) > 1) {
      auto softmax = llvm::find_if(ops, llvm::IsaPred<SoftmaxOp>);
      remark::passed((*softmax)->getLoc(),
                     remark::RemarkOpts::name("Fused").category("quantir-fuse"))
          << remark::add("attention: {0} ops share a kernel", ops.size());
      return;
    }
    auto anchor = llvm::find_if_not(ops, isElementwise);
    Operation *head = anchor == ops.end() ? ops.front() : *anchor;
    remark::passed(head->getLoc(),
                   remark::RemarkOpts::name("Fused").category("quantir-fuse"))
        << remark::add("{0} and {1} elementwise ops share a kernel",
                       head->getName().getStringRef(), ops.size() - 1);
  }
};
} // namespace
