// ConvTranspose as convolutions of stride 1. Output `stride * q + phase` is the
// sum over the taps k with k * dilation = phase + pad (mod stride), of inputs
// at falling distances from q: what each phase computes is a convolution with
// some of the taps, back to front, and the image is those of all phases
// interleaved. No zero is multiplied, and all that is known of convolutions
// holds.

#include "TransposedConvolution.h"

#include "Window.h"

#include <numeric>

using namespace mlir;
using namespace quantir;

/// Larger numbers in attributes are mistakes; products of two stay in 64 bits.
constexpr int64_t kMost = int64_t(1) << 30;
/// Convolutions that one operator may become.
constexpr int64_t kMostPhases = 256;

namespace {
/// One spatial dimension.
struct Extent {
  int64_t in, out, kernel, stride, dilation;
  int64_t low; ///< output elements cut off before the first
};

/// The taps of one phase, or of all phases, as a convolution over one
/// dimension.
struct Taps {
  int64_t first, step, count; ///< of the kernel
  int64_t dilation;
  int64_t start; ///< the first input that output 0 reads
};

class TransposedConvolution {
public:
  TransposedConvolution(NodeImport &node, Value image, Value filter, Value bias,
                        int64_t groups, ArrayRef<Extent> extents)
      : node(node), image(image), filter(filter), bias(bias), groups(groups),
        outputs(shapeOf(filter)[1] * groups), y(extents[0]), x(extents[1]) {}

  /// [N, out, out, M]; null after an error.
  Value build();

private:
  Value convolve(Value filter, Value bias, const Taps &down, const Taps &across,
                 int64_t height, int64_t width);
  Value withoutInput(Value bias, int64_t height, int64_t width,
                     int64_t channels);
  Value reversedFilter(Value taps);
  Value buildPhase(int64_t row, int64_t column);
  Value interleave();
  Value buildTogether();

  NodeImport &node;
  Value image, filter, bias;
  int64_t groups, outputs;
  Extent y, x;
};
} // namespace

//===-- Arithmetic of one dimension ---------------------------------------===//

/// How many outputs one phase has, when `skipped` stand before the first.
static int64_t phaseSize(const Extent &extent, int64_t skipped = 0) {
  return llvm::divideCeil(extent.out + skipped, extent.stride);
}

/// A count of 0 when no tap meets the phase.
static Taps tapsOf(const Extent &extent, int64_t phase) {
  int64_t common = std::gcd(extent.stride, extent.dilation);
  int64_t step = extent.stride / common, dilation = extent.dilation / common;
  for (int64_t first = 0; first < std::min(step, extent.kernel); ++first) {
    int64_t distance = phase + extent.low - first * extent.dilation;
    if (distance % extent.stride != 0)
      continue;
    int64_t count = llvm::divideCeil(extent.kernel - first, step);
    return {first, step, count, dilation,
            distance / extent.stride - (count - 1) * dilation};
  }
  return {0, 1, 0, 1, 0};
}

/// True when every phase has as many taps as the others, at the same inputs,
/// once the outputs before the first phase are counted too.
static bool phasesAreAlike(const Extent &extent) {
  return extent.stride == 1 ||
         (extent.dilation == 1 && extent.kernel % extent.stride == 0);
}

/// What all phases of such a dimension read.
static Taps tapsOfAll(const Extent &extent) {
  int64_t count = extent.kernel / extent.stride;
  return {0, 1, count, extent.dilation,
          extent.low / extent.stride - (count - 1) * extent.dilation};
}

//===-- Building ----------------------------------------------------------===//

/// What outputs are that read no input: the bias, or zero.
Value TransposedConvolution::withoutInput(Value bias, int64_t height,
                                          int64_t width, int64_t channels) {
  SmallVector<int64_t> shape{shapeOf(image)[0], height, width, channels};
  return bias ? node.expand(bias, shape)
              : node.splat(0, shape, elementOf(image));
}

/// `filter` is [O, kernel, kernel, C / groups]. What the window reads outside
/// the image is padding; what it does not read of the image is cut off.
Value TransposedConvolution::convolve(Value filter, Value bias,
                                      const Taps &down, const Taps &across,
                                      int64_t height, int64_t width) {
  if (!filter)
    return {};
  SmallVector<int64_t> pads(4, 0), offsets(4, 0), sizes(shapeOf(image));
  auto fit = [&](int dim, const Taps &taps, int64_t outputs) {
    int64_t size = sizes[1 + dim];
    int64_t end = taps.start + (taps.count - 1) * taps.dilation + outputs;
    if (taps.start >= size || end <= 0)
      return false;
    int64_t from = std::max<int64_t>(taps.start, 0), to = std::min(end, size);
    pads[dim] = from - taps.start;
    pads[2 + dim] = end - to;
    offsets[1 + dim] = from;
    sizes[1 + dim] = to - from;
    return true;
  };
  if (!fit(0, down, height) || !fit(1, across, width))
    return withoutInput(bias, height, width, shapeOf(filter)[0]);
  Value read = image;
  if (ArrayRef<int64_t>(sizes) != shapeOf(image))
    read = node.make<SliceOp>(
        image,
        {node.attribute("offsets", offsets), node.attribute("sizes", sizes),
         node.attribute("steps", SmallVector<int64_t>(4, 1))});
  SmallVector<Value> operands{read, filter};
  if (bias)
    operands.push_back(bias);
  return node.make<ConvOp>(
      operands,
      {node.attribute("strides", {1, 1}),
       node.attribute("dilations", {down.dilation, across.dilation}),
       node.attribute("pads", pads), node.attribute("groups", groups)});
}

