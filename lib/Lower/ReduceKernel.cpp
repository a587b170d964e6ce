#include "Kernels.h"
#include "Quantir/ReduceMath.h"
#include "RowCode.h"
#include "VectorBuilder.h"
#include "quantir/Lower/ReduceDims.h"

using namespace mlir;
using namespace quantir;

namespace {
/// The loops of a reduction: dimensions of the input, each kept or reduced.
class ReduceCode {
public:
  ReduceCode(KernelFunction &kernel, KernelOp op, ReduceOp reduce, bool plain);

  LogicalResult emit();

private:
  VectorBuilder builder(Value like) { return {kernel, lanesOf(like)}; }
  Value initial(int64_t lanes) {
    VectorBuilder v(kernel, lanes);
    return folder.initial(v);
  }
  Value widen(Value lanes) {
    VectorBuilder v = builder(lanes);
    return folder.widen(v, lanes);
  }
  Value combine(Value partial, Value x) {
    VectorBuilder v = builder(partial);
    return folder.combine(v, partial, x);
  }
  Value load(Value row, Value column, int64_t lanes, int64_t valid);
  SmallVector<Value> overReduced(size_t dim, Value row, SmallVector<Value> all,
                                 function_ref<Value(Value, Value, Value)> step,
                                 Value column);
  void emitLanes(Value keptRow, Value column, int64_t valid);
  void emitElement(Value kept);
  Value foldRow(Value row);
  Value foldInPartials(Value row);
  void store(Value folded, Value row, Value column, int64_t lanes,
             int64_t valid);

  KernelFunction &kernel;
  KernelOp op;
  ReduceOp reduce;
  ReduceDims dims;
  bool plain;
  SmallVector<int64_t> resultShape;
  LaneEvaluator prologue, epilogue;
  ReduceFold folder;
  Value partials;
  LogicalResult status = success();
};
} // namespace

static SmallVector<int64_t> resultShapeOf(ReduceOp op, bool plain) {
  auto type = cast<RankedTensorType>(op.getType());
  if (!plain && type.getRank() > 0)
    return SmallVector<int64_t>(type.getShape());
  return {type.getNumElements()};
}

ReduceCode::ReduceCode(KernelFunction &kernel, KernelOp op, ReduceOp reduce,
                       bool plain)
    : kernel(kernel), op(op), reduce(reduce), dims(reduce, plain, plain),
      plain(plain), resultShape(resultShapeOf(reduce, plain)),
      prologue(kernel, op,
               cast<RankedTensorType>(reduce.getInput().getType()).getShape()),
      epilogue(kernel, op, resultShape), folder(reduce, dims.depth()) {}

Value ReduceCode::load(Value row, Value column, int64_t lanes, int64_t valid) {
  auto type = cast<RankedTensorType>(reduce.getInput().getType());
  if (plain) {
    Value buffer = prologue.bufferOf(reduce.getInput());
    Value offset = kernel.add(kernel.mul(row, dims.sizes.back()), column);
    return widen(loadLanes(kernel, buffer, type.getElementType(), offset, lanes,
                           valid, hasSlack(buffer, type.getNumElements())));
  }
  FailureOr<Value> value =
      prologue.compute(reduce.getInput(), {row, column, lanes, valid});
  if (succeeded(value))
    return widen(*value);
  status = failure();
  return initial(lanes);
}

/// Loops over the reduced dimensions from `dim` on, row-major, and folds what
/// they hold into `all`: step(all, row, column). `column` is the column of
/// them all when the last dimension stays.
SmallVector<Value>
ReduceCode::overReduced(size_t dim, Value row, SmallVector<Value> all,
                        function_ref<Value(Value, Value, Value)> step,
                        Value column) {
  if (dim + 1 == dims.sizes.size()) {
    if (!dims.lastReduced())
      return {step(all[0], row, column)};
    return kernel.loop(kernel.index(0), kernel.index(dims.sizes.back()), 1, all,
                       [&](Value i, ValueRange carried) {
                         return SmallVector<Value>{step(carried[0], row, i)};
                       });
  }
  if (!dims.reduced[dim])
    return overReduced(dim + 1, row, all, step, column);
  int64_t stride = 1;
  for (size_t inner = dim + 1; inner + 1 < dims.sizes.size(); ++inner)
    stride *= dims.sizes[inner];
  return kernel.loop(kernel.index(0), kernel.index(dims.sizes[dim]), 1, all,
                     [&](Value i, ValueRange carried) {
                       Value next = kernel.add(row, kernel.mul(i, stride));
                       return overReduced(dim + 1, next,
                                          llvm::to_vector(carried), step,
                                          column);
                     });
}

void ReduceCode::store(Value folded, Value row, Value column, int64_t lanes,
                       int64_t valid) {
  VectorBuilder v = builder(folded);
  Value result = folder.finish(v, folded);
  if (plain && resultShape.size() == 1 && !dims.lastReduced()) {
    // The whole result is one row.
    column = kernel.add(kernel.mul(row, dims.sizes.back()), column);
    row = kernel.index(0);
  }
  if (failed(epilogue.finish({{reduce.getResult(), result}},
                             {row, column, lanes, valid})))
    status = failure();
}

