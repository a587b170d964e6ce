// Kernels that only look up: as many bytes at a time as a register has.
#include "Kernels.h"
#include "LookupCode.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

LookupOp quantir::onlyLookup(KernelOp kernel) {
  LookupOp found;
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    auto lookup = dyn_cast<LookupOp>(op);
    if (found || !lookup)
      return {};
    found = lookup;
  }
  auto results = kernel.getBody().front().getTerminator()->getOperands();
  if (!found || !llvm::hasSingleElement(results) ||
      results[0] != found.getResult())
    return {};
  return found;
}

namespace {
/// The one loop of the kernel, on vectors and, behind the last, on bytes.
struct Lookups {
  KernelFunction &kernel;
  LookupOp op;
  Value table, from, to;

  /// Indices of codes: from the lowest one on.
  Value indices(Value codes, TypedAttr highBit) {
    auto type = getElementTypeOrSelf(op.getInput().getType());
    if (!cast<quant::QuantizedType>(type).isSigned())
      return codes;
    ImplicitLocOpBuilder &b = kernel.builder();
    return arith::XOrIOp::create(b, codes,
                                 arith::ConstantOp::create(b, highBit));
  }

  void vectors(const ByteLookup &row, Value low, Value high) {
    ImplicitLocOpBuilder &b = kernel.builder();
    LookupCode code(kernel, row, table);
    int64_t bytes = row.bytes * row.vectors;
    auto type = VectorType::get({bytes}, b.getI8Type());
    auto highBit = DenseElementsAttr::get(type, b.getI8IntegerAttr(-128));
    kernel.loop(low, high, bytes, [&](Value i) {
      Value codes = vector::LoadOp::create(b, type, from, i);
      vector::StoreOp::create(b, code(indices(codes, highBit)), to, i);
    });
  }

  void bytes(Value low, Value high) {
    ImplicitLocOpBuilder &b = kernel.builder();
    kernel.loop(low, high, 1, [&](Value i) {
      Value code =
          indices(memref::LoadOp::create(b, from, i), b.getI8IntegerAttr(-128));
      Value index = arith::IndexCastUIOp::create(b, b.getIndexType(), code);
      memref::StoreOp::create(b, memref::LoadOp::create(b, table, index), to,
                              i);
    });
  }
};
} // namespace

LogicalResult quantir::lowerLookup(Lowering &lowering, KernelOp op,
                                   LookupOp lookup) {
  KernelFunction kernel(lowering, op.getLoc(), "lookup");
  int64_t elements = lookup.getType().getNumElements();
  LaneEvaluator evaluator(kernel, op, {elements});
  Lookups lookups{kernel, lookup, evaluator.bufferOf(lookup.getTable()),
                  evaluator.bufferOf(lookup.getInput()),
                  kernel.use(lowering.buffers.lookup(op.getResult(0)))};
  const ByteLookup *row = selectByteLookup(lowering.target);
  int64_t grain = row ? row->bytes * row->vectors : 64;
  int64_t tiles = tilesFor(double(elements) * (row ? 0.05 : 0.5),
                           llvm::divideCeil(elements, grain));
  auto [low, high] = kernel.share(elements, tiles, grain);
  if (row) {
    // Shares begin at whole vectors; the last one may end within one.
    int64_t whole = elements / grain * grain;
    Value end = kernel.min(high, kernel.index(whole));
    lookups.vectors(*row, low, end);
    low = kernel.max(low, end);
  }
  if (!row || elements % grain != 0)
    lookups.bytes(low, high);
  kernel.launch(tiles);
  return success();
}
