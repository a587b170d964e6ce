#include "Quantir/QuantirOps.h"
#include "Quantir/QuantirTypes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "quantir/Gpu/Passes.h"

namespace quantir {
#define GEN_PASS_DEF_PLACEBARRIERSPASS
#include "quantir/Gpu/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

namespace {
/// Bytes of one memory that a dispatch reads or writes.
struct Access {
  Value memory;
  int64_t begin, end;
  bool written;
  Attribute partOf; ///< null, or the result that this is a part of

  bool conflictsWith(const Access &other) const {
    if (partOf && partOf == other.partOf && written && other.written)
      return false;
    return memory == other.memory && begin < other.end && other.begin < end &&
           (written || other.written);
  }
};
} // namespace

/// Nothing is known of where a view at a computed offset lies.
static Access accessOf(Value buffer, bool written, Attribute partOf) {
  auto type = cast<MemRefType>(buffer.getType());
  int64_t bytes = type.getNumElements() * bytesOfElement(type.getElementType());
  auto view = buffer.getDefiningOp<memref::ViewOp>();
  if (!view)
    return {buffer, 0, bytes, written, partOf};
  APInt offset;
  if (!matchPattern(view.getByteShift(), m_ConstantInt(&offset)))
    return {view.getSource(), 0, std::numeric_limits<int64_t>::max(), written,
            partOf};
  int64_t begin = offset.getSExtValue();
  return {view.getSource(), begin, begin + bytes, written, partOf};
}

namespace {
struct PlaceBarriers : quantir::impl::PlaceBarriersPassBase<PlaceBarriers> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || !llvm::hasSingleElement(main.getBody())) {
      getOperation().emitError("has no function 'main' of one block");
      return signalPassFailure();
    }
    /// What dispatches since the last barrier did.
    SmallVector<Access> open;
    for (auto dispatch : main.getOps<DispatchOp>()) {
      SmallVector<Access> own;
      for (auto [buffer, written] :
           llvm::zip(dispatch.getArguments(), dispatch.getWritten()))
        own.push_back(
            accessOf(buffer, written, dispatch->getAttr(kPartOfAttr)));
      bool conflicts = llvm::any_of(own, [&](const Access &access) {
        return llvm::any_of(open, [&](const Access &other) {
          return access.conflictsWith(other);
        });
      });
      dispatch.setAfterBarrier(conflicts);
      if (conflicts)
        open.clear();
      llvm::append_range(open, own);
    }
  }
};
} // namespace
