#include "MoveCode.h"
#include "VectorBuilder.h"

using namespace mlir;
using namespace quantir;

LogicalResult quantir::lowerGather(Lowering &lowering, KernelOp kernel,
                                   GatherOp op) {
  if (failed(lowerMovement(lowering, kernel, op)))
    return failure();
  DenseElementsAttr table =
      constantOf(lowering.constants, kernel, op.getInput());
  if (memref::GlobalOp global = lowering.globalOf.lookup(table))
    global->setAttr(kReadByRowsAttr, UnitAttr::get(op.getContext()));
  return success();
}

/// Copies one operand of a concat to where it begins in the result.
/// \param start  the operand's first index along the axis.
static void concatPart(KernelFunction &kernel, KernelOp op, ConcatOp concat,
                       Value part, int64_t start, int64_t tiles) {
  RankedTensorType type = typeOf(part);
  int64_t inner = 1, outer = 1, axis = concat.getAxis();
  for (int64_t size : type.getShape().drop_front(axis + 1))
    inner *= size;
  for (int64_t size : type.getShape().take_front(axis))
    outer *= size;
  int64_t run = type.getDimSize(axis) * inner;
  int64_t pitch = typeOf(concat.getResult()).getDimSize(axis) * inner;
  Value from = LaneEvaluator(kernel, op, type.getShape()).bufferOf(part);
  Value to = kernel.use(kernel.lowering().buffers.lookup(op.getResult(0)));
  auto [low, high] = kernel.share(outer, tiles);
  kernel.loop(low, high, 1, [&](Value row) {
    copyRun(kernel, from, kernel.mul(row, run), to,
            kernel.add(kernel.mul(row, pitch), start * inner), run);
  });
}

/// The same with elementwise ops before or behind, a vector at a time.
static LogicalResult concatLanes(KernelFunction &kernel, KernelOp op,
                                 ConcatOp concat, Value part, int64_t start,
                                 int64_t tiles) {
  RankedTensorType type = typeOf(part), whole = typeOf(concat.getResult());
  LaneEvaluator operand(kernel, op, type.getShape());
  LaneEvaluator result(kernel, op, whole.getShape());
  int64_t axis = concat.getAxis(), columns = operand.columns();
  bool last = axis + 1 == type.getRank();
  // Rows of the operand that follow each other in the result.
  int64_t together = 1;
  if (!last)
    for (int64_t size : type.getShape().drop_front(axis + 1).drop_back())
      together *= size;
  LogicalResult status = success();
  int64_t lanes = kernel.lowering().lanesFor(columns);
  auto emit = [&](Value row, Value column, int64_t valid) {
    Value target = row;
    if (!last) {
      int64_t own = type.getDimSize(axis) * together;
      target = kernel.add(
          kernel.mul(kernel.div(row, own), whole.getDimSize(axis) * together),
          kernel.add(kernel.rem(row, own), start * together));
    }
    FailureOr<Value> value = operand.compute(part, {row, column, lanes, valid});
    Value place = last ? kernel.add(column, start) : column;
    if (failed(value) || failed(result.finish({{concat.getResult(), *value}},
                                              {target, place, lanes, valid})))
      status = failure();
  };
  auto [low, high] = kernel.share(operand.rows(), tiles);
  int64_t even = columns / lanes * lanes;
  kernel.loop(low, high, 1, [&](Value row) {
    kernel.loop(kernel.index(0), kernel.index(even), lanes,
                [&](Value column) { emit(row, column, lanes); });
    if (even < columns)
      emit(row, kernel.index(even), columns - even);
  });
  return status;
}

LogicalResult quantir::lowerConcat(Lowering &lowering, KernelOp op,
                                   ConcatOp concat) {
  KernelFunction kernel(lowering, op.getLoc(), "concat");
  RankedTensorType type = typeOf(concat.getResult());
  bool plain = isPlain(op);
  int64_t rows = 1;
  for (int64_t size : type.getShape().take_front(concat.getAxis()))
    rows *= size;
  double elements = double(type.getNumElements());
  int64_t tiles = tilesFor(plain ? elements / 8 : elements, rows);
  int64_t start = 0;
  for (Value part : concat.getInputs()) {
    if (plain)
      concatPart(kernel, op, concat, part, start, tiles);
    else if (failed(concatLanes(kernel, op, concat, part, start, tiles)))
      return failure();
    start += typeOf(part).getDimSize(concat.getAxis());
  }
  kernel.launch(tiles);
  return success();
}
