#include "AttentionParts.h"

using namespace mlir;
using namespace quantir;

double AttentionParts::nanoseconds() const {
  double elements = double(heads) * queries * keys;
  if (!visible.empty()) {
    elements = 0;
    for (KeyRange range : visible)
      elements += double(heads) * mostRows() * (range.high - range.low);
  }
  double depth = double(keySide.shape.runLength + valueSide.shape.columns);
  return elements * (depth / 150 + 0.5);
}

int64_t AttentionParts::resultCost() const {
  int64_t cost = 2;
  ArrayRef<int64_t> shape = shapeOf(attention.product->getResult(0));
  for (Operation &op : *attention.product->getBlock())
    if (isa<ElementwiseInterface>(op) && shapeOf(op.getResult(0)) == shape)
      cost += 5;
  return cost;
}

/// Blocks of equal size where that can be had, whose scores fit into the first
/// cache where that leaves enough rows to use what is read of the keys.
static int64_t blocksFor(int64_t queries, int64_t keys) {
  constexpr int64_t cache = 24576, fewest = 8, most = 64;
  int64_t rows = std::clamp(cache / (4 * keys), fewest, most);
  int64_t blocks = llvm::divideCeil(queries, rows);
  for (int64_t more = blocks; more <= 2 * blocks; ++more)
    if (queries % (4 * more) == 0)
      return more;
  return blocks;
}

namespace {
class Planner {
public:
  Planner(Lowering &lowering, KernelOp op, AttentionParts &parts)
      : lowering(lowering), op(op), parts(parts),
        lead(shapeOf(parts.attention.product->getResult(0)).drop_back(2)) {}

  LogicalResult run();

private:
  FailureOr<MovedOperand> operand(Value value, bool alongLast);
  LogicalResult readQuery();
  LogicalResult pack(AttentionSide &side, MatmulOp product, int64_t zeroPoint);
  LogicalResult readResults();
  void findRowValues();
  Value bufferOf(Value argument);

  Lowering &lowering;
  KernelOp op;
  AttentionParts &parts;
  ArrayRef<int64_t> lead;
};
} // namespace

/// A constant is read as any other buffer.
Value Planner::bufferOf(Value argument) {
  Value buffer = lowering.buffers.lookup(outerValue(op, argument));
  if (DenseElementsAttr constant = constantOf(lowering.constants, op, argument))
    buffer = lowering.constantBuffer(op.getLoc(), constant);
  return bufferWithSlack(lowering, op.getLoc(), buffer, elementsOf(argument));
}

FailureOr<MovedOperand> Planner::operand(Value value, bool alongLast) {
  MovedOperand moved =
      followMoves(value, alongLast, [](Operation *) { return true; });
  if (!isa<BlockArgument>(moved.source) || !moved.view.leading(lead))
    return op.emitOpError("moves an operand of an attention in a way that "
                          "strides cannot express");
  return moved;
}

LogicalResult Planner::readQuery() {
  Value value = parts.attention.scores.getLhs();
  FailureOr<MovedOperand> moved = operand(value, /*alongLast=*/true);
  if (failed(moved))
    return failure();
  parts.query = {bufferOf(moved->source), moved->view.base,
                 *moved->view.leading(lead)};
  int64_t rank = moved->view.dims.size();
  parts.keySide.shape.rowStride = *moved->view.strideOf(rank - 2);
  return success();
}

/// Packs each matrix once, also where several heads share it.
LogicalResult Planner::pack(AttentionSide &side, MatmulOp product,
                            int64_t zeroPoint) {
  Value value = product.getRhs();
  FailureOr<MovedOperand> moved = operand(value, /*alongLast=*/false);
  if (failed(moved))
    return failure();
  RunTimeRight right;
  right.buffer = bufferOf(moved->source);
  right.base = moved->view.base;
  StridedView::Dim heads = *moved->view.leading(lead);
  int64_t matrices = 1;
  for (StridedView::Run run : llvm::reverse(heads)) {
    bool shared = run.stride == 0;
    side.numbers.insert(side.numbers.begin(),
                        {run.size, shared ? 0 : matrices});
    if (shared)
      continue;
    right.rights.insert(right.rights.begin(), run);
    matrices *= run.size;
  }
  int64_t rank = moved->view.dims.size();
  bool transposed = product.getTransposeRhs();
  right.columnStride = *moved->view.strideOf(transposed ? rank - 2 : rank - 1);
  right.depthStride = *moved->view.strideOf(transposed ? rank - 1 : rank - 2);
  ContractionShape &shape = side.shape;
  shape.columns = shapeOf(product.getResult()).back();
  shape.runLength = shapeOf(product.getLhs()).back();
  shape.rows = parts.leastRows();
  shape.rights = matrices;
  side.plan = planTiles(shape, {lowering.processor, lowering.unit, parts.tile},
                        nullptr, RowTail::Overlaps);
  std::tie(side.packed, side.starts) = packAtRunTime(
      lowering, op.getLoc(), right, zeroPoint, shape, side.plan, parts.tile);
  return success();
}

