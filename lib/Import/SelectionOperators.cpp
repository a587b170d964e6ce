// Operators that take parts of tensors, join them or pad them.

#include "Operators.h"

using namespace mlir;
using namespace quantir;

static LogicalResult importConcat(NodeImport &node) {
  SmallVector<Value> operands;
  for (size_t i = 0; i < node.inputCount(); ++i) {
    if (!node.input(i))
      return node.refuse("leaves out an operand");
    operands.push_back(node.input(i));
  }
  int64_t axis = node.integer("axis", node.getOpset() < 4 ? 1 : 0);
  if (failed(node.normalizeAxis(axis, rankOf(operands[0]))))
    return failure();
  if (operands.size() == 1)
    return node.yield(operands[0]);
  return node.yield(
      node.make<ConcatOp>(operands, node.attribute("axis", axis)));
}

static LogicalResult importSplit(NodeImport &node) {
  Value x = node.input(0);
  int64_t axis = node.integer("axis", 0);
  if (failed(node.normalizeAxis(axis, rankOf(x))))
    return failure();
  int64_t size = shapeOf(x)[axis];
  int64_t parts = node.integer("num_outputs", int64_t(node.outputCount()));
  bool given = node.getOpset() >= 13 ? bool(node.input(1)) : node.has("split");
  auto sizes = node.integersSince(13, 1, "split");
  if (given && !sizes)
    return failure();
  if (parts < 1 || parts != int64_t(node.outputCount()))
    return node.refuse("has " + Twine(node.outputCount()) + " outputs for " +
                       Twine(parts) + " parts");
  if (!sizes) {
    // The last part is smaller when the size does not divide.
    int64_t each = (size + parts - 1) / parts;
    sizes.emplace(parts, each);
    sizes->back() = size - each * (parts - 1);
  }
  int64_t offset = 0;
  SmallVector<Value> results;
  for (int64_t part : *sizes) {
    if (part < 0 || part > size - offset)
      return node.refuse("splits " + Twine(size) +
                         " elements into parts that do not fit");
    results.push_back(node.slice(x, axis, offset, part));
    offset += part;
  }
  if (offset != size || int64_t(results.size()) != parts)
    return node.refuse("splits " + Twine(size) +
                       " elements into parts that do not fit");
  return node.yield(results);
}

//===-- Slice -------------------------------------------------------------===//

/// One dimension of numpy's start:end:step.
struct SliceRange {
  int64_t start, size;
};

static SliceRange sliceRange(int64_t extent, int64_t start, int64_t end,
                             int64_t step) {
  auto fromEnd = [&](int64_t at) { return at < 0 ? at + extent : at; };
  int64_t low = step > 0 ? 0 : -1, high = step > 0 ? extent : extent - 1;
  // INT64_MIN + extent does not overflow; what is far out is clamped.
  start = std::clamp(fromEnd(start), step > 0 ? int64_t(0) : low, high);
  end = std::clamp(fromEnd(end), low, high);
  if (step > 0 ? end <= start : end >= start)
    return {0, 0};
  uint64_t span = step > 0 ? uint64_t(end - start) : uint64_t(start - end);
  uint64_t stride = step > 0 ? uint64_t(step) : 0 - uint64_t(step);
  return {start, int64_t((span - 1) / stride + 1)};
}

static LogicalResult importSlice(NodeImport &node) {
  Value x = node.input(0);
  auto starts = node.integersSince(10, 1, "starts");
  auto ends = node.integersSince(10, 2, "ends");
  if (!starts || !ends)
    return node.refuse("needs starts and ends");
  auto positions =
      llvm::to_vector(llvm::seq<int64_t>(0, int64_t(starts->size())));
  SmallVector<int64_t> axes = positions, strides(starts->size(), 1);
  if (node.getOpset() < 10) {
    axes = node.integers("axes", axes);
  } else {
    for (auto [i, list] : {std::pair(3, &axes), std::pair(4, &strides)})
      if (node.input(i)) {
        auto values = node.integers(i, "axes and steps");
        if (!values)
          return failure();
        *list = *values;
      }
  }
  if (ends->size() != starts->size() || axes.size() != starts->size() ||
      strides.size() != starts->size())
    return node.refuse("has starts, ends, axes and steps of different lengths");
  SmallVector<int64_t> sizes(shapeOf(x)), offsets(sizes.size(), 0),
      steps(sizes.size(), 1);
  for (int64_t i : positions) {
    int64_t axis = axes[i];
    if (failed(node.normalizeAxis(axis, rankOf(x))))
      return failure();
    if (strides[i] == 0)
      return node.refuse("has a step of 0");
    SliceRange range =
        sliceRange(shapeOf(x)[axis], (*starts)[i], (*ends)[i], strides[i]);
    offsets[axis] = range.start;
    sizes[axis] = range.size;
    steps[axis] = range.size > 1 ? strides[i] : 1;
  }
  return node.yield(node.make<SliceOp>(x, {node.attribute("offsets", offsets),
                                           node.attribute("sizes", sizes),
                                           node.attribute("steps", steps)}));
}

//===-- Gather, Pad -------------------------------------------------------===//

