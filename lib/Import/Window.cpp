#include "Window.h"

using namespace mlir;
using namespace quantir;

Value quantir::toImage(NodeImport &node, Value value) {
  if (!value)
    return value;
  if (rankOf(value) == 4)
    return node.transpose(value, {0, 2, 3, 1});
  Value last = node.transpose(value, {0, 2, 1});
  if (!last)
    return last;
  ArrayRef<int64_t> shape = shapeOf(last);
  return node.reshape(last, {shape[0], 1, shape[1], shape[2]});
}

Value quantir::fromImage(NodeImport &node, Value image, int64_t rank) {
  if (!image)
    return image;
  if (rank == 4)
    return node.transpose(image, {0, 3, 1, 2});
  ArrayRef<int64_t> shape = shapeOf(image);
  Value line = node.reshape(image, {shape[0], shape[2], shape[3]});
  return node.transpose(line, {0, 2, 1});
}

/// One spatial dimension of a window.
struct Extent {
  int64_t size, kernel, stride, dilation, low, high;
  int64_t span() const { return dilation * (kernel - 1) + 1; }
};

static bool isSane(const Extent &extent) {
  constexpr int64_t most = int64_t(1) << 31;
  auto within = [&](int64_t value, int64_t least) {
    return value >= least && value < most;
  };
  return within(extent.size, 1) && within(extent.kernel, 1) &&
         within(extent.stride, 1) && within(extent.dilation, 1) &&
         within(extent.low, 0) && within(extent.high, 0);
}

/// SAME: as many outputs as strides fit into the input.
static void padSame(Extent &extent, bool extraLow) {
  int64_t outputs = (extent.size + extent.stride - 1) / extent.stride;
  int64_t total = std::max<int64_t>(0, (outputs - 1) * extent.stride +
                                           extent.span() - extent.size);
  extent.low = extraLow ? total - total / 2 : total / 2;
  extent.high = total - extent.low;
}

/// The far padding with which the last, partial window fits; a window that
/// would begin in the padding is left out.
static int64_t ceilPadding(const Extent &extent) {
  int64_t room = extent.size + extent.low + extent.high - extent.span();
  if (room < 0)
    return extent.high;
  int64_t last = (room + extent.stride - 1) / extent.stride;
  if (last * extent.stride >= extent.size + extent.low)
    --last;
  return extent.high + std::max<int64_t>(0, last * extent.stride - room);
}

FailureOr<Window> quantir::readWindow(NodeImport &node, Value input,
                                      ArrayRef<int64_t> kernel,
                                      SmallVector<int64_t> *stated) {
  size_t dims = rankOf(input) - 2;
  SmallVector<int64_t> ones(dims, 1), zeros(2 * dims, 0);
  auto strides = node.integers("strides", ones);
  auto dilations = node.integers("dilations", ones);
  auto pads = node.integers("pads", zeros);
  std::string autoPad = node.text("auto_pad", "NOTSET");
  if (kernel.size() != dims || strides.size() != dims ||
      dilations.size() != dims || pads.size() != 2 * dims)
    return node.refuse("has kernel, strides, dilations or pads that are not "
                       "those of " +
                       Twine(dims) + " spatial dimensions");
  if (!llvm::is_contained({"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"},
                          StringRef(autoPad)))
    return node.refuse("has auto_pad '" + autoPad + "', which is unknown");
  Window window{{1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}};
  if (stated)
    stated->assign(4, 0);
  for (size_t i = 0; i < dims; ++i) {
    bool explicitPads = autoPad == "NOTSET";
    Extent extent{shapeOf(input)[2 + i],
                  kernel[i],
                  strides[i],
                  dilations[i],
                  explicitPads ? pads[i] : 0,
                  explicitPads ? pads[dims + i] : 0};
    if (!isSane(extent))
      return node.refuse(
          "has an empty image, a kernel, stride or dilation below "
          "1, or a negative pad");
    if (StringRef(autoPad).starts_with("SAME"))
      padSame(extent, autoPad == "SAME_LOWER");
    size_t at = 2 - dims + i;
    if (stated) {
      (*stated)[at] = extent.low;
      (*stated)[2 + at] = extent.high;
    }
    if (node.integer("ceil_mode", 0) != 0)
      extent.high = ceilPadding(extent);
    window.kernel[at] = extent.kernel;
    window.strides[at] = extent.stride;
    window.dilations[at] = extent.dilation;
    window.pads[at] = extent.low;
    window.pads[2 + at] = extent.high;
  }
  return window;
}
