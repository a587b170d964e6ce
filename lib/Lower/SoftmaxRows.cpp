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
        return larger(partial, rows.first(slot, column, lanes, valid));
      },
      larger);
  auto below = [&](int64_t slot, Value column, int64_t width, int64_t valid) {
    Value x = rows.again(slot, column, width, valid);
    return v.subF32(x, splatLane(kernel, most[slot], width));
  };
  auto exponential = [&](int64_t slot, Value column, int64_t width,
                         int64_t valid) {
    VectorBuilder wide(kernel, width);
    return floatmath::exp(wide, below(slot, column, width, valid),
                          /*nonPositive=*/true);
  };
  if (softmax.getUnnormalized()) {
    for (int64_t slot = 0; slot < count; ++slot)
      code.eachBundle(kSoftmaxBundle,
                      [&](Value column, int64_t width, int64_t valid) {
                        rows.store(slot, column, valid,
                                   exponential(slot, column, width, valid));
                      });
    return;
  }
  SmallVector<Value> sums = code.fold(
      count, v.f32(0.0f),
      [&](int64_t slot, Value partial, Value column, int64_t valid) {
        Value e = exponential(slot, column, lanes, valid);
        if (keepsExponentials(softmax))
          rows.keep(slot, column, e);
        return v.addF32(partial, e);
      },
      [&](Value a, Value b) { return v.addF32(a, b); });
  for (Value &sum : sums)
    sum = log ? floatmath::log(one, sum) : one.divF32(one.f32(1.0f), sum);
  for (int64_t slot = 0; slot < count; ++slot)
    code.each([&](Value column, int64_t valid) {
      Value of = splatLane(kernel, sums[slot], lanes);
      Value result = log ? v.subF32(below(slot, column, lanes, valid), of)
                         : v.mulF32(rows.kept(slot, column, lanes, valid), of);
      rows.store(slot, column, valid, result);
    });
}
