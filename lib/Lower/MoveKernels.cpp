#include "Movement.h"
#include "VectorBuilder.h"

using namespace mlir;
using namespace quantir;

LogicalResult quantir::lowerTranspose(Lowering &lowering, KernelOp kernel,
                                      TransposeOp op) {
  ArrayRef<int64_t> shape = typeOf(op.getInput()).getShape();
  SmallVector<int64_t> strides = stridesOf(shape);
  Movement movement{op, op.getInput()};
  for (int64_t dim : op.getPermutation())
    movement.dims.push_back({shape[dim], strides[dim]});
  return lowerMovement(lowering, kernel, std::move(movement));
}

LogicalResult quantir::lowerSlice(Lowering &lowering, KernelOp kernel,
                                  SliceOp op) {
  SmallVector<int64_t> strides = stridesOf(typeOf(op.getInput()).getShape());
  Movement movement{op, op.getInput()};
  for (size_t dim = 0; dim < strides.size(); ++dim) {
    movement.base += op.getOffsets()[dim] * strides[dim];
    movement.dims.push_back(
        {op.getSizes()[dim], op.getSteps()[dim] * strides[dim]});
  }
  return lowerMovement(lowering, kernel, std::move(movement));
}

LogicalResult quantir::lowerExpand(Lowering &lowering, KernelOp kernel,
                                   ExpandOp op) {
  RankedTensorType result = typeOf(op.getResult());
  SmallVector<int64_t> shape(result.getRank() - typeOf(op.getInput()).getRank(),
                             1);
  llvm::append_range(shape, typeOf(op.getInput()).getShape());
  SmallVector<int64_t> strides = stridesOf(shape);
  Movement movement{op, op.getInput()};
  for (auto [dim, size] : llvm::enumerate(result.getShape()))
    movement.dims.push_back({size, shape[dim] == 1 ? 0 : strides[dim]});
  return lowerMovement(lowering, kernel, std::move(movement));
}

LogicalResult quantir::lowerGather(Lowering &lowering, KernelOp kernel,
                                   GatherOp op) {
  ArrayRef<int64_t> shape = typeOf(op.getInput()).getShape();
  SmallVector<int64_t> strides = stridesOf(shape);
  Movement movement{op, op.getInput()};
  for (auto [dim, size] : llvm::enumerate(shape)) {
    if (dim != uint64_t(op.getAxis())) {
      movement.dims.push_back({size, strides[dim]});
      continue;
    }
    // All dimensions of the indices as one.
    Movement::Dim chosen{typeOf(op.getIndices()).getNumElements(),
                         strides[dim]};
    chosen.indices = op.getIndices();
    chosen.extent = size;
    movement.dims.push_back(chosen);
  }
  if (failed(lowerMovement(lowering, kernel, std::move(movement))))
    return failure();
  DenseElementsAttr table = constantOf(lowering, kernel, op.getInput());
  if (memref::GlobalOp global = lowering.globalOf.lookup(table))
    global->setAttr(kReadByRowsAttr, UnitAttr::get(op.getContext()));
  return success();
}

/// Positions in a dimension of `size` of the elements of a padded one; -1 is
/// outside.
static SmallVector<int64_t> paddedPositions(PadMode mode, int64_t low,
                                            int64_t size, int64_t high) {
  SmallVector<int64_t> positions;
  for (int64_t i = -low; i < size + high; ++i) {
    bool inside = i >= 0 && i < size;
    if (inside || mode == PadMode::constant)
      positions.push_back(inside ? i : -1);
    else if (mode == PadMode::edge)
      positions.push_back(i < 0 ? 0 : size - 1);
    else
      positions.push_back(i < 0 ? -i : 2 * (size - 1) - i);
  }
  return positions;
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

LogicalResult quantir::lowerPad(Lowering &lowering, KernelOp kernel, PadOp op) {
  ArrayRef<int64_t> shape = typeOf(op.getInput()).getShape();
  SmallVector<int64_t> strides = stridesOf(shape);
  Movement movement{op, op.getInput()};
  movement.fill = op.getFillBits();
  for (auto [dim, size] : llvm::enumerate(shape))
    movement.addDim(paddedPositions(op.getMode(), op.getLow()[dim], size,
                                    op.getHigh()[dim]),
                    strides[dim]);
  return lowerMovement(lowering, kernel, std::move(movement));
}