/// The last dimension stays: its elements are lanes.
void ReduceCode::emitLanes(Value keptRow, Value column, int64_t valid) {
  int64_t lanes = kernel.lowering().lanesFor(dims.sizes.back());
  Value row = dims.rowOf(kernel, keptRow);
  SmallVector<Value> all = overReduced(
      0, row, {initial(lanes)},
      [&](Value partial, Value row, Value column) {
        return combine(partial, load(row, column, lanes, valid));
      },
      column);
  store(all[0], keptRow, column, lanes, valid);
}

/// The elements of one row of the last dimension, in partial values.
Value ReduceCode::foldRow(Value row) {
  RowCode code(kernel, dims.sizes.back());
  return code.fold(
      1, initial(code.lanes()),
      [&](int64_t, Value partial, Value column, int64_t valid) {
        return combine(partial, load(row, column, code.lanes(), valid));
      },
      [&](Value a, Value b) { return combine(a, b); })[0];
}

/// The same when other dimensions are reduced as well: element i of all of
/// them joins partial value i mod 16, which lies in memory.
Value ReduceCode::foldInPartials(Value row) {
  ImplicitLocOpBuilder &b = kernel.builder();
  Value start = initial(RowCode::kPartials);
  auto type = cast<VectorType>(start.getType());
  auto one = VectorType::get({1}, type.getElementType());
  if (!partials)
    partials = kernel.stackBuffer(
        MemRefType::get({RowCode::kPartials}, type.getElementType()));
  vector::StoreOp::create(b, start, partials, kernel.index(0));
  overReduced(
      0, row, {kernel.index(0)},
      [&](Value count, Value row, Value column) -> Value {
        Value place = kernel.rem(count, RowCode::kPartials);
        Value partial = vector::LoadOp::create(b, one, partials, place);
        Value next = combine(partial, load(row, column, 1, 1));
        // LLVM 22's SROA merges stores of vectors that make up the whole of a
        // buffer in the wrong order; it leaves those of scalars alone.
        memref::StoreOp::create(b, vector::ExtractOp::create(b, next, 0),
                                partials, place);
        return kernel.add(count, 1);
      },
      Value());
  return foldLanes(b,
                   vector::LoadOp::create(b, type, partials, kernel.index(0)),
                   [&](Value a, Value b) { return combine(a, b); });
}

/// The last dimension goes: one element of the result.
void ReduceCode::emitElement(Value kept) {
  Value row = dims.rowOf(kernel, kept), folded;
  if (folder.inOrder())
    folded = overReduced(
        0, row, {initial(1)},
        [&](Value partial, Value row, Value column) {
          return combine(partial, load(row, column, 1, 1));
        },
        Value())[0];
  else
    folded = dims.onlyLast() ? foldRow(row) : foldInPartials(row);
  int64_t columns = resultShape.back();
  bool oneRow = resultShape.size() == 1;
  store(folded, oneRow ? kernel.index(0) : kernel.div(kept, columns),
        oneRow ? kept : kernel.rem(kept, columns), 1, 1);
}

LogicalResult ReduceCode::emit() {
  int64_t kept = dims.keptRows(), all = 1;
  for (int64_t size : dims.sizes)
    all *= size;
  int64_t columns = dims.sizes.back(),
          lanes = kernel.lowering().lanesFor(columns);
  double nanoseconds = double(all) * (epilogue.cost() + 2) / lanes / 4;
  if (dims.lastReduced()) {
    int64_t tiles = tilesFor(nanoseconds, kept);
    auto [low, high] = kernel.share(kept, tiles);
    kernel.loop(low, high, 1, [&](Value i) { emitElement(i); });
    kernel.launch(tiles);
    return status;
  }
  // Vectors of all rows, numbered along each row.
  int64_t vectors = llvm::divideCeil(columns, lanes), tail = columns % lanes;
  int64_t whole = columns / lanes;
  int64_t tiles = tilesFor(nanoseconds, kept * vectors);
  auto [low, high] = kernel.share(kept * whole, tiles);
  kernel.loop(low, high, 1, [&](Value i) {
    emitLanes(kernel.div(i, whole), kernel.mul(kernel.rem(i, whole), lanes),
              lanes);
  });
  if (tail) {
    auto [first, end] = kernel.share(kept, tiles);
    kernel.loop(first, end, 1, [&](Value row) {
      emitLanes(row, kernel.index(whole * lanes), tail);
    });
  }
  kernel.launch(tiles);
  return status;
}

LogicalResult quantir::lowerReduce(Lowering &lowering, KernelOp op,
                                   ReduceOp reduce) {
  bool plain = llvm::none_of(op.getBody().front(), [](Operation &inner) {
    return isa<ElementwiseInterface>(inner);
  });
  KernelFunction kernel(lowering, op.getLoc(), "reduce");
  return ReduceCode(kernel, op, reduce, plain).emit();
}
