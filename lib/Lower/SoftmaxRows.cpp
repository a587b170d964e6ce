#include "SoftmaxRows.h"

#include "Quantir/FloatMath.h"
#include "SoftmaxCodeRows.h"
#include "VectorBuilder.h"

using namespace mlir;
using namespace quantir;

bool quantir::keepsExponentials(SoftmaxOp softmax) {
  return !softmax.getLog() && !softmax.getUnnormalized();
}

void quantir::emitSoftmaxRows(KernelFunction &kernel, SoftmaxOp softmax,
                              RowCode &code, int64_t count,
                              const SoftmaxRows &rows) {
  if (getQuantizedElement(softmax.getType()))
    return emitSoftmaxCodeRows(kernel, softmax, code, count, rows);
  int64_t lanes = code.lanes();
  VectorBuilder v(kernel, lanes), one(kernel, 1);
  bool log = softmax.getLog();
  // Keeps what there was when the other is NaN.
  auto larger = [&](Value most, Value x) {
    return floatmath::maximum(v, x, most);
  };
  SmallVector<Value> most = code.fold(
      count, v.f32(-std::numeric_limits<float>::infinity()),
      [&](int64_t slot, Value partial, Value column, int64_t valid) {
        return larger(partial, rows.first(slot, column, valid));
      },
      larger);
  for (Value &value : most)
    value = splatLane(kernel, value, lanes);
  auto below = [&](int64_t slot, Value column, int64_t valid) {
    return v.subF32(rows.again(slot, column, valid), most[slot]);
  };
  auto exponential = [&](int64_t slot, Value column, int64_t valid) {
    return floatmath::exp(v, below(slot, column, valid),
                          /*nonPositive=*/true);
  };
  if (softmax.getUnnormalized()) {
    for (int64_t slot = 0; slot < count; ++slot)
      code.each([&](Value column, int64_t valid) {
        rows.store(slot, column, valid, exponential(slot, column, valid));
      });
    return;
  }
  SmallVector<Value> sums = code.fold(
      count, v.f32(0.0f),
      [&](int64_t slot, Value partial, Value column, int64_t valid) {
        Value e = exponential(slot, column, valid);
        if (keepsExponentials(softmax))
          rows.keep(slot, column, e);
        return v.addF32(partial, e);
      },
      [&](Value a, Value b) { return v.addF32(a, b); });
  for (Value &sum : sums)
    sum = splatLane(
        kernel, log ? floatmath::log(one, sum) : one.divF32(one.f32(1.0f), sum),
        lanes);
  for (int64_t slot = 0; slot < count; ++slot)
    code.each([&](Value column, int64_t valid) {
      Value result = log ? v.subF32(below(slot, column, valid), sums[slot])
                         : v.mulF32(rows.kept(slot, column, valid), sums[slot]);
      rows.store(slot, column, valid, result);
    });
}
