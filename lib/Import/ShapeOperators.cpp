// Operators that give the same elements another shape or order.

#include "Operators.h"
#include "TensorData.h"

using namespace mlir;
using namespace quantir;

static int64_t product(ArrayRef<int64_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t(1),
                         std::multiplies<>());
}

/// 0 keeps the input's dimension (unless `allowzero`), one -1 takes the rest.
static LogicalResult importReshape(NodeImport &node) {
  Value x = node.input(0);
  auto shape = node.integersSince(5, 1, "shape");
  if (!shape)
    return failure();
  bool keepsZero = node.integer("allowzero", 0) != 0;
  int64_t known = 1, *rest = nullptr;
  for (auto [i, size] : llvm::enumerate(*shape)) {
    if (size == 0 && !keepsZero && int64_t(i) < rankOf(x))
      size = shapeOf(x)[i];
    if (size == -1 && !rest)
      rest = &size;
    else if (size < 0 || llvm::MulOverflow(known, size, known))
      return node.refuse("has a negative or too large dimension in its shape");
  }
  int64_t count = product(shapeOf(x));
  if (rest)
    *rest = known == 0 ? 0 : count / known;
  if (count != known * (rest ? *rest : 1))
    return node.refuse("cannot give " + Twine(count) +
                       " elements the shape it asks for");
  return node.yield(node.reshape(x, *shape));
}

static LogicalResult importFlatten(NodeImport &node) {
  Value x = node.input(0);
  int64_t axis = node.integer("axis", 1);
  if (axis != rankOf(x) && failed(node.normalizeAxis(axis, rankOf(x))))
    return failure();
  ArrayRef<int64_t> shape = shapeOf(x);
  return node.yield(node.reshape(
      x, {product(shape.take_front(axis)), product(shape.drop_front(axis))}));
}

static LogicalResult importSqueeze(NodeImport &node) {
  Value x = node.input(0);
  bool given = node.getOpset() >= 13 ? bool(node.input(1)) : node.has("axes");
  auto axes = node.integersSince(13, 1, "axes");
  if (given && !axes)
    return failure();
  if (axes)
    for (int64_t &axis : *axes)
      if (failed(node.normalizeAxis(axis, rankOf(x))))
        return failure();
  SmallVector<int64_t> shape;
  for (auto [i, size] : llvm::enumerate(shapeOf(x))) {
    bool goes = given ? llvm::is_contained(*axes, int64_t(i)) : size == 1;
    if (goes && size != 1)
      return node.refuse("removes dimension " + Twine(i) + ", which has " +
                         Twine(size) + " elements");
    if (!goes)
      shape.push_back(size);
  }
  return node.yield(node.reshape(x, shape));
}

static LogicalResult importUnsqueeze(NodeImport &node) {
  Value x = node.input(0);
  auto axes = node.integersSince(13, 1, "axes");
  if (!axes)
    return node.refuse("needs axes");
  int64_t rank = rankOf(x) + int64_t(axes->size());
  if (rank > 64)
    return node.refuse("has a result of rank " + Twine(rank));
  SmallVector<int64_t> shape(rank, 0);
  for (int64_t &axis : *axes) {
    if (failed(node.normalizeAxis(axis, rank)))
      return failure();
    if (shape[axis] == 1)
      return node.refuse("inserts one dimension twice");
    shape[axis] = 1;
  }
  const int64_t *next = shapeOf(x).begin();
  for (int64_t &size : shape)
    if (size == 0)
      size = *next++;
  return node.yield(node.reshape(x, shape));
}

static LogicalResult importTranspose(NodeImport &node) {
  Value x = node.input(0);
  auto reversed =
      llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rankOf(x))));
  auto permutation = node.integers("perm", reversed);
  return node.yield(
      node.make<TransposeOp>(x, node.attribute("permutation", permutation)));
}

static LogicalResult importExpand(NodeImport &node) {
  Value x = node.input(0);
  auto wanted = node.integers(1, "a shape");
  if (!wanted)
    return failure();
  auto shape = broadcastShapes(shapeOf(x), *wanted);
  if (failed(shape))
    return node.refuse("cannot repeat its input to the shape it asks for");
  return node.yield(node.expand(x, *shape));
}

