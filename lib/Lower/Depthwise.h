#ifndef QUANTIR_LIB_LOWER_DEPTHWISE_H
#define QUANTIR_LIB_LOWER_DEPTHWISE_H

#include "Kernels.h"
#include "quantir/Target/ChannelProducts.h"

namespace quantir {

/// A convolution with one filter for each channel, over a padded input.
struct Depthwise {
  int64_t images, height, width; ///< of the padded input
  int64_t outHeight, outWidth, channels;
  int64_t kh, kw;
  llvm::ArrayRef<int64_t> strides, dilations;

  /// Offset of a tap from the window's first element.
  int64_t tap(int64_t number) const {
    return (number / kw * dilations[0] * width + number % kw * dilations[1]) *
           channels;
  }

  int64_t lines() const { return images * outHeight; }

  /// Offset of the first window of an output line.
  mlir::Value lineStart(KernelFunction &kernel, mlir::Value line) const {
    mlir::Value n = kernel.div(line, outHeight),
                y = kernel.rem(line, outHeight);
    return kernel.add(kernel.mul(n, height * width * channels),
                      kernel.mul(y, strides[0] * width * channels));
  }
};

/// The row that `emitDepthwiseCodes` can compute it by, or null: for filters
/// undilated across.
const ChannelProducts *productsFor(const Lowering &lowering,
                                   const Depthwise &shape);

/// Emits the lines [low, high) of a depthwise convolution of codes.
/// \param filter  [channel][kh][kw].
/// \param starts  what each channel's sum starts at, of codes as the row
///                multiplies them.
/// \param finish  takes sums, row, first channel and the number of channels.
void emitDepthwiseCodes(
    KernelFunction &kernel, const Depthwise &shape,
    const ChannelProducts &products, mlir::Value input,
    mlir::DenseElementsAttr filter, llvm::ArrayRef<int32_t> starts,
    mlir::Value low, mlir::Value high,
    llvm::function_ref<void(mlir::Value, mlir::Value, mlir::Value, int64_t)>
        finish);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_DEPTHWISE_H
