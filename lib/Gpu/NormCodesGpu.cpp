// The norms on codes: the arithmetic is RowMath.h's.
#include "RowKernel.h"

#include "quantir/Lower/NormOfCodes.h"

using namespace mlir;
using namespace quantir;

static GpuLanes sum(GpuBuilder &b, const GpuLanes &a, const GpuLanes &c) {
  return b.addInt(a, c);
}

/// The exact sum of a row's squares, i64.
static GpuLanes sumOfSquares(RowKernel &rows, int64_t bits,
                             RowGroup::Quad centred) {
  GpuBuilder &v = rows.v, &one = rows.one;
  // Of codes of 8 bits, in rows of at most 32,767, it fits 32.
  bool isNarrow = bits == 8;
  GpuLanes all = rows.group.fold(
      isNarrow ? one.i32(0) : one.i64(0),
      [&](const GpuLanes &all, Value column) {
        GpuLanes x = centred(column);
        GpuLanes square = isNarrow ? v.mulInt(x, x) : wideProduct(v, x, x);
        return rows.group.within(v.addInt(all, square), column, all);
      },
      sum);
  return isNarrow ? one.i32ToI64(all) : all;
}

LogicalResult quantir::lowerNormOfCodesGpu(GpuLowering &lowering, KernelOp op,
                                           Operation *norm, float epsilon) {
  FailureOr<NormCodes> found =
      normCodesOf(lowering.constants, op, norm, epsilon);
  if (failed(found))
    return failure();
  const NormCodes &codes = *found;
  RowKernel rows(lowering, op, norm);
  GpuBuilder &v = rows.v, &one = rows.one;
  rows.readInput();
  auto centred = [&](Value column) {
    return v.subInt(rows.inputAgain(column), v.i32(codes.getZeroPoint()));
  };
  GpuLanes all = one.i32(0);
  if (isa<LayerNormOp>(norm))
    all = rows.group.fold(
        all,
        [&](const GpuLanes &all, Value column) {
          return rows.group.within(v.addInt(all, centred(column)), column, all);
        },
        sum);
  quant::QuantizedType type =
      getQuantizedElement(norm->getOperand(0).getType());
  GpuLanes squares =
      sumOfSquares(rows, type.getStorageTypeIntegralWidth(), centred);
  auto root = codes.root(one, all, squares);
  root = {repeatLane(rows.kernel, root.mantissa),
          repeatLane(rows.kernel, root.shift)};
  GpuLanes sumOfQuad = repeatLane(rows.kernel, all);
  Value multipliers = rows.kernel.constant(codes.getMultipliers());
  Value offsets = rows.kernel.constant(codes.getOffsets());
  Type word = rows.kernel.builder().getI32Type();
  auto ofColumn = [&](Value table, Value column) {
    return loadQuad(rows.kernel, table, word, rows.kernel.index(0), column,
                    codes.columns());
  };
  rows.finish([&](Value column) {
    return codes.finish(v, centred(column), sumOfQuad, root,
                        ofColumn(multipliers, column),
                        ofColumn(offsets, column));
  });
  return rows.dispatch();
}
