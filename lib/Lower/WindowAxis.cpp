#include "quantir/Lower/WindowAxis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace quantir;

std::pair<int64_t, int64_t> WindowAxis::inner() const {
  int64_t first = llvm::divideCeil(pad, stride);
  int64_t room = in + pad - dilation * (kernel - 1) - 1;
  int64_t end = room < 0 ? 0 : std::min(out, room / stride + 1);
  return {std::min(first, end), end};
}

std::pair<Value, Value> WindowAxis::tapsOf(IndexCode &code,
                                           Value position) const {
  ImplicitLocOpBuilder &b = code.builder();
  if (inner() == std::pair<int64_t, int64_t>(0, out))
    return {code.index(0), code.index(kernel)};
  Value start = code.mul(position, stride);
  Value low = code.index(0);
  if (pad != 0) {
    Value pads = code.index(pad);
    Value outside = b.createOrFold<arith::SubIOp>(pads, code.min(start, pads));
    low = code.div(code.add(outside, dilation - 1), dilation);
  }
  // Never negative: a pad is smaller than the window.
  Value room = b.createOrFold<arith::SubIOp>(code.index(in - 1 + pad), start);
  Value high =
      code.min(code.add(code.div(room, dilation), 1), code.index(kernel));
  return {low, high};
}
