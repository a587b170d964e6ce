// Conv and the pooling operators. Images have their channels last in the
// dialect, so each stands between two transposes; a pass removes them.

#include "Operators.h"
#include "TransposedConvolution.h"
#include "Window.h"

using namespace mlir;
using namespace quantir;

static LogicalResult checkImage(NodeImport &node) {
  int64_t rank = rankOf(node.input(0));
  if (rank == 3 || rank == 4)
    return success();
  return node.refuse("has an input of rank " + Twine(rank) +
                     "; one and two spatial dimensions are supported");
}

//===-- Convolution -------------------------------------------------------===//

static LogicalResult importConv(NodeImport &node) {
  Value input = node.input(0), filter = node.input(1), bias = node.input(2);
  if (failed(checkImage(node)))
    return failure();
  if (rankOf(filter) != rankOf(input))
    return node.refuse("has a filter of rank " + Twine(rankOf(filter)) +
                       " for an input of rank " + Twine(rankOf(input)));
  ArrayRef<int64_t> kernel = shapeOf(filter).drop_front(2);
  if (node.has("kernel_shape") && node.integers("kernel_shape") != kernel)
    return node.refuse("has a kernel_shape that is not the filter's");
  auto window = readWindow(node, input, kernel);
  if (failed(window))
    return failure();
  SmallVector<Value> operands{toImage(node, input), toImage(node, filter)};
  if (bias)
    operands.push_back(bias);
  Value image = node.make<ConvOp>(
      operands, {node.attribute("strides", window->strides),
                 node.attribute("dilations", window->dilations),
                 node.attribute("pads", window->pads),
                 node.attribute("groups", node.integer("group", 1))});
  return node.yield(fromImage(node, image, rankOf(input)));
}

//===-- Pooling -----------------------------------------------------------===//

template <typename OpType>
static Value pool(NodeImport &node, Value image, const Window &window) {
  return node.make<OpType>(image,
                           {node.attribute("kernel", window.kernel),
                            node.attribute("strides", window.strides),
                            node.attribute("dilations", window.dilations),
                            node.attribute("pads", window.pads)});
}

static LogicalResult importMaxPool(NodeImport &node) {
  Value input = node.input(0);
  if (failed(checkImage(node)))
    return failure();
  auto window = readWindow(node, input, node.integers("kernel_shape"));
  if (failed(window))
    return failure();
  Value image = pool<MaxPoolOp>(node, toImage(node, input), *window);
  return node.yield(fromImage(node, image, rankOf(input)));
}

/// Counts the stated padding as zeros: it becomes part of the image.
static Value withZeros(NodeImport &node, Value image, Window &window,
                       ArrayRef<int64_t> stated) {
  if (llvm::all_of(stated, [](int64_t pad) { return pad == 0; }))
    return image;
  for (int i = 0; i < 4; ++i)
    window.pads[i] -= stated[i];
  return node.make<PadOp>(
      image, {node.attribute("low", {0, stated[0], stated[1], 0}),
              node.attribute("high", {0, stated[2], stated[3], 0})});
}

static LogicalResult importAveragePool(NodeImport &node) {
  Value input = node.input(0);
  if (failed(checkImage(node)))
    return failure();
  SmallVector<int64_t> stated;
  auto window = readWindow(node, input, node.integers("kernel_shape"), &stated);
  if (failed(window))
    return failure();
  Value image = toImage(node, input);
  if (node.integer("count_include_pad", 0) != 0)
    image = withZeros(node, image, *window, stated);
  return node.yield(
      fromImage(node, pool<AvgPoolOp>(node, image, *window), rankOf(input)));
}

template <ReduceKind kind>
static LogicalResult importGlobalPool(NodeImport &node) {
  Value input = node.input(0);
  int64_t rank = rankOf(input);
  if (rank < 3)
    return node.refuse("has an input of rank " + Twine(rank) +
                       "; it needs spatial dimensions");
  auto axes = llvm::to_vector(llvm::seq<int64_t>(2, rank));
  auto attribute = ReduceKindAttr::get(node.getBuilder().getContext(), kind);
  return node.yield(node.make<ReduceOp>(
      input, {node.getBuilder().getNamedAttr("kind", attribute),
              node.attribute("axes", axes), node.flag("keepdims")}));
}

ArrayRef<Operator> quantir::windowOperators() {
  static constexpr Operator table[] = {
      {"Conv", 2, 3, importConv},
      {"ConvTranspose", 2, 3, importConvTranspose},
      {"MaxPool", 1, 1, importMaxPool},
      {"AveragePool", 1, 1, importAveragePool},
      {"GlobalAveragePool", 1, 1, importGlobalPool<ReduceKind::mean>},
      {"GlobalMaxPool", 1, 1, importGlobalPool<ReduceKind::max>},
  };
  return table;
}
