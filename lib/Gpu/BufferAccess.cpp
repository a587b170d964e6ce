#include "BufferAccess.h"

#include "Quantir/QuantirTypes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace quantir;

bool BufferAccess::meets(const BufferAccess &other) const {
  return memory == other.memory && begin < other.end && other.begin < end &&
         (written || other.written);
}

bool BufferAccess::conflictsWith(const BufferAccess &other) const {
  if (partOf && partOf == other.partOf && written && other.written)
    return false;
  return meets(other);
}

static constexpr int64_t kUnknownEnd = std::numeric_limits<int64_t>::max();

/// Nothing is known of where a view at a computed offset lies.
static BufferAccess accessOf(Value buffer, bool written, Attribute partOf) {
  auto type = cast<MemRefType>(buffer.getType());
  int64_t bytes = type.getNumElements() * bytesOfElement(type.getElementType());
  if (auto part = buffer.getDefiningOp<memref::SubViewOp>()) {
    BufferAccess whole = accessOf(part.getSource(), written, partOf);
    int64_t first = part.getStaticOffset(0);
    if (ShapedType::isDynamic(first) || whole.end == kUnknownEnd)
      return whole;
    int64_t begin = whole.begin + first * bytesOfElement(type.getElementType());
    return {whole.memory, begin, begin + bytes, written, partOf};
  }
  auto view = buffer.getDefiningOp<memref::ViewOp>();
  if (!view)
    return {buffer, 0, bytes, written, partOf};
  APInt offset;
  if (!matchPattern(view.getByteShift(), m_ConstantInt(&offset)))
    return {view.getSource(), 0, kUnknownEnd, written, partOf};
  int64_t begin = offset.getSExtValue();
  return {view.getSource(), begin, begin + bytes, written, partOf};
}

SmallVector<BufferAccess> quantir::accessesOf(DispatchOp dispatch) {
  Attribute partOf = dispatch.getPartOfAttr();
  SmallVector<BufferAccess> accesses;
  for (auto [buffer, written] :
       llvm::zip(dispatch.getArguments(), dispatch.getWritten()))
    accesses.push_back(accessOf(buffer, written, partOf));
  return accesses;
}