/// [C, M / groups, taps, taps] to [M, taps, taps, C / groups], taps back to
/// front.
Value TransposedConvolution::reversedFilter(Value taps) {
  if (!taps)
    return taps;
  ArrayRef<int64_t> shape = shapeOf(taps);
  int64_t rows = shape[2], columns = shape[3];
  Value reversed = node.make<SliceOp>(
      taps, {node.attribute("offsets", {0, 0, rows - 1, columns - 1}),
             node.attribute("sizes", shape),
             node.attribute("steps", {1, 1, -1, -1})});
  int64_t perGroup = shape[0] / groups;
  Value apart = node.reshape(
      reversed, {groups, perGroup, outputs / groups, rows, columns});
  return node.reshape(node.transpose(apart, {0, 2, 3, 4, 1}),
                      {outputs, rows, columns, perGroup});
}

/// Outputs (stride * i + row, stride * j + column) for all i and j.
Value TransposedConvolution::buildPhase(int64_t row, int64_t column) {
  Taps down = tapsOf(y, row), across = tapsOf(x, column);
  int64_t height = phaseSize(y), width = phaseSize(x);
  if (down.count && across.count) {
    Value taps = node.make<SliceOp>(
        filter,
        {node.attribute("offsets", {0, 0, down.first, across.first}),
         node.attribute("sizes", {shapeOf(filter)[0], shapeOf(filter)[1],
                                  down.count, across.count}),
         node.attribute("steps", {1, 1, down.step, across.step})});
    return convolve(reversedFilter(taps), bias, down, across, height, width);
  }
  return withoutInput(bias, height, width, outputs);
}

/// The phases of a line side by side, then the lines one under the other.
Value TransposedConvolution::interleave() {
  int64_t images = shapeOf(image)[0];
  int64_t height = phaseSize(y), width = phaseSize(x) * x.stride;
  auto join = [&](ArrayRef<Value> parts, int64_t axis) {
    return parts.size() == 1
               ? parts[0]
               : node.make<ConcatOp>(parts, {node.attribute("axis", axis)});
  };
  SmallVector<Value> lines;
  for (int64_t row = 0; row < y.stride; ++row) {
    SmallVector<Value> pixels;
    for (int64_t column = 0; column < x.stride; ++column)
      pixels.push_back(node.reshape(
          buildPhase(row, column), {images, height, phaseSize(x), 1, outputs}));
    lines.push_back(
        node.reshape(join(pixels, 3), {images, height, 1, width, outputs}));
  }
  return node.reshape(join(lines, 2),
                      {images, height * y.stride, width, outputs});
}

/// One convolution has the phases as channels; the outputs before the first
/// phase are among them.
Value TransposedConvolution::buildTogether() {
  Taps down = tapsOfAll(y), across = tapsOfAll(x);
  int64_t channels = shapeOf(image)[3], images = shapeOf(image)[0];
  int64_t height = phaseSize(y, y.low % y.stride),
          width = phaseSize(x, x.low % x.stride);
  // Tap k is tap k / stride of phase k % stride.
  Value taps = node.reshape(filter, {channels, outputs, down.count, y.stride,
                                     across.count, x.stride});
  int64_t all = y.stride * x.stride * outputs;
  Value byPhase = node.reshape(node.transpose(taps, {0, 3, 5, 1, 2, 4}),
                               {channels, all, down.count, across.count});
  Value repeated = bias;
  if (bias)
    repeated =
        node.reshape(node.expand(bias, {y.stride * x.stride, outputs}), {all});
  std::swap(outputs, all);
  Value result =
      convolve(reversedFilter(byPhase), repeated, down, across, height, width);
  std::swap(outputs, all);
  Value apart = node.reshape(
      result, {images, height, width, y.stride, x.stride, outputs});
  return node.reshape(node.transpose(apart, {0, 1, 3, 2, 4, 5}),
                      {images, height * y.stride, width * x.stride, outputs});
}

Value TransposedConvolution::build() {
  bool together = groups == 1 && phasesAreAlike(y) && phasesAreAlike(x);
  Value whole = together ? buildTogether() : interleave();
  if (!whole)
    return whole;
  SmallVector<int64_t> offsets(4, 0), sizes(shapeOf(whole));
  if (together) {
    offsets[1] = y.low % y.stride;
    offsets[2] = x.low % x.stride;
  }
  sizes[1] = y.out;
  sizes[2] = x.out;
  if (ArrayRef<int64_t>(sizes) == shapeOf(whole))
    return whole;
  return node.make<SliceOp>(
      whole,
      {node.attribute("offsets", offsets), node.attribute("sizes", sizes),
       node.attribute("steps", SmallVector<int64_t>(4, 1))});
}

