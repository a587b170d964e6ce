#include "Kernels.h"
#include "Quantir/IntegerMath.h"
#include "RowCode.h"
#include "VectorBuilder.h"

using namespace mlir;
using namespace quantir;

namespace {
/// How elements of one type are folded into one, on vectors of any length.
class Folder {
public:
  Folder(KernelFunction &kernel, ReduceOp op, int64_t count);

  Value initial(int64_t lanes);
  /// An element as it enters the fold.
  Value widen(Value lanes);
  Value combine(Value partial, Value x);
  /// The result from the fold of `count` elements.
  Value finish(Value folded);

  /// A product of f32 has no partial products.
  bool inOrder() const { return kind == ReduceKind::prod && from.isF32(); }

private:
  VectorBuilder builder(Value like) {
    return {kernel, cast<VectorType>(like.getType()).getDimSize(0)};
  }

  KernelFunction &kernel;
  ReduceKind kind;
  Type from, to;
  int64_t count, zeroPoint = 0;
  /// The lanes are i64, for i64 elements and the means of other integers.
  bool wide;
};

/// The loops of a reduction: dimensions of the input, each kept or reduced.
class ReduceCode {
public:
  ReduceCode(KernelFunction &kernel, KernelOp op, ReduceOp reduce, bool plain);

  LogicalResult emit();

private:
  bool lastReduced() const { return reduced.back(); }
  /// True when the reduced dimensions are the last one alone.
  bool onlyLast() const { return llvm::count(reduced, true) == 1; }
  Value load(Value row, Value column, int64_t lanes, int64_t valid);
  Value rowOf(Value kept);
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
  SmallVector<int64_t> sizes;
  SmallVector<bool> reduced;
  bool plain;
  SmallVector<int64_t> resultShape;
  LaneEvaluator prologue, epilogue;
  Folder folder;
  Value partials;
  LogicalResult status = success();
};
} // namespace

Folder::Folder(KernelFunction &kernel, ReduceOp op, int64_t count)
    : kernel(kernel), kind(op.getKind()),
      from(getElementTypeOrSelf(op.getInput().getType())),
      to(getElementTypeOrSelf(op.getType())), count(count) {
  auto codes = dyn_cast<quant::QuantizedType>(from);
  if (codes && (kind == ReduceKind::sum || kind == ReduceKind::mean))
    zeroPoint = getZeroPoints(codes)[0];
  wide = from.isInteger(64) ||
         (kind == ReduceKind::mean && isa<IntegerType>(from));
}

Value Folder::initial(int64_t lanes) {
  VectorBuilder v(kernel, lanes);
  constexpr float infinity = std::numeric_limits<float>::infinity();
  bool real = from.isF32();
  auto integer = [&](int64_t narrow, int64_t wideValue) {
    return wide ? v.i64(wideValue) : v.i32(int32_t(narrow));
  };
  switch (kind) {
  case ReduceKind::sum:
  case ReduceKind::mean:
    return real ? v.f32(0.0f) : integer(0, 0);
  case ReduceKind::prod:
    return real ? v.f32(1.0f) : integer(1, 1);
  case ReduceKind::max:
    return real ? v.f32(-infinity)
                : integer(std::numeric_limits<int32_t>::min(),
                          std::numeric_limits<int64_t>::min());
  case ReduceKind::min:
    return real ? v.f32(infinity)
                : integer(std::numeric_limits<int32_t>::max(),
                          std::numeric_limits<int64_t>::max());
  }
  return {};
}

Value Folder::widen(Value lanes) {
  VectorBuilder v = builder(lanes);
  if (from.isInteger(1))
    lanes = v.select(lanes, v.i32(1), v.i32(0));
  return wide && !from.isInteger(64) ? v.i32ToI64(lanes) : lanes;
}

Value Folder::combine(Value partial, Value x) {
  VectorBuilder v = builder(partial);
  bool real = from.isF32();
  switch (kind) {
  case ReduceKind::sum:
  case ReduceKind::mean:
    return real ? v.addF32(partial, x) : v.addInt(partial, x);
  case ReduceKind::prod:
    return real ? v.mulF32(partial, x) : v.mulInt(partial, x);
  case ReduceKind::max: // keeps what there was when x is NaN
    return v.select(real ? v.greaterF32(x, partial) : v.greaterInt(x, partial),
                    x, partial);
  case ReduceKind::min:
    return v.select(real ? v.greaterF32(partial, x) : v.greaterInt(partial, x),
                    x, partial);
  }
  return {};
}

