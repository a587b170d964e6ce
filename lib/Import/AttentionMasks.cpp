// Which keys a query sees.
#include "Attention.h"

using namespace mlir;
using namespace quantir;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

Value quantir::addTo(NodeImport &node, Value sum, Value addend) {
  return sum && addend ? node.make<AddOp>({sum, addend}) : sum ? sum : addend;
}

Value quantir::biasWhere(NodeImport &node, Value allowed, double elsewhere) {
  Type f32 = node.getBuilder().getF32Type();
  return node.make<SelectOp>(
      {allowed, node.splat(0, {}, f32), node.splat(elsewhere, {}, f32)});
}

Value quantir::biasOf(NodeImport &node, const Reach &reach) {
  Value key = node.positions(reach.keys, {reach.keys});
  Value query = node.make<AddOp>(
      {node.positions(reach.queries, {reach.queries, 1}), reach.offset});
  auto moved = [&](int64_t distance) {
    return node.make<AddOp>({query, node.scalar(double(distance), query)});
  };
  Value allowed;
  auto require = [&](ComparePredicate predicate, Value bound) {
    Value holds = node.compare(predicate, key, bound);
    allowed = allowed ? node.make<AndOp>({allowed, holds}) : holds;
  };
  if (reach.isCausal)
    require(ComparePredicate::le, query);
  if (reach.left >= 0)
    require(ComparePredicate::ge, moved(-reach.left));
  if (reach.right >= 0)
    require(ComparePredicate::le, moved(reach.right));
  return allowed ? biasWhere(node, allowed) : Value();
}

Value quantir::biasOfMask(NodeImport &node, Value mask, int64_t keys) {
  if (elementOf(mask).isInteger(1))
    mask = biasWhere(node, mask);
  if (!mask || rankOf(mask) == 0)
    return mask;
  SmallVector<int64_t> low(rankOf(mask), 0), high(low);
  high.back() = keys - shapeOf(mask).back();
  bool isShort = shapeOf(mask).back() != 1 && high.back() > 0;
  if (!isShort)
    return mask;
  return node.make<PadOp>(
      mask, {node.attribute("low", low), node.attribute("high", high),
             node.getBuilder().getNamedAttr(
                 "value", node.getBuilder().getF64FloatAttr(-kInfinity))});
}

Value quantir::blindRows(NodeImport &node, Value bias) {
  if (!bias || rankOf(bias) == 0)
    return {};
  auto kind =
      ReduceKindAttr::get(node.getBuilder().getContext(), ReduceKind::max);
  Value most = node.make<ReduceOp>(
      bias, {node.getBuilder().getNamedAttr("kind", kind),
             node.attribute("axes", ArrayRef(rankOf(bias) - 1)),
             node.flag("keepdims")});
  Value lowest = node.scalar(-kInfinity, bias);
  Value blind = node.compare(ComparePredicate::eq, most, lowest);
  DenseElementsAttr known = constantOf(blind);
  if (known && llvm::none_of(known.getValues<bool>(), [](bool b) { return b; }))
    return {};
  return blind;
}