//===-- Reading the node --------------------------------------------------===//

/// `pads` of the node, or what the wanted output size leaves for them.
static FailureOr<Extent> readExtent(NodeImport &node, const Extent &given,
                                    int64_t low, int64_t high, int64_t added,
                                    std::optional<int64_t> wanted) {
  auto within = [](int64_t value, int64_t least) {
    return value >= least && value < kMost;
  };
  if (!within(given.in, 1) || !within(given.kernel, 1) ||
      !within(given.stride, 1) || !within(given.dilation, 1) ||
      !within(low, 0) || !within(high, 0) || !within(added, 0))
    return node.refuse("has an empty image, a kernel, stride or dilation below "
                       "1, or a negative pad or output_padding");
  Extent extent = given;
  int64_t whole = extent.stride * (extent.in - 1) + added +
                  (extent.kernel - 1) * extent.dilation + 1;
  std::string autoPad = node.text("auto_pad", "NOTSET");
  if (wanted) {
    int64_t total = std::max<int64_t>(0, whole - *wanted);
    low = autoPad == "SAME_UPPER" ? total / 2 : total - total / 2;
    extent.out = *wanted;
  } else {
    extent.out = whole - low - high;
  }
  extent.low = low;
  if (!within(extent.out, 1))
    return node.refuse("has an output of " + Twine(extent.out) + " elements");
  return extent;
}

static FailureOr<SmallVector<Extent>> readExtents(NodeImport &node) {
  ArrayRef<int64_t> image = shapeOf(node.input(0)),
                    filter = shapeOf(node.input(1));
  size_t dims = image.size() - 2;
  SmallVector<int64_t> ones(dims, 1), zeros(2 * dims, 0);
  auto strides = node.integers("strides", ones);
  auto dilations = node.integers("dilations", ones);
  auto pads = node.integers("pads", zeros);
  auto added =
      node.integers("output_padding", ArrayRef(zeros).take_front(dims));
  auto wanted = node.integers("output_shape");
  if (wanted.size() == dims + 2) // some exporters name all dimensions
    wanted.erase(wanted.begin(), wanted.begin() + 2);
  std::string autoPad = node.text("auto_pad", "NOTSET");
  if (strides.size() != dims || dilations.size() != dims ||
      pads.size() != 2 * dims || added.size() != dims ||
      (!wanted.empty() && wanted.size() != dims))
    return node.refuse("has strides, dilations, pads, output_padding or "
                       "output_shape that are not those of " +
                       Twine(dims) + " spatial dimensions");
  if (!llvm::is_contained({"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"},
                          StringRef(autoPad)))
    return node.refuse("has auto_pad '" + autoPad + "', which is unknown");
  bool same = StringRef(autoPad).starts_with("SAME");
  SmallVector<Extent> extents(2, Extent{1, 1, 1, 1, 1, 0});
  for (size_t i = 0; i < dims; ++i) {
    Extent given{image[2 + i], 0, filter[2 + i], strides[i], dilations[i], 0};
    std::optional<int64_t> size;
    if (!wanted.empty())
      size = wanted[i];
    else if (same && strides[i] > 0 && strides[i] < kMost)
      size = image[2 + i] * strides[i];
    bool stated = autoPad == "NOTSET";
    auto extent = readExtent(node, given, stated ? pads[i] : 0,
                             stated ? pads[dims + i] : 0, added[i], size);
    if (failed(extent))
      return failure();
    extents[2 - dims + i] = *extent;
  }
  return extents;
}

LogicalResult quantir::importConvTranspose(NodeImport &node) {
  Value input = node.input(0), filter = node.input(1);
  int64_t rank = rankOf(input), groups = node.integer("group", 1);
  if (rank != 3 && rank != 4)
    return node.refuse("has an input of rank " + Twine(rank) +
                       "; one and two spatial dimensions are supported");
  if (rankOf(filter) != rank || groups < 1 || shapeOf(filter)[1] < 1 ||
      shapeOf(filter)[0] != shapeOf(input)[1] ||
      shapeOf(filter)[0] % groups != 0)
    return node.refuse("has a filter that does not fit its input's " +
                       Twine(shapeOf(input)[1]) + " channels in " +
                       Twine(groups) + " groups");
  if (node.has("kernel_shape") &&
      node.integers("kernel_shape") != shapeOf(filter).drop_front(2))
    return node.refuse("has a kernel_shape that is not the filter's");
  auto extents = readExtents(node);
  if (failed(extents))
    return failure();
  if ((*extents)[0].stride > kMostPhases / (*extents)[1].stride)
    return node.refuse("has strides with more than " + Twine(kMostPhases) +
                       " phases");
  if (rank == 3)
    filter = node.reshape(filter, {shapeOf(filter)[0], shapeOf(filter)[1], 1,
                                   shapeOf(filter)[2]});
  Value image = toImage(node, input);
  if (!image || !filter)
    return failure();
  Value result = TransposedConvolution(node, image, filter, node.input(2),
                                       groups, *extents)
                     .build();
  return node.yield(fromImage(node, result, rank));
}