Value Folder::finish(Value folded) {
  VectorBuilder v = builder(folded);
  bool mean = kind == ReduceKind::mean;
  if (from.isF32())
    return mean ? v.mulF32(folded, v.f32(float(1.0 / double(count)))) : folded;
  if (isa<quant::QuantizedType>(from)) {
    auto offset = int32_t(uint32_t(uint64_t(count) * uint64_t(zeroPoint)));
    return offset ? v.subInt(folded, v.i32(offset)) : folded;
  }
  if (mean)
    folded = v.divInt(folded, v.i64(count));
  if (wide && !to.isInteger(64))
    folded = v.i64ToI32(folded);
  if (to.isInteger(1))
    return v.equalInt(v.andBits(folded, v.i32(1)), v.i32(1));
  return wrapTo(v, folded, to);
}

/// The dimensions of a reduction; neighbours of one kind as one when `merge`.
static void cut(ReduceOp op, bool merge, SmallVector<int64_t> &sizes,
                SmallVector<bool> &reduced) {
  ArrayRef<int64_t> shape =
      cast<RankedTensorType>(op.getInput().getType()).getShape();
  for (auto [dim, size] : llvm::enumerate(shape)) {
    bool goes = llvm::is_contained(op.getAxes(), int64_t(dim));
    if (merge && !sizes.empty() && reduced.back() == goes) {
      sizes.back() *= size;
      continue;
    }
    sizes.push_back(size);
    reduced.push_back(goes);
  }
  if (sizes.empty()) {
    sizes.push_back(1);
    reduced.push_back(false);
  }
}

static SmallVector<int64_t> resultShapeOf(ReduceOp op, bool plain) {
  auto type = cast<RankedTensorType>(op.getType());
  if (!plain && type.getRank() > 0)
    return SmallVector<int64_t>(type.getShape());
  return {type.getNumElements()};
}

ReduceCode::ReduceCode(KernelFunction &kernel, KernelOp op, ReduceOp reduce,
                       bool plain)
    : kernel(kernel), op(op), reduce(reduce), plain(plain),
      resultShape(resultShapeOf(reduce, plain)),
      prologue(kernel, op,
               cast<RankedTensorType>(reduce.getInput().getType()).getShape()),
      epilogue(kernel, op, resultShape),
      folder(kernel, reduce, reduce.getAccumulationDepth()) {
  cut(reduce, plain, sizes, reduced);
}

Value ReduceCode::load(Value row, Value column, int64_t lanes, int64_t valid) {
  auto type = cast<RankedTensorType>(reduce.getInput().getType());
  if (plain) {
    Value buffer = prologue.bufferOf(reduce.getInput());
    Value offset = kernel.add(kernel.mul(row, sizes.back()), column);
    return folder.widen(loadLanes(kernel, buffer, type.getElementType(), offset,
                                  lanes, valid,
                                  hasSlack(buffer, type.getNumElements())));
  }
  FailureOr<Value> value =
      prologue.compute(reduce.getInput(), {row, column, lanes, valid});
  if (succeeded(value))
    return folder.widen(*value);
  status = failure();
  return folder.initial(lanes);
}

/// The row of the input (index over all its dimensions but the last) where the
/// elements of a result begin: `kept` counts the kept ones of those dimensions.
Value ReduceCode::rowOf(Value kept) {
  Value row = kernel.index(0);
  int64_t stride = 1, passed = 1, left = 1;
  for (size_t dim = 0; dim + 1 < sizes.size(); ++dim)
    left *= reduced[dim] ? 1 : sizes[dim];
  for (int64_t dim = int64_t(sizes.size()) - 2; dim >= 0; --dim) {
    if (!reduced[dim]) {
      left /= sizes[dim];
      Value index = kernel.div(kept, passed);
      if (left != 1)
        index = kernel.rem(index, sizes[dim]);
      if (sizes[dim] != 1)
        row = kernel.add(row, kernel.mul(index, stride));
      passed *= sizes[dim];
    }
    stride *= sizes[dim];
  }
  return row;
}

