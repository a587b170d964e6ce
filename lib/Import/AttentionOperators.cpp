// Attention and rotary embedding, as compositions of products, softmax and
// elementwise ops, so that one set of passes serves them and the subgraphs that
// exporters write.

#include "Operators.h"

using namespace mlir;
using namespace quantir;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

static Value compare(NodeImport &node, ComparePredicate predicate, Value lhs,
                     Value rhs) {
  auto attribute =
      ComparePredicateAttr::get(node.getBuilder().getContext(), predicate);
  return node.make<CompareOp>(
      {lhs, rhs}, node.getBuilder().getNamedAttr("predicate", attribute));
}

static Value concat(NodeImport &node, ValueRange parts, int64_t axis) {
  return node.make<ConcatOp>(parts, node.attribute("axis", axis));
}

/// `addend` added to `sum`, where nothing stands for zero.
static Value addTo(NodeImport &node, Value sum, Value addend) {
  return sum && addend ? node.make<AddOp>({sum, addend}) : sum ? sum : addend;
}

//===-- Which keys a query sees -------------------------------------------===//

/// 0 where `allowed`, -inf elsewhere: what is added to scores.
static Value biasWhere(NodeImport &node, Value allowed,
                       double elsewhere = -kInfinity) {
  Type f32 = node.getBuilder().getF32Type();
  return node.make<SelectOp>(
      {allowed, node.splat(0, {}, f32), node.splat(elsewhere, {}, f32)});
}

/// 0, 1, ... `size` - 1 in a tensor of `shape`.
static Value positions(NodeImport &node, int64_t size,
                       ArrayRef<int64_t> shape) {
  return node.reshape(
      node.integerConstant(llvm::to_vector(llvm::seq<int64_t>(0, size))),
      shape);
}

namespace {
/// The keys around its own position that a query sees.
struct Reach {
  int64_t queries, keys;
  Value offset; ///< the first query's position: i64, a scalar or [B, 1, 1, 1]
  bool isCausal = false;
  int64_t left = -1, right = -1; ///< -1: without end
};
} // namespace

