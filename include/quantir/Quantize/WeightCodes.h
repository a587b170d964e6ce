#ifndef QUANTIR_QUANTIZE_WEIGHTCODES_H
#define QUANTIR_QUANTIZE_WEIGHTCODES_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Value.h"
#include <optional>
#include <vector>

namespace quantir {

/// The f32 elements of a constant in row-major order, whatever its encoding.
class FloatElements {
public:
  /// Nothing unless `elements` is f32 data of a known encoding.
  static std::optional<FloatElements> from(mlir::ElementsAttr elements);
  float operator[](size_t i) const { return data[splat ? 0 : i]; }
  size_t size() const { return count; }
  /// True when no element is NaN or infinite.
  bool allFinite() const;
  /// All of them, a splat written out.
  std::vector<float> copy() const;

private:
  llvm::ArrayRef<float> data;
  size_t count = 0;
  bool splat = false;
};

/// The elements of `value` when it is an f32 constant.
std::optional<FloatElements> constantFloats(mlir::Value value);

/// Weights seen as [outer, channels, inner].
struct ChannelLayout {
  int64_t outer, channels, inner;
  ChannelLayout(llvm::ArrayRef<int64_t> shape, int64_t axis);
  int64_t channelOf(int64_t index) const { return index / inner % channels; }
};

/// Symmetric codes in [-127, 127] with one scale a channel.
struct WeightCodes {
  std::vector<float> scales;
  std::vector<int8_t> codes;
};

/// `scale = max |w| / 127`, computed in double and rounded once; code =
/// w / scale rounded to nearest even. With biases, a channel's scale is widened
/// until |bias| / (inputScale * scale) is at most 2^30. A channel of zeros
/// gets scale 1.
WeightCodes quantizeWeights(const FloatElements &weights, ChannelLayout layout,
                            float inputScale, llvm::ArrayRef<float> bias);

/// `bias / scale` of each channel, rounded to nearest even; nothing when one
/// exceeds 2^30 or is not finite. One scale may serve all channels.
std::optional<std::vector<int32_t>> quantizeBias(llvm::ArrayRef<float> bias,
                                                 llvm::ArrayRef<double> scales);

/// For each channel, the largest |accumulator| before the bias that any input
/// codes in [0, 255] with `zeroPoint` can produce.
std::vector<int64_t> accumulatorBounds(const WeightCodes &weights,
                                       ChannelLayout layout, int32_t zeroPoint);

} // namespace quantir

#endif // QUANTIR_QUANTIZE_WEIGHTCODES_H
