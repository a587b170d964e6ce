// Transposes, slices, pads, gathers, expands and nearest resizes: as words
// where these stay whole, else a quad of elements at a time.
#include "GpuKernels.h"
#include "LaneParts.h"
#include "MoveGpu.h"
#include "MovePlaces.h"

#include "Quantir/LaneKind.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

/// The strides of a tensor's dimensions, in elements, gaps counted as such.
static SmallVector<int64_t> pitchedStrides(RankedTensorType type) {
  SmallVector<int64_t> shape(type.getShape());
  WordLayout layout(type);
  if (!shape.empty())
    shape.back() = layout.wordsOfRow() * 32 / layout.bits;
  return stridesOf(shape);
}

/// True when all that `move` adds up, its last dimension apart, is a multiple
/// of `unit`.
static bool isAligned(const Movement &move, int64_t unit) {
  auto isMultiple = [&](int64_t offset) {
    return offset < 0 ? offset == -1 || offset % unit == 0 : offset % unit == 0;
  };
  return move.base % unit == 0 &&
         llvm::all_of(ArrayRef(move.dims).drop_back(),
                      [&](const Movement::Dim &dim) {
                        return dim.stride % unit == 0 &&
                               llvm::all_of(dim.table, isMultiple);
                      });
}

/// True when the elements of a row are neighbours in the source.
static bool keepsRows(const Movement &move) {
  const Movement::Dim &last = move.dims.back();
  return last.isRegular() && (last.stride == 1 || last.size == 1);
}

static void scale(Movement &move, int64_t numerator, int64_t denominator) {
  auto scaled = [&](int64_t &offset) {
    offset = offset * numerator / denominator;
  };
  scaled(move.base);
  for (Movement::Dim &dim : move.dims) {
    scaled(dim.stride);
    for (int64_t &offset : dim.table)
      if (offset != -1)
        scaled(offset);
  }
}

/// Makes the movement of elements one of words where they stay whole.
static bool becomesWords(Movement &move, const WordLayout &result) {
  if (result.bits == 64) {
    if (uint32_t(move.fill) != uint32_t(move.fill >> 32))
      return false;
    scale(move, 2, 1);
    move.dims.push_back({2, 1});
  } else if (result.bits < 32) {
    int64_t perWord = 32 / result.bits;
    if (!keepsRows(move) || !isAligned(move, perWord) ||
        move.dims.back().size != result.columns)
      return false;
    scale(move, 1, perWord);
    move.dims.back() = {result.wordsOfRow(), 1};
    move.fill &= (uint64_t(1) << result.bits) - 1;
    for (int64_t bits = result.bits; bits < 32; bits *= 2)
      move.fill |= move.fill << bits;
  }
  move.mergeDims();
  return true;
}

namespace {
/// The code of one movement.
class MoveCodeGpu {
public:
  MoveCodeGpu(GpuLowering &lowering, KernelOp op, Movement &move)
      : op(op), move(move), type(typeOf(move.op->getResult(0))), layout(type),
        kernel(lowering, op.getLoc(), move.op->getName().stripDialect(),
               {lowering.target.elementThreads, 1, 1}),
        evaluator(kernel, op, type.getShape()),
        source(kernel, op, shapeOf(move.source)),
        places(kernel, evaluator, move) {}

  void emitWords();
  LogicalResult emitQuads();

private:
  /// The source is in memory, not computed by the kernel.
  bool isLoaded() {
    Operation *producer = move.source.getDefiningOp();
    return !producer || isa<ConstantOp>(producer);
  }
  bool canBeWide(Type tensor) {
    return WordLayout(tensor).words() % kQuad == 0;
  }
  Value wordAt(Value binding, const MovePlace &place);
  void emitWordQuad(Value number);
  GpuLanes loadLanes(const QuadPosition &position);
  GpuLanes elementAt(const MovePlace &place);
  GpuLanes filled(const GpuLanes &lanes, Value inside, int64_t count);

