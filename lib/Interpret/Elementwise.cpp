#include "Evaluators.h"

#include "Quantir/ElementwiseMath.h"
#include "quantir/Interpret/LaneBuilder.h"

using namespace mlir;
using namespace quantir;

/// Elements [first, first + count) of `tensor`, the lanes beyond them zero.
static Lanes load(const Tensor &tensor, int64_t first, int64_t count) {
  Lanes lanes;
  std::memset(&lanes, 0, sizeof(lanes));
  Type element = tensor.getElementType();
  lanes.kind = getLaneKind(element);
  const uint8_t *bytes = tensor.data() + first * elementSize(element);
  if (lanes.kind == LaneKind::i1)
    for (int64_t i = 0; i < count; ++i)
      lanes.i1[i] = bytes[i] != 0;
  else if (elementSize(element) > 2)
    std::memcpy(lanes.f32, bytes, count * elementSize(element));
  else if (elementSize(element) == 2)
    for (int64_t i = 0; i < count; ++i)
      lanes.i32[i] = reinterpret_cast<const int16_t *>(bytes)[i];
  else if (isZeroExtended(element))
    for (int64_t i = 0; i < count; ++i)
      lanes.i32[i] = bytes[i];
  else
    for (int64_t i = 0; i < count; ++i)
      lanes.i32[i] = int8_t(bytes[i]);
  return lanes;
}

static void store(const Lanes &lanes, Tensor &tensor, int64_t first,
                  int64_t count) {
  int64_t size = elementSize(tensor.getElementType());
  uint8_t *bytes = tensor.mutableData() + first * size;
  if (lanes.kind == LaneKind::i1)
    std::memcpy(bytes, lanes.i1, count);
  else if (size > 2)
    std::memcpy(bytes, lanes.f32, count * size);
  else if (size == 2)
    for (int64_t i = 0; i < count; ++i)
      reinterpret_cast<int16_t *>(bytes)[i] = int16_t(lanes.i32[i]);
  else
    for (int64_t i = 0; i < count; ++i)
      bytes[i] = uint8_t(lanes.i32[i]);
}

LogicalResult quantir::evaluateLanes(Operation *op, Operands operands,
                                     Tensor &result) {
  // A table is no operand of lanes; anything stands for it.
  auto elementwise = cast<ElementwiseInterface>(op);
  SmallVector<Tensor> broadcast;
  SmallVector<const uint8_t *> tables;
  for (auto [i, operand] : llvm::enumerate(operands)) {
    tables.push_back(operand.data());
    if (!elementwise.isTable(i))
      broadcast.push_back(broadcastTo(operand, result.getType()));
  }
  LaneBuilder builder(result.getShape(), tables,
                      isZeroExtended(result.getElementType()));
  std::vector<Lanes> lanes(operands.size(), builder.i32(0));
  int64_t total = result.getNumElements();
  for (int64_t first = 0; first < total; first += Lanes::size) {
    int64_t count = std::min(Lanes::size, total - first);
    builder.moveTo(first);
    for (auto [i, operand] : llvm::enumerate(broadcast))
      lanes[i] = load(operand, first, count);
    FailureOr<Lanes> value = evaluateElementwise(builder, op, lanes);
    if (failed(value))
      return failure();
    store(*value, result, first, count);
  }
  return success();
}
