#ifndef QUANTIR_LOWER_WINDOWAXIS_H
#define QUANTIR_LOWER_WINDOWAXIS_H

#include "Quantir/QuantirOps.h"
#include "quantir/Lower/IndexCode.h"

namespace quantir {

/// One axis of a window that slides over an image.
struct WindowAxis {
  int64_t in, out, kernel, stride, dilation, pad;

  /// The axis 0 (height) or 1 (width) of a pool of an [N, H, W, C] image.
  template <typename Op> static WindowAxis of(Op op, int axis) {
    return {shapeOf(op.getInput())[1 + axis],
            shapeOf(op.getResult())[1 + axis],
            op.getKernel()[axis],
            op.getStrides()[axis],
            op.getDilations()[axis],
            op.getPads()[axis]};
  }

  /// Output positions [first, second) whose taps all lie in the image.
  std::pair<int64_t, int64_t> inner() const;

  /// The taps [first, second) of the window at `position` that lie in the
  /// image; numbers known at compile time when that is all of them everywhere.
  std::pair<mlir::Value, mlir::Value> tapsOf(IndexCode &code,
                                             mlir::Value position) const;
};

} // namespace quantir

#endif // QUANTIR_LOWER_WINDOWAXIS_H