static LogicalResult importGather(NodeImport &node) {
  Value x = node.input(0), indices = node.input(1);
  int64_t axis = node.integer("axis", 0);
  if (failed(node.normalizeAxis(axis, rankOf(x))))
    return failure();
  if (constantOf(indices)) {
    auto values = node.integers(1, "indices");
    int64_t size = shapeOf(x)[axis];
    if (!values)
      return failure();
    for (int64_t index : *values)
      if (index < -size || index >= size)
        return node.refuse("reads index " + Twine(index) + " of " +
                           Twine(size) + " elements");
  }
  return node.yield(
      node.make<GatherOp>({x, indices}, node.attribute("axis", axis)));
}

/// Negative padding cuts; what is left pads.
static Value cut(NodeImport &node, Value x, MutableArrayRef<int64_t> low,
                 MutableArrayRef<int64_t> high) {
  for (int64_t axis = 0; axis < int64_t(low.size()); ++axis) {
    if (low[axis] >= 0 && high[axis] >= 0)
      continue;
    constexpr int64_t most = int64_t(1) << 31;
    int64_t first = -std::clamp<int64_t>(low[axis], -most, 0);
    int64_t last = -std::clamp<int64_t>(high[axis], -most, 0);
    if (!x || first + last > shapeOf(x)[axis]) {
      (void)node.refuse("cuts more than there is");
      return {};
    }
    x = node.slice(x, axis, first, shapeOf(x)[axis] - first - last);
    low[axis] = std::max<int64_t>(low[axis], 0);
    high[axis] = std::max<int64_t>(high[axis], 0);
  }
  return x;
}

/// What each dimension gets before and after, over all dimensions.
static LogicalResult readPads(NodeImport &node, SmallVector<int64_t> &low,
                              SmallVector<int64_t> &high) {
  int64_t rank = rankOf(node.input(0));
  auto pads = node.integersSince(11, 1, "pads");
  if (!pads)
    return node.refuse("needs pads");
  auto axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (node.input(3)) {
    auto given = node.integers(3, "axes");
    if (!given)
      return failure();
    axes = *given;
  }
  if (pads->size() != 2 * axes.size())
    return node.refuse("has " + Twine(pads->size()) + " pads for " +
                       Twine(axes.size()) + " dimensions");
  low.assign(rank, 0);
  high.assign(rank, 0);
  for (auto [i, axis] : llvm::enumerate(axes)) {
    if (failed(node.normalizeAxis(axis, rank)))
      return failure();
    low[axis] = (*pads)[i];
    high[axis] = (*pads)[axes.size() + i];
  }
  return success();
}

static LogicalResult importPad(NodeImport &node) {
  SmallVector<int64_t> low, high;
  if (failed(readPads(node, low, high)))
    return failure();
  std::string mode = node.text("mode", "constant");
  std::optional<PadMode> known = symbolizePadMode(mode);
  if (!known)
    return node.refuse("has mode '" + mode +
                       "'; constant, edge and reflect are supported");
  double value = node.real("value", 0);
  if (node.getOpset() >= 11 && node.input(2)) {
    auto given = node.number(2, "an input 'constant_value'");
    if (!given)
      return failure();
    value = *given;
  }
  Value x = cut(node, node.input(0), low, high);
  auto isZero = [](int64_t pad) { return pad == 0; };
  if (!x || (llvm::all_of(low, isZero) && llvm::all_of(high, isZero)))
    return node.yield(x);
  OpBuilder &builder = node.getBuilder();
  return node.yield(node.make<PadOp>(
      x, {node.attribute("low", low), node.attribute("high", high),
          builder.getNamedAttr("value", builder.getF64FloatAttr(value)),
          builder.getNamedAttr(
              "mode", PadModeAttr::get(builder.getContext(), *known))}));
}

/// Keeps one triangle of the last two dimensions: a choice by a constant mask.
static LogicalResult importTrilu(NodeImport &node) {
  Value x = node.input(0);
  if (rankOf(x) < 2)
    return node.refuse("needs a matrix");
  double shift = 0;
  if (node.input(1)) {
    auto given = node.number(1, "an input 'k'");
    if (!given)
      return failure();
    shift = *given;
  }
  bool isUpper = node.integer("upper", 1) != 0;
  ArrayRef<int64_t> matrix = shapeOf(x).take_back(2);
  SmallVector<bool> mask;
  for (int64_t row = 0; row < matrix[0]; ++row)
    for (int64_t column = 0; column < matrix[1]; ++column) {
      double diagonal = double(column) - double(row);
      mask.push_back(isUpper ? diagonal >= shift : diagonal <= shift);
    }
  auto type = RankedTensorType::get(matrix, node.getBuilder().getI1Type());
  Value chosen = node.constant(DenseElementsAttr::get(type, mask));
  return node.yield(node.make<SelectOp>({chosen, x, node.scalar(0, x)}));
}

ArrayRef<Operator> quantir::selectionOperators() {
  static constexpr Operator table[] = {
      {"Concat", 1, anyNumber, importConcat},
      {"Split", 1, 2, importSplit},
      {"Slice", 1, 5, importSlice},
      {"Gather", 2, 2, importGather},
      {"Pad", 1, 4, importPad},
      {"Trilu", 1, 2, importTrilu},
  };
  return table;
}
