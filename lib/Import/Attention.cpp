#include "Attention.h"

using namespace mlir;
using namespace quantir;

Value quantir::concat(NodeImport &node, ValueRange parts, int64_t axis) {
  return node.make<ConcatOp>(parts, node.attribute("axis", axis));
}

/// -inf as the least number, which a softmax takes no other way, and codes can
/// stand for.
static Value finite(NodeImport &node, Value bias) {
  return node.make<MaxOp>(
      {bias, node.scalar(-std::numeric_limits<float>::max(), bias)});
}

/// Heads in groups that share one head of keys: `[B, G, heads / G, ...]`.
static Value inGroups(NodeImport &node, Value value, int64_t groups) {
  if (!value || rankOf(value) < 3)
    return value;
  SmallVector<int64_t> shape(shapeOf(value));
  size_t heads = shape.size() - 3;
  int64_t each = shape[heads] / groups;
  bool same = shape[heads] == 1;
  shape[heads] = same ? 1 : each;
  shape.insert(shape.begin() + heads, same ? 1 : groups);
  return node.reshape(value, shape);
}

AttentionResults quantir::attend(NodeImport &node, AttentionInputs in) {
  int64_t groups = shapeOf(in.key)[1];
  SmallVector<int64_t> scoresShape(shapeOf(in.query)), outputShape(scoresShape);
  scoresShape.back() = shapeOf(in.key)[2];
  outputShape.back() = shapeOf(in.value)[3];
  if (groups != shapeOf(in.query)[1])
    for (Value *part : {&in.query, &in.key, &in.value, &in.bias})
      *part = inGroups(node, *part, groups);
  Value scores =
      node.make<MatmulOp>({in.query, in.key}, node.flag("transpose_rhs"));
  scores = node.make<MulOp>({scores, node.scalar(in.scale, scores)});
  SmallVector<Value, 4> stages{scores};
  if (in.softcap > 0) {
    Value cap = node.scalar(in.softcap, scores);
    scores = node.make<TanhOp>(node.make<DivOp>({scores, cap}));
    scores = node.make<MulOp>({scores, cap});
  }
  stages.push_back(scores);
  Value blind = blindRows(node, in.bias);
  bool showsBias = in.scoresWanted && in.scoresMode == 2;
  if (in.bias && !showsBias)
    in.bias = finite(node, in.bias);
  scores = addTo(node, scores, in.bias);
  stages.push_back(scores);
  Value shares = node.make<SoftmaxOp>(scores);
  auto hide = [&](Value value) {
    return blind ? node.make<SelectOp>({blind, node.scalar(0, value), value})
                 : value;
  };
  // Its own row is all that a row without a key spoils.
  bool hidesShares = in.scoresWanted && in.scoresMode == 3;
  if (hidesShares)
    shares = hide(shares);
  stages.push_back(shares);
  Value output = node.make<MatmulOp>({shares, in.value});
  if (!hidesShares)
    output = hide(output);
  return {node.reshape(output, outputShape),
          in.scoresWanted ? node.reshape(stages[in.scoresMode], scoresShape)
                          : Value()};
}

Value quantir::splitHeads(NodeImport &node, Value value, int64_t heads) {
  if (!value)
    return value;
  ArrayRef<int64_t> shape = shapeOf(value);
  if (heads < 1 || shape[2] % heads != 0) {
    (void)node.refuse("has " + Twine(shape[2]) + " elements for " +
                      Twine(heads) + " heads");
    return {};
  }
  return node.transpose(
      node.reshape(value, {shape[0], shape[1], heads, shape[2] / heads}),
      {0, 2, 1, 3});
}

Value quantir::joinHeads(NodeImport &node, Value value) {
  if (!value)
    return value;
  ArrayRef<int64_t> shape = shapeOf(value);
  return node.reshape(node.transpose(value, {0, 2, 1, 3}),
                      {shape[0], shape[2], shape[1] * shape[3]});
}

LogicalResult quantir::checkHeads(NodeImport &node, Value query, Value key,
                                  Value value) {
  if (!query || !key || !value)
    return failure();
  ArrayRef<int64_t> q = shapeOf(query), k = shapeOf(key), v = shapeOf(value);
  if (q[0] != k[0] || q[0] != v[0] || k[1] != v[1] || k[2] != v[2])
    return node.refuse("has keys and values of different batches, heads or "
                       "lengths; give shapes that agree with --shape");
  if (k[1] < 1 || q[1] % k[1] != 0)
    return node.refuse("has " + Twine(q[1]) + " heads of queries for " +
                       Twine(k[1]) + " of keys");
  return success();
}