  static constexpr int64_t kQuad = 4;
  KernelOp op;
  Movement &move;
  RankedTensorType type;
  WordLayout layout;
  GpuKernel kernel;
  QuadEvaluator evaluator, source;
  MovePlaces places;
  LogicalResult status = success();
};
} // namespace

//===-- Words -------------------------------------------------------------===//

Value MoveCodeGpu::wordAt(Value binding, const MovePlace &place) {
  Value word = kernel.load(binding, place.offset);
  if (!place.inside)
    return word;
  Value fill = kernel.i32(int32_t(uint32_t(move.fill)));
  return arith::SelectOp::create(kernel.builder(), place.inside, word, fill);
}

/// Four neighbouring words of the result, which lie in one row.
void MoveCodeGpu::emitWordQuad(Value number) {
  ImplicitLocOpBuilder &b = kernel.builder();
  auto four = VectorType::get({kQuad}, b.getI32Type());
  int64_t quads = move.dims.back().size / kQuad;
  MovePlace row = places.ofRow(kernel.div(number, quads));
  Value first = kernel.mul(kernel.rem(number, quads), kQuad), words;
  if (keepsRows(move) && isAligned(move, kQuad) &&
      canBeWide(move.source.getType())) {
    MovePlace place = places.inRow(row, first);
    Value binding = source.bindingOf(move.source, kQuad);
    words = kernel.load(binding, kernel.div(place.offset, kQuad));
    if (place.inside) {
      Value inside = vector::BroadcastOp::create(
          b, VectorType::get({kQuad}, b.getI1Type()), place.inside);
      Value fill = vector::BroadcastOp::create(
          b, four, kernel.i32(int32_t(uint32_t(move.fill))));
      words = arith::SelectOp::create(b, inside, words, fill);
    }
  } else {
    Value binding = source.bindingOf(move.source);
    SmallVector<Value> single;
    for (int64_t i = 0; i < kQuad; ++i)
      single.push_back(
          wordAt(binding, places.inRow(row, kernel.add(first, i))));
    words = vector::FromElementsOp::create(b, four, single);
  }
  Value target =
      kernel.useWritten(kernel.lowering().bufferOf(op.getResult(0)), kQuad);
  kernel.store(words, target, number);
}

void MoveCodeGpu::emitWords() {
  int64_t words = layout.words();
  bool isWide = move.dims.back().size % kQuad == 0;
  int64_t count = isWide ? words / kQuad : words;
  Value number = kernel.globalThread();
  kernel.when(kernel.less(number, kernel.index(count)), [&] {
    if (isWide)
      return emitWordQuad(number);
    Value target =
        kernel.useWritten(kernel.lowering().bufferOf(op.getResult(0)));
    Value binding = source.bindingOf(move.source);
    kernel.store(wordAt(binding, places.of(number)), target, number);
  });
  kernel.dispatchFor(count);
}

//===-- Elements ----------------------------------------------------------===//

/// The lanes, or what stands outside of the source.
GpuLanes MoveCodeGpu::filled(const GpuLanes &lanes, Value inside,
                             int64_t count) {
  if (!inside)
    return lanes;
  ImplicitLocOpBuilder &b = kernel.builder();
  if (count > 1)
    inside = vector::BroadcastOp::create(
        b, VectorType::get({count}, b.getI1Type()), inside);
  GpuBuilder v(kernel, count);
  auto low = int32_t(uint32_t(move.fill));
  auto fill = [&]() -> GpuLanes {
    switch (getLaneKind(type.getElementType())) {
    case LaneKind::f32:
      return v.asF32(v.i32(low));
    case LaneKind::i64:
      return v.i64(int64_t(move.fill));
    case LaneKind::i1:
      return v.equalInt(v.i32(low), v.i32(1));
    case LaneKind::i32:
      break;
    }
    if (layout.bits == 32)
      return v.i32(low);
    int32_t up = 32 - int32_t(layout.bits);
    auto top = int32_t(uint32_t(move.fill) << up);
    return v.i32(isZeroExtended(type.getElementType())
                     ? int32_t(uint32_t(top) >> up)
                     : top >> up);
  };
  return v.select(GpuLanes(inside), lanes, fill());
}

