// Resize and Upsample: nearest and linear, over the two dimensions of an image.

#include "Operators.h"
#include "Window.h"

using namespace mlir;
using namespace quantir;

/// What a resize does to each dimension of its input.
struct Resizing {
  SmallVector<double> scales;
  SmallVector<int64_t> sizes;
};

static FailureOr<SmallVector<double>> readReals(NodeImport &node, size_t i) {
  DenseElementsAttr values = constantOf(node.input(i));
  if (!values || !values.getElementType().isF32())
    return node.refuse("needs scales that are known at compile time");
  return llvm::map_to_vector(values.getValues<float>(),
                             [](float value) { return double(value); });
}

/// The dimensions that the scales and sizes are about (`axes`, opset 18).
static FailureOr<SmallVector<int64_t>> readAxes(NodeImport &node) {
  int64_t rank = rankOf(node.input(0));
  auto axes =
      node.integers("axes", llvm::to_vector(llvm::seq<int64_t>(0, rank)));
  for (int64_t &axis : axes)
    if (failed(node.normalizeAxis(axis, rank)))
      return failure();
  return axes;
}

static FailureOr<Resizing> withScales(NodeImport &node,
                                      ArrayRef<double> scales) {
  auto axes = readAxes(node);
  if (failed(axes))
    return failure();
  ArrayRef<int64_t> shape = shapeOf(node.input(0));
  if (scales.size() != axes->size())
    return node.refuse("has " + Twine(scales.size()) + " scales for " +
                       Twine(axes->size()) + " dimensions");
  Resizing result{SmallVector<double>(shape.size(), 1.0),
                  SmallVector<int64_t>(shape)};
  for (auto [axis, scale] : llvm::zip(*axes, scales)) {
    double size = std::floor(double(shape[axis]) * scale);
    if (!(scale > 0 && size >= 1 && size < double(int64_t(1) << 31)))
      return node.refuse("has a scale that leaves nothing or far too much");
    result.scales[axis] = scale;
    result.sizes[axis] = int64_t(size);
  }
  return result;
}

static FailureOr<Resizing> withSizes(NodeImport &node) {
  auto sizes = node.integers(3, "an input 'sizes'");
  auto axes = readAxes(node);
  if (!sizes || failed(axes))
    return failure();
  ArrayRef<int64_t> shape = shapeOf(node.input(0));
  if (node.text("keep_aspect_ratio_policy", "stretch") != "stretch")
    return node.refuse("keeps the aspect ratio, which is not supported; give "
                       "the sizes themselves");
  if (sizes->size() != axes->size())
    return node.refuse("has " + Twine(sizes->size()) + " sizes for " +
                       Twine(axes->size()) + " dimensions");
  Resizing result{SmallVector<double>(shape.size(), 1.0),
                  SmallVector<int64_t>(shape)};
  for (auto [axis, size] : llvm::zip(*axes, *sizes)) {
    if (size < 1 || size >= int64_t(1) << 31 || shape[axis] < 1)
      return node.refuse("has a size of " + Twine(size));
    result.sizes[axis] = size;
    result.scales[axis] = double(size) / double(shape[axis]);
  }
  return result;
}

/// The kinds of `quantir.resize`, by ONNX's names.
struct Manner {
  ResizeMode mode;
  ResizeCoordinates coordinates;
  ResizeRounding rounding;
};

static FailureOr<Manner> readManner(NodeImport &node,
                                    const Resizing &resizing) {
  std::string mode = node.text("mode", "nearest");
  bool isOld = node.getOpset() < 11;
  std::string coordinates = node.text("coordinate_transformation_mode",
                                      isOld ? "asymmetric" : "half_pixel");
  std::string rounding =
      node.text("nearest_mode", isOld ? "floor" : "round_prefer_floor");
  bool isWhole = true;
  for (auto [i, size] : llvm::enumerate(shapeOf(node.input(0))))
    isWhole &= float(double(resizing.sizes[i]) / double(size)) ==
               float(resizing.scales[i]);
  // With a scale that is the quotient of the sizes the two mean the same.
  if (coordinates == "half_pixel_symmetric" && isWhole)
    coordinates = "half_pixel";
  if (coordinates == "align_corners" && !isWhole)
    return node.refuse("aligns corners with scales that give no whole size; "
                       "give sizes");
  auto knownMode = symbolizeResizeMode(mode == "bilinear" ? "linear" : mode);
  auto knownCoordinates = symbolizeResizeCoordinates(coordinates);
  auto knownRounding = symbolizeResizeRounding(rounding);
  if (!knownMode || !knownCoordinates || !knownRounding)
    return node.refuse("has mode '" + mode + "', coordinates '" + coordinates +
                       "' and nearest_mode '" + rounding +
                       "'; nearest and linear resizing is supported");
  if (node.integer("antialias", 0) != 0)
    return node.refuse("filters with antialias, which is not supported");
  return Manner{*knownMode, *knownCoordinates, *knownRounding};
}

