#include "Attention.h"
#include "Operators.h"

using namespace mlir;
using namespace quantir;

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

Value quantir::rotate(NodeImport &node, Value x, const Rotation &rotation) {
  if (!x)
    return x;
  if (rankOf(x) != 3 && rankOf(x) != 4) {
    (void)node.refuse("has a tensor of rank " + Twine(rankOf(x)) +
                      "; 3 and 4 are supported");
    return {};
  }
  SmallVector<int64_t> original(shapeOf(x));
  bool isFlat = original.size() == 3;
  if (isFlat) {
    int64_t heads = rotation.heads;
    if (heads < 1 || original[2] % heads != 0) {
      (void)node.refuse("has " + Twine(original[2]) + " elements for " +
                        Twine(heads) + " heads");
      return {};
    }
    x = node.reshape(x, {original[0], original[1], heads, original[2] / heads});
  }
  if (!x)
    return x;
  int64_t size = shapeOf(x).back(), last = rankOf(x) - 1;
  int64_t rotated = rotation.rotated == 0 ? size : rotation.rotated;
  if (rotated < 2 || rotated > size || rotated % 2 != 0) {
    (void)node.refuse("rotates " + Twine(rotated) + " of " + Twine(size) +
                      " elements");
    return {};
  }
  bool interleaved = rotation.interleaved;
  // Both caches are constants as a rule: what is done before the gather is then
  // done here.
  int64_t length = isFlat ? original[1] : original[2];
  auto rows = [&](Value first, Value second) {
    return rowsAt(node, forBoth(node, first, second, interleaved),
                  rotation.positions, {original[0], length}, rotated,
                  isFlat ? 2 : 1);
  };
  Value cos = rotation.cos, sin = rotation.sin;
  // x * (cos, cos) + swapped x * (-sin, sin): the two sums of products.
  Value part = rotated == size ? x : node.slice(x, last, 0, rotated);
  Value kept = node.make<MulOp>({part, rows(cos, cos)});
  Value turned = node.make<MulOp>(
      {swapPairs(node, part, interleaved), rows(node.make<NegOp>(sin), sin)});
  Value result = node.make<AddOp>({kept, turned});
  if (rotated != size)
    result = concat(
        node, {result, node.slice(x, last, rotated, size - rotated)}, last);
  return node.reshape(result, original);
}

static LogicalResult importRotation(NodeImport &node, Value cos, Value sin,
                                    Value positions) {
  Rotation rotation{cos, sin, positions};
  rotation.heads = node.integer("num_heads", 0);
  rotation.rotated = node.integer("rotary_embedding_dim", 0);
  rotation.interleaved = node.integer("interleaved", 0) != 0;
  return node.yield(rotate(node, node.input(0), rotation));
}

static LogicalResult importRotary(NodeImport &node) {
  return importRotation(node, node.input(1), node.input(2), node.input(3));
}

/// com.microsoft's has the positions first: one for each token, or the first.
static LogicalResult importContribRotary(NodeImport &node) {
  if (rankOf(node.input(1)) != 2)
    return node.refuse("has one position for all; give one for each token");
  return importRotation(node, node.input(2), node.input(3), node.input(1));
}

ArrayRef<Operator> quantir::rotaryOperators() {
  static constexpr Operator table[] = {
      {"RotaryEmbedding", 3, 4, importRotary},
      {"com.microsoft.RotaryEmbedding", 4, 4, importContribRotary},
  };
  return table;
}