/// Loops over the reduced dimensions from `dim` on, row-major, and folds what
/// they hold into `all`: step(all, row, column). `column` is the column of
/// them all when the last dimension stays.
SmallVector<Value>
ReduceCode::overReduced(size_t dim, Value row, SmallVector<Value> all,
                        function_ref<Value(Value, Value, Value)> step,
                        Value column) {
  if (dim + 1 == sizes.size()) {
    if (!lastReduced())
      return {step(all[0], row, column)};
    return kernel.loop(kernel.index(0), kernel.index(sizes.back()), 1, all,
                       [&](Value i, ValueRange carried) {
                         return SmallVector<Value>{step(carried[0], row, i)};
                       });
  }
  if (!reduced[dim])
    return overReduced(dim + 1, row, all, step, column);
  int64_t stride = 1;
  for (size_t inner = dim + 1; inner + 1 < sizes.size(); ++inner)
    stride *= sizes[inner];
  return kernel.loop(kernel.index(0), kernel.index(sizes[dim]), 1, all,
                     [&](Value i, ValueRange carried) {
                       Value next = kernel.add(row, kernel.mul(i, stride));
                       return overReduced(dim + 1, next,
                                          llvm::to_vector(carried), step,
                                          column);
                     });
}

void ReduceCode::store(Value folded, Value row, Value column, int64_t lanes,
                       int64_t valid) {
  Value result = folder.finish(folded);
  if (plain && resultShape.size() == 1 && !lastReduced()) {
    // The whole result is one row.
    column = kernel.add(kernel.mul(row, sizes.back()), column);
    row = kernel.index(0);
  }
  if (failed(epilogue.finish({{reduce.getResult(), result}},
                             {row, column, lanes, valid})))
    status = failure();
}

/// The last dimension stays: its elements are lanes.
void ReduceCode::emitLanes(Value keptRow, Value column, int64_t valid) {
  int64_t lanes = kernel.lowering().lanesFor(sizes.back());
  Value row = rowOf(keptRow);
  SmallVector<Value> all = overReduced(
      0, row, {folder.initial(lanes)},
      [&](Value partial, Value row, Value column) {
        return folder.combine(partial, load(row, column, lanes, valid));
      },
      column);
  store(all[0], keptRow, column, lanes, valid);
}

/// The elements of one row of the last dimension, in partial values.
Value ReduceCode::foldRow(Value row) {
  RowCode code(kernel, sizes.back());
  auto combine = [&](Value a, Value b) { return folder.combine(a, b); };
  return code.fold(
      1, folder.initial(code.lanes()),
      [&](int64_t, Value partial, Value column, int64_t valid) {
        return combine(partial, load(row, column, code.lanes(), valid));
      },
      combine)[0];
}

/// The same when other dimensions are reduced as well: element i of all of
/// them joins partial value i mod 16, which lies in memory.
Value ReduceCode::foldInPartials(Value row) {
  ImplicitLocOpBuilder &b = kernel.builder();
  Value start = folder.initial(RowCode::kPartials);
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
        Value next = folder.combine(partial, load(row, column, 1, 1));
        // LLVM 22's SROA merges stores of vectors that make up the whole of a
        // buffer in the wrong order; it leaves those of scalars alone.
        memref::StoreOp::create(b, vector::ExtractOp::create(b, next, 0),
                                partials, place);
        return kernel.add(count, 1);
      },
      Value());
  Value result = vector::LoadOp::create(b, type, partials, kernel.index(0));
  for (int64_t half = RowCode::kPartials / 2; half > 0; half /= 2) {
    auto part = [&](int64_t start) {
      return vector::ExtractStridedSliceOp::create(
          b, result, ArrayRef<int64_t>{start}, ArrayRef<int64_t>{half},
          ArrayRef<int64_t>{1});
    };
    Value low = part(0), high = part(half);
    result = folder.combine(low, high);
  }
  return result;
}

/// The last dimension goes: one element of the result.
void ReduceCode::emitElement(Value kept) {
  Value row = rowOf(kept), folded;
  if (folder.inOrder())
    folded = overReduced(
        0, row, {folder.initial(1)},
        [&](Value partial, Value row, Value column) {
          return folder.combine(partial, load(row, column, 1, 1));
        },
        Value())[0];
  else
    folded = onlyLast() ? foldRow(row) : foldInPartials(row);
  int64_t columns = resultShape.back();
  bool oneRow = resultShape.size() == 1;
  store(folded, oneRow ? kernel.index(0) : kernel.div(kept, columns),
        oneRow ? kept : kernel.rem(kept, columns), 1, 1);
}

LogicalResult ReduceCode::emit() {
  int64_t kept = 1, all = 1;
  for (size_t dim = 0; dim + 1 < sizes.size(); ++dim)
    kept *= reduced[dim] ? 1 : sizes[dim];
  for (int64_t size : sizes)
    all *= size;
  int64_t columns = sizes.back(), lanes = kernel.lowering().lanesFor(columns);
  double nanoseconds = double(all) * (epilogue.cost() + 2) / lanes / 4;
  if (lastReduced()) {
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