GpuLanes MoveCodeGpu::elementAt(const MovePlace &place) {
  WordLayout from(move.source.getType());
  int64_t pitch = from.wordsOfRow() * 32 / from.bits;
  FailureOr<GpuLanes> lane =
      isLoaded()
          ? loadElement(kernel, source.bindingOf(move.source),
                        type.getElementType(), kernel.index(0), place.offset)
          : elementOf(kernel, source, move.source,
                      kernel.div(place.offset, pitch),
                      kernel.rem(place.offset, pitch));
  if (failed(lane)) {
    status = failure();
    lane = GpuBuilder(kernel, 1).i32(0);
  }
  return filled(*lane, place.inside, 1);
}

/// A quad of the result; lanes beyond its row repeat the last.
GpuLanes MoveCodeGpu::loadLanes(const QuadPosition &position) {
  int64_t columns = evaluator.columns();
  const Movement::Dim &last = move.dims.back();
  bool sameRows = last.size == columns;
  MovePlace row;
  if (sameRows)
    row = places.ofRow(position.row);
  int64_t bits = layout.bits;
  if (isLoaded() && sameRows && keepsRows(move) &&
      (bits >= 32 || isAligned(move, 32 / bits))) {
    Value word = bits < 32 ? kernel.div(row.offset, 32 / bits)
                           : kernel.mul(row.offset, bits / 32);
    return filled(loadQuad(kernel, source.bindingOf(move.source),
                           type.getElementType(), word, position.column,
                           columns),
                  row.inside, kQuad);
  }
  SmallVector<GpuLanes> lanes;
  for (int64_t i = 0; i < kQuad; ++i) {
    if (i > 0 && sameRows && last.isRegular() && last.stride == 0) {
      lanes.push_back(lanes.front());
      continue;
    }
    Value column = kernel.add(position.column, i);
    if (columns % kQuad != 0 && i > 0)
      column = kernel.min(column, kernel.index(columns - 1));
    MovePlace place =
        sameRows
            ? places.inRow(row, column)
            : places.of(kernel.add(kernel.mul(position.row, columns), column));
    lanes.push_back(elementAt(place));
  }
  return joinLanes(kernel, lanes);
}

LogicalResult MoveCodeGpu::emitQuads() {
  int64_t quads = evaluator.rows() * evaluator.quadsOfRow();
  Value quad = kernel.globalThread();
  kernel.when(kernel.less(quad, kernel.index(quads)), [&] {
    QuadPosition position = evaluator.positionOf(quad);
    if (failed(evaluator.finish({{move.op->getResult(0), loadLanes(position)}},
                                position)))
      status = failure();
  });
  kernel.dispatchFor(quads);
  return status;
}

LogicalResult quantir::lowerMovementGpu(GpuLowering &lowering, KernelOp kernel,
                                        Operation *op) {
  if (auto concat = dyn_cast<ConcatOp>(op))
    return lowerConcatGpu(lowering, kernel, concat);
  std::optional<Movement> move =
      movementOf(op, pitchedStrides(typeOf(op->getOperand(0))));
  if (!move)
    return lowerLinearResizeGpu(lowering, kernel, cast<ResizeOp>(op));
  bool isAlone = llvm::none_of(kernel.getBody().front(),
                               llvm::IsaPred<ElementwiseInterface>);
  if (isAlone && lowerMovementByBlocks(lowering, kernel, *move))
    return success();
  Movement words = *move;
  if (isAlone && becomesWords(words, WordLayout(op->getResult(0).getType()))) {
    MoveCodeGpu(lowering, kernel, words).emitWords();
    return success();
  }
  return MoveCodeGpu(lowering, kernel, *move).emitQuads();
}
