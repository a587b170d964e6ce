// com.microsoft's attention.
#include "Attention.h"
#include "Operators.h"

using namespace mlir;
using namespace quantir;

/// 0 or mask_filter_value for each key, [B, 1, 1, keys].
static Value biasOfPadding(NodeImport &node, Value mask, int64_t keys) {
  if (rankOf(mask) != 2 || shapeOf(mask)[1] != keys) {
    (void)node.refuse("has a key_padding_mask that is not [batch, keys]; give "
                      "one number for each key");
    return {};
  }
  Value isSeen = node.compare(ComparePredicate::ne, mask, node.scalar(0, mask));
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

//===-- com.microsoft.Attention -------------------------------------------===//

/// The three parts of `x` times the weights plus the bias, as heads.
static LogicalResult project(NodeImport &node, AttentionInputs &in) {
  Value x = node.input(0), weights = node.input(1), bias = node.input(2);
  if (rankOf(x) != 3 || rankOf(weights) != 2 ||
      shapeOf(x)[2] != shapeOf(weights)[0])
    return node.refuse("has weights that are not [elements of the input, "
                       "queries + keys + values]");
  int64_t width = shapeOf(weights)[1];
  SmallVector<int64_t> sizes =
      node.integers("qkv_hidden_sizes", {width / 3, width / 3, width / 3});
  if (sizes.size() != 3 || sizes[0] < 1 || sizes[1] < 1 || sizes[2] < 1 ||
      sizes[0] > width || sizes[1] > width ||
      sizes[2] != width - sizes[0] - sizes[1])
    return node.refuse("has weights for " + Twine(width) +
                       " elements, which are not its qkv_hidden_sizes");
  if (bias && shapeOf(bias) != ArrayRef{width})
    return node.refuse("has a bias that is not one row for queries, keys and "
                       "values");
  int64_t heads = node.integer("num_heads", 0), offset = 0;
  for (auto [part, size] : llvm::zip_equal(
           SmallVector<Value *>{&in.query, &in.key, &in.value}, sizes)) {
    Value product =
        node.make<MatmulOp>({x, node.slice(weights, 1, offset, size)});
    *part = splitHeads(node, addPart(node, product, bias, offset), heads);
    offset += size;
  }
  return success();
}

/// The bias of a mask_index in any of its ranks but 4.
static Value biasOfIndex(NodeImport &node, Value mask, int64_t batch,
                         int64_t queries, int64_t keys) {
  double hidden = node.real("mask_filter_value", -10000);
  if (rankOf(mask) == 2)
    return biasOfPadding(node, mask, keys);
  if (rankOf(mask) == 3 && shapeOf(mask) == ArrayRef{batch, queries, keys}) {
    Value isSeen =
        node.compare(ComparePredicate::ne, mask, node.scalar(0, mask));
    return node.reshape(biasWhere(node, isSeen, hidden),
                        {batch, 1, queries, keys});
  }
  int64_t bounds = rankOf(mask) == 1 ? shapeOf(mask)[0] / batch : 0;
  if (bounds < 1 || bounds > 2 || shapeOf(mask)[0] != bounds * batch) {
    (void)node.refuse("has a mask_index of a shape that is not [batch], [2 * "
                      "batch], [batch, keys] or [batch, queries, keys]");
    return {};
  }
  // The ends of all rows of the batch, then their starts.
  Value key = node.positions(keys, {keys});
  Value all = node.cast(mask, node.getBuilder().getI64Type());
  auto bound = [&](int64_t which) {
    return all ? node.reshape(node.slice(all, 0, which * batch, batch),
                              {batch, 1, 1, 1})
               : Value();
  };
  Value isSeen = node.compare(ComparePredicate::lt, key, bound(0));
  if (bounds == 2)
    isSeen = node.make<AndOp>(
        {isSeen, node.compare(ComparePredicate::ge, key, bound(1))});
  return biasWhere(node, isSeen, hidden);
}

/// Keys and values of before, [2, B, heads, P, D], in front of those of now.
static int64_t addPast(NodeImport &node, Value past, AttentionInputs &in) {
  if (!past || rankOf(past) != 5 || shapeOf(past)[0] != 2)
    return 0;
  auto half = [&](int64_t which) {
    return node.reshape(node.slice(past, 0, which, 1),
                        shapeOf(past).drop_front());
  };
  in.key = concat(node, {half(0), in.key}, 2);
  in.value = concat(node, {half(1), in.value}, 2);
  return shapeOf(past)[3];
}

static LogicalResult importContribAttention(NodeImport &node) {
  if (node.integer("do_rotary", 0) != 0 || node.input(6))
    return node.refuse("has rotary embedding or a shared cache inside; give "
                       "nodes of their own");
  AttentionInputs in;
  if (failed(project(node, in)) || !in.query || !in.key || !in.value)
    return failure();
  int64_t before = addPast(node, node.input(4), in);
  if (node.input(4) && (before == 0 || !in.key))
    return node.refuse("has a past that is not [2, batch, heads, keys, size]");
  if (failed(checkHeads(node, in.query, in.key, in.value)))
    return failure();
  int64_t batch = shapeOf(in.query)[0], queries = shapeOf(in.query)[2];
  int64_t keys = shapeOf(in.key)[2];
  double size = double(shapeOf(in.query)[3]), scale = node.real("scale", 0);
  in.scale = scale == 0 ? 1 / std::sqrt(size) : scale;
  Reach reach{queries, keys,
              node.scalar(double(before), node.integerConstant({0}))};
  reach.isCausal = node.integer("unidirectional", 0) != 0;
  in.bias = biasOf(node, reach);
  if (Value mask = node.input(3))
    in.bias =
        addTo(node, in.bias, biasOfIndex(node, mask, batch, queries, keys));
  in.bias = addTo(node, in.bias, node.input(5));
  SmallVector<Value> results{joinHeads(node, attend(node, in).output)};
  if (node.isWanted(1)) {
    SmallVector<int64_t> shape(shapeOf(in.key));
    if (shapeOf(in.value) != ArrayRef(shape))
      return node.refuse("yields keys and values of different sizes");
    shape.insert(shape.begin(), 1);
    results.push_back(concat(
        node, {node.reshape(in.key, shape), node.reshape(in.value, shape)}, 0));
  }
  return node.yield(results);
}

//===-- com.microsoft.GroupQueryAttention ---------------------------------===//

/// Queries, keys and values of rank 3, given as three or as one.
static LogicalResult unpack(NodeImport &node, AttentionInputs &in,
                            int64_t heads, int64_t keyHeads) {
  Value query = node.input(0);
  in = {query, node.input(1), node.input(2)};
  if (bool(in.key) != bool(in.value))
    return node.refuse("has only one of key and value; give both or none");
  int64_t all = heads + 2 * keyHeads;
  if (heads < 1 || keyHeads < 1 || heads > (1 << 20) || keyHeads > (1 << 20))
    return node.refuse("needs positive num_heads and kv_num_heads");
  for (Value part : {in.query, in.key, in.value})
    if (part && rankOf(part) != 3)
      return node.refuse("has queries, keys or values that are not of rank 3");
  if (in.key)
    return success();
  if (shapeOf(query)[2] % all != 0)
    return node.refuse("has " + Twine(shapeOf(query)[2]) + " elements for " +
                       Twine(all) + " heads");
  int64_t size = shapeOf(query)[2] / all;
  in.query = node.slice(query, 2, 0, heads * size);
  in.key = node.slice(query, 2, heads * size, keyHeads * size);
  in.value = node.slice(query, 2, (heads + keyHeads) * size, keyHeads * size);
  return success();
}

/// Why this node is none that can be imported, or success. What `seqlens_k`
/// says is not needed: without a cache, rows behind the end of a sequence are
/// padding, and no other row sees them.
static LogicalResult checkGroupQuery(NodeImport &node) {
  for (size_t past : {3, 4})
    if (Value cache = node.input(past);
        cache && cast<RankedTensorType>(cache.getType()).getNumElements() != 0)
      return node.refuse("has a cache of keys and values; only prompts without "
                         "one are supported");
  for (size_t extra = 11; extra < node.inputCount(); ++extra)
    if (node.input(extra))
      return node.refuse("has a sink of heads or quantized caches; leave them "
                         "out");
  if (node.integer("smooth_softmax", 0) > 0 || node.isWanted(3))
    return node.refuse("has smooth_softmax or yields its scores; leave them "
                       "out");
  return success();
}

static LogicalResult importGroupQueryAttention(NodeImport &node) {
  AttentionInputs in;
  int64_t heads = node.integer("num_heads", 0);
  int64_t keyHeads = node.integer("kv_num_heads", 0);
  if (failed(checkGroupQuery(node)) ||
      failed(unpack(node, in, heads, keyHeads)) || !in.query)
    return failure();
  if (node.integer("do_rotary", 0) != 0) {
    if (!node.input(7) || !node.input(8))
      return node.refuse("has do_rotary but no cos_cache and sin_cache");
    int64_t batch = shapeOf(in.query)[0], length = shapeOf(in.query)[1];
    Rotation rotation{node.input(7), node.input(8), node.input(9)};
    rotation.interleaved = node.integer("rotary_interleaved", 0) != 0;
    if (rankOf(rotation.cos) == 2)
      rotation.rotated = 2 * shapeOf(rotation.cos)[1];
    if (!rotation.positions)
      rotation.positions =
          node.expand(node.positions(length, {1, length}), {batch, length});
    rotation.heads = heads;
    in.query = rotate(node, in.query, rotation);
    rotation.heads = keyHeads;
    in.key = rotate(node, in.key, rotation);
  }
  in.query = splitHeads(node, in.query, heads);
  in.key = splitHeads(node, in.key, keyHeads);
  in.value = splitHeads(node, in.value, keyHeads);
  if (failed(checkHeads(node, in.query, in.key, in.value)))
    return failure();
  int64_t queries = shapeOf(in.query)[2], keys = shapeOf(in.key)[2];
  if (queries != keys)
    return node.refuse("has " + Twine(queries) + " queries for " + Twine(keys) +
                       " keys; only prompts are supported");
  double size = double(shapeOf(in.query)[3]), scale = node.real("scale", 0);
  in.scale = scale == 0 ? 1 / std::sqrt(size) : scale;
  in.softcap = node.real("softcap", 0);
  Reach reach{queries, keys, node.scalar(0, node.integerConstant({0}))};
  reach.isCausal = true;
  int64_t window = node.integer("local_window_size", -1);
  reach.left = window > 0 ? window - 1 : -1; // the query is one of them
  in.bias = addTo(node, biasOf(node, reach), node.input(10));
  Value output = attend(node, in).output;
  return node.yield({joinHeads(node, output), in.key, in.value});
}

ArrayRef<Operator> quantir::contribAttentionOperators() {
  static constexpr Operator table[] = {
      {"com.microsoft.MultiHeadAttention", 1, 8, importMultiHeadAttention},
      {"com.microsoft.Attention", 2, 7, importContribAttention},
      {"com.microsoft.GroupQueryAttention", 1, 14, importGroupQueryAttention},
  };
  return table;
}
