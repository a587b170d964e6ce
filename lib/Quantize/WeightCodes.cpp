#include "quantir/Quantize/WeightCodes.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace quantir;

std::optional<FloatElements> FloatElements::from(ElementsAttr elements) {
  if (!elements.getElementType().isF32())
    return std::nullopt;
  FloatElements view;
  view.count = elements.getNumElements();
  if (auto dense = dyn_cast<DenseElementsAttr>(elements)) {
    ArrayRef<char> raw = dense.getRawData();
    view.splat = dense.isSplat();
    view.data = {reinterpret_cast<const float *>(raw.data()),
                 raw.size() / sizeof(float)};
  } else if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob)
      return std::nullopt;
    view.data = blob->getDataAs<float>();
  } else {
    return std::nullopt;
  }
  if (!view.splat && view.data.size() != view.count)
    return std::nullopt;
  return view;
}

bool FloatElements::allFinite() const {
  return llvm::all_of(data, [](float x) { return std::isfinite(x); });
}

std::vector<float> FloatElements::copy() const {
  return splat ? std::vector<float>(count, data[0]) : data.vec();
}

std::optional<FloatElements> quantir::constantFloats(Value value) {
  Attribute constant;
  if (!matchPattern(value, m_Constant(&constant)))
    return std::nullopt;
  return FloatElements::from(cast<ElementsAttr>(constant));
}

ChannelLayout::ChannelLayout(ArrayRef<int64_t> shape, int64_t axis)
    : outer(1), channels(shape[axis]), inner(1) {
  for (int64_t dim : shape.take_front(axis))
    outer *= dim;
  for (int64_t dim : shape.drop_front(axis + 1))
    inner *= dim;
}

static constexpr double mostBias = 1 << 30;

/// The smallest f32 that keeps |bias| / (inputScale * result) within 2^30.
static float scaleThatHolds(float bias, float inputScale) {
  double least = std::abs(double(bias)) / mostBias / inputScale;
  auto scale = static_cast<float>(least);
  return scale < least ? std::nextafter(scale, HUGE_VALF) : scale;
}

/// Visits every element with its channel, neighbours in one plain loop.
template <typename Visit>
static void forElements(const ChannelLayout &layout, Visit visit) {
  int64_t i = 0;
  for (int64_t outer = 0; outer < layout.outer; ++outer) {
    if (layout.inner == 1) {
      for (int64_t c = 0; c < layout.channels; ++c)
        visit(i + c, c);
      i += layout.channels;
      continue;
    }
    for (int64_t c = 0; c < layout.channels; ++c, i += layout.inner)
      for (int64_t k = 0; k < layout.inner; ++k)
        visit(i + k, c);
  }
}

/// Of at most 2^51 in magnitude; half goes to even.
static double nearestInteger(double x) {
  constexpr double wholeFromHere = 0x1.8p52;
  return (x + wholeFromHere) - wholeFromHere;
}

WeightCodes quantir::quantizeWeights(const FloatElements &weights,
                                     ChannelLayout layout, float inputScale,
                                     ArrayRef<float> bias) {
  WeightCodes result;
  result.scales.assign(layout.channels, 0);
  forElements(layout, [&, scales = result.scales.data()](int64_t i, int64_t c) {
    scales[c] = std::max(scales[c], std::abs(weights[i]));
  });
  for (auto [channel, scale] : llvm::enumerate(result.scales)) {
    scale = static_cast<float>(double(scale) / 127);
    if (!bias.empty())
      scale = std::max(scale, scaleThatHolds(bias[channel], inputScale));
    if (scale < 0x1p-100f)
      scale = 1;
  }
  result.codes.resize(weights.size());
  forElements(layout, [&, scales = result.scales.data(),
                       codes = result.codes.data()](int64_t i, int64_t c) {
    double code = nearestInteger(weights[i] / double(scales[c]));
    codes[i] = static_cast<int8_t>(std::clamp(code, -127.0, 127.0));
  });
  return result;
}

std::optional<std::vector<int32_t>>
quantir::quantizeBias(ArrayRef<float> bias, ArrayRef<double> scales) {
  std::vector<int32_t> codes(bias.size());
  for (size_t i = 0; i < bias.size(); ++i) {
    double code = std::nearbyint(bias[i] / scales[scales.size() == 1 ? 0 : i]);
    if (!(std::abs(code) <= mostBias))
      return std::nullopt;
    codes[i] = static_cast<int32_t>(code);
  }
  return codes;
}

std::vector<int64_t> quantir::accumulatorBounds(const WeightCodes &weights,
                                                ChannelLayout layout,
                                                int32_t zeroPoint) {
  std::vector<int64_t> bounds(layout.channels, 0);
  int64_t widest = std::max(zeroPoint, 255 - zeroPoint);
  forElements(layout, [&, bounds = bounds.data(),
                       codes = weights.codes.data()](int64_t i, int64_t c) {
    bounds[c] += std::abs(int64_t(codes[i])) * widest;
  });
  return bounds;
}