/// The bias that leaves `reach`, or null when it has no end.
static Value biasOf(NodeImport &node, const Reach &reach) {
  Value key = positions(node, reach.keys, {reach.keys});
  Value query = node.make<AddOp>(
      {positions(node, reach.queries, {reach.queries, 1}), reach.offset});
  auto moved = [&](int64_t distance) {
    return node.make<AddOp>({query, node.scalar(double(distance), query)});
  };
  Value allowed;
  auto require = [&](ComparePredicate predicate, Value bound) {
    Value holds = compare(node, predicate, key, bound);
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

/// A boolean or additive mask as a bias for all `keys`; those behind its end
/// are not seen.
static Value biasOfMask(NodeImport &node, Value mask, int64_t keys) {
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

/// True in the rows of `bias` that let a query see no key; null when there is
/// no such row.
static Value blindRows(NodeImport &node, Value bias) {
  if (!bias || rankOf(bias) == 0)
    return {};
  auto kind =
      ReduceKindAttr::get(node.getBuilder().getContext(), ReduceKind::max);
  Value most = node.make<ReduceOp>(
      bias, {node.getBuilder().getNamedAttr("kind", kind),
             node.attribute("axes", ArrayRef(rankOf(bias) - 1)),
             node.flag("keepdims")});
  Value lowest = node.scalar(-kInfinity, bias);
  Value blind = compare(node, ComparePredicate::eq, most, lowest);
  DenseElementsAttr known = constantOf(blind);
  if (known && llvm::none_of(known.getValues<bool>(), [](bool b) { return b; }))
    return {};
  return blind;
}

/// -inf as the least number, which a softmax takes no other way, and codes can
/// stand for.
static Value finite(NodeImport &node, Value bias) {
  return node.make<MaxOp>(
      {bias, node.scalar(-std::numeric_limits<float>::max(), bias)});
}

//===-- The composition ---------------------------------------------------===//

namespace {
struct AttentionInputs {
  Value query, key, value; ///< [B, heads, S, D], keys maybe with fewer heads
  Value bias;              ///< added to the scores; null for none
  double scale, softcap = 0;
  int64_t scoresMode = 0; ///< see ONNX's `qk_matmul_output_mode`
  bool scoresWanted = false;
};
struct AttentionResults {
  Value output; ///< [B, heads, S, D]
  Value scores;
};
} // namespace

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

/// softmax(cap(q k^T * scale) + bias) v. Where several heads of queries share
/// one of keys, a fifth dimension of the queries broadcasts against it: no key
/// is copied.
static AttentionResults attend(NodeImport &node, AttentionInputs in) {
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

/// `[B, S, heads * D]` to `[B, heads, S, D]`.
static Value splitHeads(NodeImport &node, Value value, int64_t heads) {
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

static Value joinHeads(NodeImport &node, Value value) {
  if (!value)
    return value;
  ArrayRef<int64_t> shape = shapeOf(value);
  return node.reshape(node.transpose(value, {0, 2, 1, 3}),
                      {shape[0], shape[2], shape[1] * shape[3]});
}

/// Keys and values of [B, heads, S, D] fit the queries and each other.
static LogicalResult checkHeads(NodeImport &node, Value query, Value key,
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

//===-- ONNX Attention ----------------------------------------------------===//

/// What goes into the scores beside the product: masks and the cache's length.
static LogicalResult addBias(NodeImport &node, AttentionInputs &in) {
  Value mask = node.input(3), past = node.input(4), valid = node.input(6);
  int64_t keys = shapeOf(in.key)[2], queries = shapeOf(in.query)[2];
  Reach reach{queries, keys,
              node.scalar(past ? double(shapeOf(past)[2]) : 0,
                          node.integerConstant({0}))};
  reach.isCausal = node.integer("is_causal", 0) != 0;
  reach.left = node.integer("left_window_size", -1);
  reach.right = node.integer("right_window_size", -1);
  if (reach.left < -1 || reach.right < -1)
    return node.refuse("has a window size below -1");
  if (valid) {
    if (past)
      return node.refuse("has both nonpad_kv_seqlen and a cache in past_key; "
                         "leave one of them out");
    Type i64 = node.getBuilder().getI64Type();
    valid = node.reshape(node.cast(valid, i64), {shapeOf(in.key)[0], 1, 1, 1});
    if (!valid)
      return failure();
    reach.offset =
        node.make<SubOp>({valid, node.scalar(double(queries), valid)});
    in.bias = biasWhere(node, compare(node, ComparePredicate::lt,
                                      positions(node, keys, {keys}), valid));
  }
  if (!reach.offset)
    return failure();
  in.bias = addTo(node, biasOf(node, reach), in.bias);
  if (mask)
    in.bias = addTo(node, in.bias, biasOfMask(node, mask, keys));
  return success();
}

static LogicalResult importAttention(NodeImport &node) {
  AttentionInputs in;
  in.query = node.input(0), in.key = node.input(1), in.value = node.input(2);
  bool isFlat = rankOf(in.query) == 3;
  for (Value part : {in.query, in.key, in.value})
    if (rankOf(part) != (isFlat ? 3 : 4))
      return node.refuse("has queries, keys and values that are not all of "
                         "rank 3, or all of rank 4");
  if (isFlat) {
    int64_t heads = node.integer("q_num_heads", 0);
    int64_t keyHeads = node.integer("kv_num_heads", 0);
    in.query = splitHeads(node, in.query, heads);
    in.key = splitHeads(node, in.key, keyHeads);
    in.value = splitHeads(node, in.value, keyHeads);
  }
  if (bool(node.input(4)) != bool(node.input(5)))
    return node.refuse("has only one of past_key and past_value; give both");
  if (node.input(4)) {
    in.key = concat(node, {node.input(4), in.key}, 2);
    in.value = concat(node, {node.input(5), in.value}, 2);
  }
  if (failed(checkHeads(node, in.query, in.key, in.value)))
    return failure();
  // FLOAT16 and BFLOAT16 ask for less than f32.
  if (node.integer("softmax_precision", 1) == 11)
    emitRemark(node.getLocation()) << "softmax in double becomes float32";
  double size = double(shapeOf(in.query)[3]);
  in.scale = node.real("scale", 1 / std::sqrt(size));
  in.softcap = node.real("softcap", 0);
  in.scoresMode = node.integer("qk_matmul_output_mode", 0);
  in.scoresWanted = node.isWanted(3);
  if (in.scoresMode < 0 || in.scoresMode > 3)
    return node.refuse("has qk_matmul_output_mode " + Twine(in.scoresMode) +
                       "; 0, 1, 2 and 3 are known");
  if (failed(addBias(node, in)))
    return failure();
  AttentionResults results = attend(node, in);
  if (isFlat)
    results.output = joinHeads(node, results.output);
  SmallVector<Value> outputs{results.output, in.key, in.value};
  if (in.scoresWanted)
    outputs.push_back(results.scores);
  return node.yield(outputs);
}

//===-- com.microsoft.MultiHeadAttention ----------------------------------===//

/// 0 or mask_filter_value for each key, [B, 1, 1, keys].
static Value biasOfPadding(NodeImport &node, Value mask, int64_t keys) {
  if (rankOf(mask) != 2 || shapeOf(mask)[1] != keys) {
    (void)node.refuse("has a key_padding_mask that is not [batch, keys]; give "
                      "one number for each key");
    return {};
  }
  Value isSeen =
      compare(node, ComparePredicate::ne, mask, node.scalar(0, mask));
  return node.reshape(
      biasWhere(node, isSeen, node.real("mask_filter_value", -10000)),
      {shapeOf(mask)[0], 1, 1, keys});
}

/// One part of the bias of queries, keys and values, added to `value`.
static Value addPart(NodeImport &node, Value value, Value bias,
                     int64_t offset) {
  if (!value || !bias)
    return value;
  return node.make<AddOp>(
      {value, node.slice(bias, 0, offset, shapeOf(value)[2])});
}

static LogicalResult importMultiHeadAttention(NodeImport &node) {
  AttentionInputs in;
  in.query = node.input(0), in.key = node.input(1), in.value = node.input(2);
  for (Value part : {in.query, in.key, in.value})
    if (!part || rankOf(part) != 3)
      return node.refuse("has packed queries, keys or values; give three "
                         "tensors of rank 3");
  Value bias = node.input(3);
  int64_t width = shapeOf(in.query)[2], keyWidth = shapeOf(in.key)[2];
  if (bias &&
      shapeOf(bias) != ArrayRef{width + keyWidth + shapeOf(in.value)[2]})
    return node.refuse("has a bias that is not one row for queries, keys and "
                       "values");
  int64_t heads = node.integer("num_heads", 0);
  in.query = splitHeads(node, addPart(node, in.query, bias, 0), heads);
  in.key = splitHeads(node, addPart(node, in.key, bias, width), heads);
  in.value =
      splitHeads(node, addPart(node, in.value, bias, width + keyWidth), heads);
  int64_t before = 0;
  if (node.input(6) && node.input(7)) {
    before = rankOf(node.input(6)) == 4 ? shapeOf(node.input(6))[2] : 0;
    in.key = concat(node, {node.input(6), in.key}, 2);
    in.value = concat(node, {node.input(7), in.value}, 2);
  }
  if (failed(checkHeads(node, in.query, in.key, in.value)))
    return failure();
  double size = double(shapeOf(in.query)[3]);
  double scale = node.real("scale", 0);
  in.scale = scale == 0 ? 1 / std::sqrt(size) : scale;
  int64_t keys = shapeOf(in.key)[2];
  Reach reach{shapeOf(in.query)[2], keys,
              node.scalar(double(before), node.integerConstant({0}))};
  reach.isCausal = node.integer("unidirectional", 0) != 0;
  in.bias = biasOf(node, reach);
  if (node.input(4))
    in.bias = addTo(node, in.bias, biasOfPadding(node, node.input(4), keys));
  in.bias = addTo(node, in.bias, node.input(5));
  Value output = attend(node, in).output;
  return node.yield({joinHeads(node, output), in.key, in.value});
}

//===-- Rotary embedding --------------------------------------------------===//

/// One number for each rotated element, from one for each first and each second
/// element of the pairs.
static Value forBoth(NodeImport &node, Value first, Value second,
                     bool interleaved) {
  if (!first || !second)
    return {};
  SmallVector<int64_t> shape(shapeOf(first)), column(shape);
  if (!interleaved)
    return concat(node, {first, second}, rankOf(first) - 1);
  shape.back() *= 2;
  column.push_back(1);
  Value pairs =
      concat(node, {node.reshape(first, column), node.reshape(second, column)},
             rankOf(first));
  return node.reshape(pairs, shape);
}

/// Every pair of elements that turn together, the other way around.
static Value swapPairs(NodeImport &node, Value x, bool interleaved) {
  if (!x)
    return x;
  SmallVector<int64_t> original(shapeOf(x)), shape(original);
  shape.back() = interleaved ? original.back() / 2 : 2;
  shape.push_back(interleaved ? 2 : original.back() / 2);
  int64_t axis = rankOf(x) - (interleaved ? 0 : 1);
  SmallVector<int64_t> offsets(shape.size(), 0), steps(shape.size(), 1);
  offsets[axis] = 1;
  steps[axis] = -1;
  Value swapped = node.make<SliceOp>(node.reshape(x, shape),
                                     {node.attribute("offsets", offsets),
                                      node.attribute("sizes", shape),
                                      node.attribute("steps", steps)});
  return node.reshape(swapped, original);
}

/// The rows of `cache` at `positions` [B, S], or as they are, with a dimension
/// for the heads.
static Value rowsAt(NodeImport &node, Value cache, Value positions,
                    ArrayRef<int64_t> batchAndLength, int64_t rotated,
                    int64_t headAxis) {
  if (cache && positions)
    cache = node.make<GatherOp>({cache, positions},
                                node.attribute("axis", int64_t(0)));
  if (!cache)
    return {};
  SmallVector<int64_t> shape(batchAndLength);
  shape.push_back(rotated);
  if (shapeOf(cache) != ArrayRef(shape)) {
    (void)node.refuse("has a cache that does not hold [batch, sequence, "
                      "rotated elements / 2]");
    return {};
  }
  shape.insert(shape.begin() + headAxis, 1);
  return node.reshape(cache, shape);
}

static LogicalResult rotary(NodeImport &node, Value cos, Value sin,
                            Value positions) {
  Value x = node.input(0);
  if (rankOf(x) != 3 && rankOf(x) != 4)
    return node.refuse("has a tensor of rank " + Twine(rankOf(x)) +
                       "; 3 and 4 are supported");
  SmallVector<int64_t> original(shapeOf(x));
  bool isFlat = original.size() == 3;
  if (isFlat) {
    int64_t heads = node.integer("num_heads", 0);
    if (heads < 1 || original[2] % heads != 0)
      return node.refuse("has " + Twine(original[2]) + " elements for " +
                         Twine(heads) + " heads");
    x = node.reshape(x, {original[0], original[1], heads, original[2] / heads});
  }
  if (!x)
    return failure();
  int64_t size = shapeOf(x).back(), last = rankOf(x) - 1;
  int64_t rotated = node.integer("rotary_embedding_dim", 0);
  rotated = rotated == 0 ? size : rotated;
  if (rotated < 2 || rotated > size || rotated % 2 != 0)
    return node.refuse("rotates " + Twine(rotated) + " of " + Twine(size) +
                       " elements");
  bool interleaved = node.integer("interleaved", 0) != 0;
  // Both caches are constants as a rule: what is done before the gather is then
  // done here.
  int64_t length = isFlat ? original[1] : original[2];
  auto rows = [&](Value first, Value second) {
    return rowsAt(node, forBoth(node, first, second, interleaved), positions,
                  {original[0], length}, rotated, isFlat ? 2 : 1);
  };
  // x * (cos, cos) + swapped x * (-sin, sin): the two sums of products.
  Value part = rotated == size ? x : node.slice(x, last, 0, rotated);
  Value kept = node.make<MulOp>({part, rows(cos, cos)});
  Value turned = node.make<MulOp>(
      {swapPairs(node, part, interleaved), rows(node.make<NegOp>(sin), sin)});
  Value result = node.make<AddOp>({kept, turned});
  if (rotated != size)
    result = concat(
        node, {result, node.slice(x, last, rotated, size - rotated)}, last);
  return node.yield(node.reshape(result, original));
}

static LogicalResult importRotary(NodeImport &node) {
  return rotary(node, node.input(1), node.input(2), node.input(3));
}

/// com.microsoft's has the positions first: one for each token, or the first.
static LogicalResult importContribRotary(NodeImport &node) {
  if (rankOf(node.input(1)) != 2)
    return node.refuse("has one position for all; give one for each token");
  return rotary(node, node.input(2), node.input(3), node.input(1));
}

ArrayRef<Operator> quantir::attentionOperators() {
  static constexpr Operator table[] = {
      {"Attention", 3, 7, importAttention},
      {"com.microsoft.MultiHeadAttention", 1, 8, importMultiHeadAttention},
      {"RotaryEmbedding", 3, 4, importRotary},
      {"com.microsoft.RotaryEmbedding", 4, 4, importContribRotary},
  };
  return table;
}