/// `[a, b]` tiled by `[r, s]` is `[1, a, 1, b]` repeated to `[r, a, s, b]`.
static LogicalResult importTile(NodeImport &node) {
  Value x = node.input(0);
  auto repeats = node.integers(1, "repeats");
  if (!repeats)
    return failure();
  if (int64_t(repeats->size()) != rankOf(x))
    return node.refuse("needs one count for each dimension");
  SmallVector<int64_t> split, spread, joined;
  for (auto [size, count] : llvm::zip(shapeOf(x), *repeats)) {
    int64_t result;
    if (count < 0 || llvm::MulOverflow(size, count, result))
      return node.refuse("has a negative or too large count");
    split.append({1, size});
    spread.append({count, size});
    joined.push_back(result);
  }
  return node.yield(
      node.reshape(node.expand(node.reshape(x, split), spread), joined));
}

//===-- Blocks of pixels --------------------------------------------------===//

static LogicalResult checkBlocks(NodeImport &node, int64_t block) {
  if (rankOf(node.input(0)) != 4)
    return node.refuse("needs an image of rank 4");
  if (block < 1 || block > (1 << 15))
    return node.refuse("has blocksize " + Twine(block));
  return success();
}

static LogicalResult importDepthToSpace(NodeImport &node) {
  Value x = node.input(0);
  int64_t b = node.integer("blocksize", 0);
  if (failed(checkBlocks(node, b)))
    return failure();
  ArrayRef<int64_t> s = shapeOf(x);
  int64_t channels = s[1] / (b * b);
  if (channels * b * b != s[1])
    return node.refuse("has " + Twine(s[1]) + " channels for blocks of " +
                       Twine(b) + " x " + Twine(b));
  bool isCrd = node.text("mode", "DCR") == "CRD";
  Value split = isCrd ? node.reshape(x, {s[0], channels, b, b, s[2], s[3]})
                      : node.reshape(x, {s[0], b, b, channels, s[2], s[3]});
  Value moved = isCrd ? node.transpose(split, {0, 1, 4, 2, 5, 3})
                      : node.transpose(split, {0, 3, 4, 1, 5, 2});
  return node.yield(node.reshape(moved, {s[0], channels, s[2] * b, s[3] * b}));
}

static LogicalResult importSpaceToDepth(NodeImport &node) {
  Value x = node.input(0);
  int64_t b = node.integer("blocksize", 0);
  if (failed(checkBlocks(node, b)))
    return failure();
  ArrayRef<int64_t> s = shapeOf(x);
  if (s[2] % b != 0 || s[3] % b != 0)
    return node.refuse("has an image that blocks of " + Twine(b) +
                       " do not divide");
  Value split = node.reshape(x, {s[0], s[1], s[2] / b, b, s[3] / b, b});
  bool isCrd = node.text("mode", "DCR") == "CRD";
  Value moved = isCrd ? node.transpose(split, {0, 1, 3, 5, 2, 4})
                      : node.transpose(split, {0, 3, 5, 1, 2, 4});
  return node.yield(
      node.reshape(moved, {s[0], s[1] * b * b, s[2] / b, s[3] / b}));
}

static LogicalResult importCast(NodeImport &node) {
  int to = int(node.integer("to", 0));
  Type element = importElementType(node.getBuilder().getContext(), to);
  if (!element)
    return node.refuse("converts to " + Twine(dataTypeName(to)) +
                       ", which is not supported");
  if (becomesF32(to))
    emitRemark(node.getLocation()) << dataTypeName(to) << " becomes float32";
  return node.yield(node.cast(node.input(0), element));
}

ArrayRef<Operator> quantir::shapeOperators() {
  static constexpr Operator table[] = {
      {"Reshape", 1, 2, importReshape},
      {"Flatten", 1, 1, importFlatten},
      {"Squeeze", 1, 2, importSqueeze},
      {"Unsqueeze", 1, 2, importUnsqueeze},
      {"Transpose", 1, 1, importTranspose},
      {"Expand", 2, 2, importExpand},
      {"Tile", 2, 2, importTile},
      {"DepthToSpace", 1, 1, importDepthToSpace},
      {"SpaceToDepth", 1, 1, importSpaceToDepth},
      {"Cast", 1, 1, importCast},
  };
  return table;
}
