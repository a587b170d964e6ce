// Every Reduce operator, by composition where the dialect has no kind for it.

#include "Operators.h"

using namespace mlir;
using namespace quantir;

/// The rising axes of a reduction: an attribute before `since`, then an input.
/// No axes mean all, or none with `noop_with_empty_axes`.
static FailureOr<SmallVector<int64_t>> readAxes(NodeImport &node,
                                                int64_t since) {
  int64_t rank = rankOf(node.input(0));
  bool given =
      node.getOpset() >= since ? bool(node.input(1)) : node.has("axes");
  auto axes = node.integersSince(since, 1, "axes");
  if (given && !axes)
    return failure();
  if (!axes || axes->empty()) {
    if (node.integer("noop_with_empty_axes", 0) != 0)
      return SmallVector<int64_t>();
    return llvm::to_vector(llvm::seq<int64_t>(0, rank));
  }
  for (int64_t &axis : *axes)
    if (failed(node.normalizeAxis(axis, rank)))
      return failure();
  llvm::sort(*axes);
  return *axes;
}

static Value reduce(NodeImport &node, ReduceKind kind, Value x,
                    ArrayRef<int64_t> axes, bool keep) {
  OpBuilder &builder = node.getBuilder();
  SmallVector<NamedAttribute> attributes{
      builder.getNamedAttr("kind",
                           ReduceKindAttr::get(builder.getContext(), kind)),
      node.attribute("axes", axes)};
  if (keep)
    attributes.push_back(node.flag("keepdims"));
  return node.make<ReduceOp>(x, attributes);
}

static bool keeps(NodeImport &node) { return node.integer("keepdims", 1) != 0; }

/// ReduceSum took its axes as an input from opset 13, the others from 18.
template <ReduceKind kind, int64_t since>
static LogicalResult importReduce(NodeImport &node) {
  auto axes = readAxes(node, since);
  if (failed(axes))
    return failure();
  if (axes->empty() && rankOf(node.input(0)) != 0)
    return node.yield(node.input(0));
  return node.yield(reduce(node, kind, node.input(0), *axes, keeps(node)));
}

/// The reduction `after(sum(before(x)))`.
using Step = Value (*)(NodeImport &, Value);
static Value same(NodeImport &, Value x) { return x; }
static Value absolute(NodeImport &node, Value x) { return node.make<AbsOp>(x); }
static Value square(NodeImport &node, Value x) {
  return node.make<MulOp>({x, x});
}
static Value root(NodeImport &node, Value x) { return node.make<SqrtOp>(x); }
static Value logarithm(NodeImport &node, Value x) {
  return node.make<LogOp>(x);
}

template <Step before, Step after>
static LogicalResult importComposed(NodeImport &node) {
  auto axes = readAxes(node, 18);
  if (failed(axes))
    return failure();
  Value x = before(node, node.input(0));
  if (!axes->empty())
    x = reduce(node, ReduceKind::sum, x, *axes, keeps(node));
  return node.yield(after(node, x));
}

/// max + log(sum(exp(x - max))), which does not overflow.
static LogicalResult importLogSumExp(NodeImport &node) {
  auto axes = readAxes(node, 18);
  if (failed(axes))
    return failure();
  Value x = node.input(0);
  Value most = reduce(node, ReduceKind::max, x, *axes, true);
  Value powers = node.make<ExpOp>(node.make<SubOp>({x, most}));
  Value sum = reduce(node, ReduceKind::sum, powers, *axes, true);
  Value result = node.make<AddOp>({most, node.make<LogOp>(sum)});
  if (keeps(node) || !result)
    return node.yield(result);
  SmallVector<int64_t> shape;
  for (auto [i, size] : llvm::enumerate(shapeOf(result)))
    if (!llvm::is_contained(*axes, int64_t(i)))
      shape.push_back(size);
  return node.yield(node.reshape(result, shape));
}

/// Where the greatest (or least) element is, the first of several or the last:
/// the least (greatest) position of those that equal it. Where none does, as
/// NaN never does, the other end.
template <ReduceKind best> static LogicalResult importArg(NodeImport &node) {
  Value x = node.input(0);
  int64_t axis = node.integer("axis", 0);
  if (failed(node.normalizeAxis(axis, rankOf(x))))
    return failure();
  int64_t size = shapeOf(x)[axis];
  if (size == 0)
    return node.refuse("looks for an element where there is none");
  SmallVector<int64_t> shape(rankOf(x), 1);
  shape[axis] = size;
  bool last = node.integer("select_last_index", 0) != 0;
  Value positions = node.positions(size, shape);
  Value isBest = node.compare(ComparePredicate::eq, x,
                              reduce(node, best, x, axis, /*keep=*/true));
  Value found = node.make<SelectOp>(
      {isBest, positions, node.scalar(last ? 0 : double(size - 1), positions)});
  return node.yield(reduce(node, last ? ReduceKind::max : ReduceKind::min,
                           found, axis, keeps(node)));
}

ArrayRef<Operator> quantir::reductionOperators() {
  static constexpr Operator table[] = {
      {"ReduceSum", 1, 2, importReduce<ReduceKind::sum, 13>},
      {"ReduceMean", 1, 2, importReduce<ReduceKind::mean, 18>},
      {"ReduceMax", 1, 2, importReduce<ReduceKind::max, 18>},
      {"ReduceMin", 1, 2, importReduce<ReduceKind::min, 18>},
      {"ReduceProd", 1, 2, importReduce<ReduceKind::prod, 18>},
      {"ReduceL1", 1, 2, importComposed<absolute, same>},
      {"ReduceL2", 1, 2, importComposed<square, root>},
      {"ReduceSumSquare", 1, 2, importComposed<square, same>},
      {"ReduceLogSum", 1, 2, importComposed<same, logarithm>},
      {"ReduceLogSumExp", 1, 2, importLogSumExp},
      {"ArgMax", 1, 1, importArg<ReduceKind::max>},
      {"ArgMin", 1, 1, importArg<ReduceKind::min>},
  };
  return table;
}
