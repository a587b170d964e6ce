#include "Attention.h"
#include "Operators.h"

using namespace mlir;
using namespace quantir;

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
    in.bias =
        biasWhere(node, node.compare(ComparePredicate::lt,
                                     node.positions(keys, {keys}), valid));
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

ArrayRef<Operator> quantir::attentionOperators() {
  static constexpr Operator table[] = {
      {"Attention", 3, 7, importAttention},
  };
  return table;
}
