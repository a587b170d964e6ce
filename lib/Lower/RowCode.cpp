#include "RowCode.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

RowCode::RowCode(KernelFunction &kernel, int64_t columns, Value low, Value high)
    : kernel(kernel), columns(columns),
      vectorLanes(std::min<int64_t>(kernel.lowering().elementLanes, kPartials)),
      low(low ? low : kernel.index(0)),
      high(high ? high : kernel.index(columns)) {}

/// The first `valid` lanes of `value`, the others of `rest`.
static Value keepFirst(ImplicitLocOpBuilder &b, Value value, Value rest,
                       int64_t valid) {
  auto type = cast<VectorType>(value.getType());
  if (valid == type.getDimSize(0))
    return value;
  SmallVector<bool> mask(type.getDimSize(0), false);
  std::fill_n(mask.begin(), valid, true);
  auto maskType = type.clone(b.getI1Type());
  Value first = arith::ConstantOp::create(
      b, maskType, DenseElementsAttr::get(maskType, ArrayRef<bool>(mask)));
  return arith::SelectOp::create(b, first, value, rest);
}

SmallVector<Value> RowCode::fold(int64_t rows, Value initial, Step step,
                                 Combine combine) {
  int64_t parts = kPartials / vectorLanes;
  int64_t whole = columns / kPartials * kPartials;
  SmallVector<Value> partials(rows * parts, initial);
  partials = kernel.loop(
      low, kernel.min(high, kernel.index(whole)), kPartials, partials,
      [&](Value column, ValueRange carried) {
        SmallVector<Value> next;
        for (auto [i, partial] : llvm::enumerate(carried))
          next.push_back(step(i / parts, partial,
                              kernel.add(column, i % parts * vectorLanes),
                              vectorLanes));
        return next;
      });
  auto emitTail = [&](Value, ValueRange carried) {
    SmallVector<Value> next(carried);
    for (auto [i, partial] : llvm::enumerate(next)) {
      int64_t column = whole + i % parts * vectorLanes;
      int64_t valid = std::min(columns - column, vectorLanes);
      if (valid > 0)
        partial =
            keepFirst(kernel.builder(),
                      step(i / parts, partial, kernel.index(column), valid),
                      partial, valid);
    }
    return next;
  };
  if (whole < columns)
    partials =
        kernel.loop(kernel.index(whole), high, kPartials, partials, emitTail);
  SmallVector<Value> results;
  for (int64_t row = 0; row < rows; ++row) {
    ArrayRef<Value> own = ArrayRef(partials).slice(row * parts, parts);
    results.push_back(combineAll(SmallVector<Value>(own), combine));
  }
  return results;
}

Value RowCode::combineAll(SmallVector<Value> partials, Combine combine) {
  for (size_t half = partials.size() / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half; ++i)
      partials[i] = combine(partials[i], partials[i + half]);
  return foldLanes(kernel.builder(), partials[0], combine);
}

Value quantir::foldLanes(ImplicitLocOpBuilder &b, Value vector,
                         RowCode::Combine combine) {
  for (int64_t half = lanesOf(vector) / 2; half > 0; half /= 2) {
    auto part = [&](int64_t start) {
      return vector::ExtractStridedSliceOp::create(
          b, vector, ArrayRef<int64_t>{start}, ArrayRef<int64_t>{half},
          ArrayRef<int64_t>{1});
    };
    Value low = part(0), high = part(half);
    vector = combine(low, high);
  }
  return vector;
}

void RowCode::each(function_ref<void(Value, int64_t)> visit) {
  eachBundle(
      1, [&](Value column, int64_t, int64_t valid) { visit(column, valid); });
}

void RowCode::eachBundle(int64_t bundle,
                         function_ref<void(Value, int64_t, int64_t)> visit) {
  Value from = low;
  bundle =
      std::max<int64_t>(1, bundle * kernel.lowering().unit.lanes / vectorLanes);
  for (int64_t lanes = bundle * vectorLanes;; lanes = vectorLanes) {
    int64_t whole = columns / lanes * lanes;
    kernel.loop(from, kernel.min(high, kernel.index(whole)), lanes,
                [&](Value column) { visit(column, lanes, lanes); });
    if (whole > 0)
      from = kernel.max(low, kernel.index(whole));
    if (lanes == vectorLanes)
      break;
  }
  int64_t whole = columns / vectorLanes * vectorLanes;
  if (whole < columns)
    kernel.loop(kernel.index(whole), high, vectorLanes, [&](Value column) {
      visit(column, vectorLanes, columns - whole);
    });
}

int64_t quantir::lanesOf(Value vector) {
  return cast<VectorType>(vector.getType()).getDimSize(0);
}

void quantir::eachRowGroup(KernelFunction &kernel, int64_t rows, int64_t tiles,
                           int64_t group,
                           function_ref<void(ArrayRef<Value>)> emit) {
  if (rows == 0) // then `group` may be none as well
    return;
  auto emitRows = [&](Value first, int64_t count) {
    SmallVector<Value> group;
    for (int64_t i = 0; i < count; ++i)
      group.push_back(kernel.add(first, i));
    emit(group);
  };
  auto [low, high] = kernel.share(rows, tiles, group);
  Value span = kernel.builder().createOrFold<arith::SubIOp>(high, low);
  Value whole = kernel.add(low, kernel.mul(kernel.div(span, group), group));
  kernel.loop(low, whole, group, [&](Value row) { emitRows(row, group); });
  if (rows % group != 0)
    kernel.loop(whole, high, 1, [&](Value row) { emitRows(row, 1); });
}