/// `image` is `[N, H, W, C]`; the sizes and scales are of H and W.
static Value resizeImage(NodeImport &node, Value image, ArrayRef<int64_t> size,
                         ArrayRef<double> scales, Manner manner) {
  if (!image)
    return image;
  OpBuilder &builder = node.getBuilder();
  MLIRContext *context = builder.getContext();
  ArrayRef<int64_t> shape = shapeOf(image);
  return node.makeTyped<ResizeOp>(
      {shape[0], size[0], size[1], shape[3]}, elementOf(image), image,
      {builder.getNamedAttr("scales", builder.getDenseF64ArrayAttr(scales)),
       builder.getNamedAttr("mode", ResizeModeAttr::get(context, manner.mode)),
       builder.getNamedAttr("coordinates", ResizeCoordinatesAttr::get(
                                               context, manner.coordinates)),
       builder.getNamedAttr(
           "rounding", ResizeRoundingAttr::get(context, manner.rounding))});
}

/// A resize of whatever two (or one) neighbouring dimensions change: what lies
/// before them counts as pictures, what lies behind as channels.
static LogicalResult resize(NodeImport &node, const Resizing &resizing) {
  Value x = node.input(0);
  auto manner = readManner(node, resizing);
  if (failed(manner))
    return failure();
  ArrayRef<int64_t> shape = shapeOf(x);
  int64_t rank = shape.size(), first = rank, last = -1;
  for (int64_t i = 0; i < rank; ++i)
    if (resizing.scales[i] != 1 || resizing.sizes[i] != shape[i]) {
      first = std::min(first, i);
      last = i;
    }
  if (last < 0)
    return node.yield(x);
  if (last - first > 1)
    return node.refuse("changes more than two neighbouring dimensions");
  // A picture in the usual layout goes the way of the convolutions.
  if (rank == 4 && first >= 2) {
    Value image = resizeImage(node, toImage(node, x),
                              ArrayRef(resizing.sizes).take_back(2),
                              ArrayRef(resizing.scales).take_back(2), *manner);
    return node.yield(fromImage(node, image, 4));
  }
  auto count = [&](int64_t from, int64_t to) {
    return std::accumulate(shape.begin() + from, shape.begin() + to, int64_t(1),
                           std::multiplies<>());
  };
  bool two = last != first;
  Value image = node.reshape(x, {count(0, first), two ? shape[first] : 1,
                                 shape[last], count(last + 1, rank)});
  image = resizeImage(
      node, image, {two ? resizing.sizes[first] : 1, resizing.sizes[last]},
      {two ? resizing.scales[first] : 1.0, resizing.scales[last]}, *manner);
  return node.yield(node.reshape(image, resizing.sizes));
}

static LogicalResult resizeByScales(NodeImport &node, size_t i) {
  auto scales = readReals(node, i);
  if (failed(scales))
    return failure();
  auto resizing = withScales(node, *scales);
  return failed(resizing) ? failure() : resize(node, *resizing);
}

static LogicalResult importResize(NodeImport &node) {
  if (node.getOpset() < 11)
    return resizeByScales(node, 1);
  Value scales = node.input(2);
  // An exporter writes an empty tensor for scales that it leaves out.
  if (scales && cast<ShapedType>(scales.getType()).getNumElements() != 0)
    return resizeByScales(node, 2);
  if (!node.input(3))
    return node.refuse("needs scales or sizes");
  auto resizing = withSizes(node);
  return failed(resizing) ? failure() : resize(node, *resizing);
}

static LogicalResult importUpsample(NodeImport &node) {
  if (node.getOpset() >= 9)
    return resizeByScales(node, 1);
  SmallVector<float> scales = node.reals("scales");
  auto resizing =
      withScales(node, SmallVector<double>(scales.begin(), scales.end()));
  return failed(resizing) ? failure() : resize(node, *resizing);
}

ArrayRef<Operator> quantir::resizeOperators() {
  static constexpr Operator table[] = {
      {"Resize", 1, 4, importResize},
      {"Upsample", 1, 2, importUpsample},
  };
  return table;
}
