#include "KernelFunction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Remarks.h"
#include "quantir/Lower/Passes.h"
#include "quantir/Lower/PlaceBuffers.h"

namespace quantir {
#define GEN_PASS_DEF_PLANMEMORYPASS
#include "quantir/Lower/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

/// The buffers of main that are used, and when, by the numbers of its
/// operations.
struct Lives {
  SmallVector<memref::AllocOp> buffers;
  SmallVector<BufferLife> lives;
};

static Lives measure(func::FuncOp main, int64_t alignment) {
  DenseMap<Operation *, int64_t> number;
  for (auto [i, op] : llvm::enumerate(main.getBody().front()))
    number[&op] = i;
  Lives found;
  for (auto alloc :
       llvm::make_early_inc_range(main.getOps<memref::AllocOp>())) {
    MemRefType type = alloc.getType();
    int64_t bytes = type.getNumElements() * type.getElementTypeBitWidth() / 8;
    BufferLife life{int64_t(llvm::alignTo(bytes, alignment)),
                    std::numeric_limits<int64_t>::max(), -1};
    SmallVector<Value> aliases{alloc.getResult()};
    while (!aliases.empty())
      for (Operation *user : aliases.pop_back_val().getUsers()) {
        life.begin = std::min(life.begin, number.lookup(user));
        life.end = std::max(life.end, number.lookup(user));
        if (isa<memref::CastOp, memref::SubViewOp>(user))
          aliases.push_back(user->getResult(0));
      }
    if (life.end < 0) {
      alloc.erase();
      continue;
    }
    found.buffers.push_back(alloc);
    found.lives.push_back(life);
  }
  return found;
}

/// Says how far the arena is from the least that could be.
static void report(func::FuncOp main, int64_t size, int64_t least) {
  remark::analysis(
      main.getLoc(),
      remark::RemarkOpts::name("ArenaPlanned").category("quantir-lower"))
      << remark::add("the arena takes {0} bytes, its largest live set {1}",
                     size, least);
}

namespace {
struct PlanMemory : quantir::impl::PlanMemoryPassBase<PlanMemory> {
  using PlanMemoryPassBase::PlanMemoryPassBase;

  void runOnOperation() override {
    if (!llvm::isPowerOf2_64(alignment)) {
      getOperation().emitError("alignment ")
          << int64_t(alignment) << " is no power of two";
      return signalPassFailure();
    }
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || !llvm::hasSingleElement(main.getBody())) {
      getOperation().emitError("has no function 'main' of one block");
      return signalPassFailure();
    }
    Lives found = measure(main, alignment);
    std::optional<int64_t> size = placeBuffers(found.lives);
    if (!size) {
      main.emitError("needs more working memory than can be addressed");
      return signalPassFailure();
    }
    report(main, *size, *largestLiveSet(found.lives));
    rewrite(main, found, *size);
  }

  static void rewrite(func::FuncOp main, const Lives &found, int64_t size) {
    OpBuilder builder(main.getContext());
    auto arenaType = MemRefType::get({size}, builder.getI8Type());
    Block &entry = main.getBody().front();
    Value arena = entry.addArgument(arenaType, main.getLoc());
    main.setFunctionType(builder.getFunctionType(entry.getArgumentTypes(), {}));
    main->setAttr(kArenaSize, builder.getI64IntegerAttr(size));
    for (auto [buffer, life] : llvm::zip(found.buffers, found.lives)) {
      memref::AllocOp alloc = buffer;
      builder.setInsertionPoint(alloc);
      Value offset =
          arith::ConstantIndexOp::create(builder, alloc.getLoc(), life.offset);
      Value view =
          memref::ViewOp::create(builder, alloc.getLoc(), alloc.getType(),
                                 arena, offset, ValueRange());
      alloc.replaceAllUsesWith(view);
      alloc.erase();
    }
  }
};
} // namespace