LogicalResult Planner::readResults() {
  for (auto [i, yielded] :
       llvm::enumerate(op.getBody().front().getTerminator()->getOperands())) {
    std::optional<MovedResult> moved = resultBeforeMoves(yielded);
    bool perRow = moved && parts.attention.isOfRows(moved->value);
    if (!moved ||
        (!perRow && shapeOf(moved->value) !=
                        shapeOf(parts.attention.product->getResult(0))))
      return op.emitOpError("yields a value that an attention does not have");
    const StridedView &view = moved->view;
    int64_t rank = view.dims.size();
    auto heads = view.leading(lead);
    auto rowStride = view.strideOf(rank - 2);
    if (!heads || !rowStride ||
        !(view.dims[rank - 1].empty() || view.strideOf(rank - 1) == 1))
      return op.emitOpError("moves the result of an attention in a way that "
                            "strides cannot express");
    (perRow ? parts.rowResults : parts.results)
        .push_back({moved->value, lowering.buffers.lookup(op.getResult(i)),
                    view.base, *rowStride, *heads});
  }
  return success();
}

/// Values of each row that something outside of the rows reads.
void Planner::findRowValues() {
  Attention &attention = parts.attention;
  SmallVector<Operation *> rowwise(attention.rowwise);
  if (attention.sums)
    rowwise.insert(rowwise.begin(), attention.sums);
  for (Operation *op : rowwise)
    if (llvm::any_of(op->getUsers(), [&](Operation *user) {
          return !llvm::is_contained(rowwise, user) && !isa<YieldOp>(user);
        }))
      parts.rowValues.push_back(op->getResult(0));
}

LogicalResult Planner::run() {
  Attention &attention = parts.attention;
  Value scores = attention.scores.getResult();
  WeightFacts facts;
  facts.noLowest = haveNoLowest(attention.scores.getRhs()) &&
                   haveNoLowest(attention.product.getRhs());
  parts.tile = &selectInnerTile(lowering.target, TileNumbers::Codes, facts);
  parts.heads = 1;
  for (int64_t size : lead)
    parts.heads *= size;
  parts.queries = shapeOf(scores)[lead.size()];
  parts.keys = shapeOf(scores).back();
  parts.blocks = blocksFor(parts.queries, parts.keys);
  parts.weights = attention.codes();
  parts.rowShape.assign(shapeOf(scores).begin(), shapeOf(scores).end());
  parts.rowShape.back() = 1;
  findRowValues();
  int64_t zeroPoint = getZeroPoints(
      getQuantizedElement(attention.scores.getLhs().getType()))[0];
  parts.valueSide.shape.rowStride = parts.codePitch();
  if (failed(readQuery()) ||
      failed(pack(parts.keySide, attention.scores, zeroPoint)) ||
      failed(pack(parts.valueSide, attention.product, 0)))
    return failure();
  // Whole panels of keys, and whole vectors of their codes.
  const TilePlan &plan = parts.keySide.plan;
  parts.visible = visibleKeys(lowering, op, attention, parts.blocks,
                              std::lcm(plan.vectors * plan.lanes, int64_t(64)));
  return readResults();
}

FailureOr<AttentionParts>
quantir::planAttention(Lowering &lowering, KernelOp op, SoftmaxOp softmax) {
  StringRef reason;
  std::optional<Attention> found = findAttention(softmax, reason);
  if (!found)
    return op.emitOpError("holds no attention that can be lowered: ") << reason;
  AttentionParts parts;
  parts.attention = *found;
  if (failed(Planner(lowering, op, parts).run()))
    return failure();
  return parts;
}
