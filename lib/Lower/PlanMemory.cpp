#include "KernelFunction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "quantir/Lower/Passes.h"

namespace quantir {
#define GEN_PASS_DEF_PLANMEMORYPASS
#include "quantir/Lower/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

namespace {
/// A buffer and the operations of main, by number, between which it holds data.
struct Life {
  memref::AllocOp buffer;
  int64_t size, begin, end;
  int64_t offset = 0;
};

struct PlanMemory : quantir::impl::PlanMemoryPassBase<PlanMemory> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || !llvm::hasSingleElement(main.getBody())) {
      getOperation().emitError("has no function 'main' of one block");
      return signalPassFailure();
    }
    SmallVector<Life> lives = measure(main);
    FailureOr<int64_t> size = place(lives);
    if (failed(size)) {
      main.emitError("needs more working memory than can be addressed");
      return signalPassFailure();
    }
    rewrite(main, lives, *size);
  }

  static SmallVector<Life> measure(func::FuncOp main) {
    DenseMap<Operation *, int64_t> number;
    for (auto [i, op] : llvm::enumerate(main.getBody().front()))
      number[&op] = i;
    SmallVector<Life> lives;
    for (auto alloc : main.getOps<memref::AllocOp>()) {
      MemRefType type = alloc.getType();
      int64_t bytes = type.getNumElements() * type.getElementTypeBitWidth() / 8;
      Life life{alloc, int64_t(llvm::alignTo(bytes, 64)),
                std::numeric_limits<int64_t>::max(), -1};
      SmallVector<Value> aliases{alloc.getResult()};
      while (!aliases.empty())
        for (Operation *user : aliases.pop_back_val().getUsers()) {
          life.begin = std::min(life.begin, number.lookup(user));
          life.end = std::max(life.end, number.lookup(user));
          if (isa<memref::CastOp>(user))
            aliases.push_back(user->getResult(0));
        }
      lives.push_back(life);
    }
    return lives;
  }

  /// Largest first, each at the lowest offset free during its whole life.
  static FailureOr<int64_t> place(MutableArrayRef<Life> lives) {
    SmallVector<Life *> order;
    for (Life &life : lives)
      if (life.end >= 0)
        order.push_back(&life);
    llvm::sort(order, [](Life *a, Life *b) {
      return std::tuple(-a->size, a->begin, a) <
             std::tuple(-b->size, b->begin, b);
    });
    SmallVector<Life *> placed; // by offset
    int64_t total = 0;
    for (Life *life : order) {
      int64_t offset = 0;
      for (Life *other : placed) {
        bool together = other->begin <= life->end && life->begin <= other->end;
        if (!together || other->offset + other->size <= offset)
          continue;
        if (other->offset >= offset + life->size)
          break;
        offset = other->offset + other->size;
      }
      life->offset = offset;
      if (llvm::AddOverflow(offset, life->size, offset))
        return failure();
      total = std::max(total, offset);
      placed.insert(llvm::upper_bound(
                        placed, life,
                        [](Life *a, Life *b) { return a->offset < b->offset; }),
                    life);
    }
    return total;
  }

  void rewrite(func::FuncOp main, ArrayRef<Life> lives, int64_t size) {
    OpBuilder builder(main.getContext());
    auto arenaType = MemRefType::get({size}, builder.getI8Type());
    Block &entry = main.getBody().front();
    Value arena = entry.addArgument(arenaType, main.getLoc());
    main.setFunctionType(builder.getFunctionType(entry.getArgumentTypes(), {}));
    main->setAttr(kArenaSize, builder.getI64IntegerAttr(size));
    for (const Life &life : lives) {
      memref::AllocOp buffer = life.buffer;
      if (life.end >= 0) {
        builder.setInsertionPoint(buffer);
        Value offset = arith::ConstantIndexOp::create(builder, buffer.getLoc(),
                                                      life.offset);
        Value view =
            memref::ViewOp::create(builder, buffer.getLoc(), buffer.getType(),
                                   arena, offset, ValueRange());
        buffer.replaceAllUsesWith(view);
      }
      buffer.erase();
    }
  }
};
} // namespace
