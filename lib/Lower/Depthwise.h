#ifndef QUANTIR_LIB_LOWER_DEPTHWISE_H
#define QUANTIR_LIB_LOWER_DEPTHWISE_H

#include "InnerTileCode.h"
#include "Kernels.h"

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

/// True when `emitDepthwiseDots` can compute it: filters of up to four lines,
/// undilated across, and an instruction that sums four products a lane.
bool takesDots(const Depthwise &shape, const InnerTile &tile);

/// Emits the lines [low, high) of a depthwise convolution of codes.
/// \param filter  [channel][kh][kw].
/// \param starts  what each channel's sum starts at.
/// \param finish  takes sums, row, first channel and the number of channels.
void emitDepthwiseDots(
    KernelFunction &kernel, const Depthwise &shape, const InnerTile &tile,
    mlir::Value input, llvm::ArrayRef<int8_t> filter,
    llvm::ArrayRef<int32_t> starts, mlir::Value low, mlir::Value high,
    llvm::function_ref<void(mlir::Value, mlir::Value, mlir::Value, int64_t)>
        finish);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_DEPTHWISE_H
