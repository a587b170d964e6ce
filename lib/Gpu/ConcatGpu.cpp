// A dispatch for each operand, so that no number of operands needs more
// bindings than a device has.
#include "GpuKernels.h"
#include "MoveGpu.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace quantir;

namespace {
/// One operand of a concat, and where it goes.
struct Part {
  ConcatOp concat;
  Value operand;
  int64_t start; ///< its first index along the axis
};
} // namespace

static bool isLastAxis(ConcatOp concat) {
  return concat.getAxis() + 1 == uint64_t(typeOf(concat.getResult()).getRank());
}

/// `count` runs of `run` words, one behind the other, to every `pitch` words.
static void copyRuns(GpuKernel &kernel, Value from, Value to, int64_t count,
                     int64_t run, int64_t start, int64_t pitch) {
  int64_t fromWords = cast<MemRefType>(from.getType()).getNumElements();
  int64_t toWords = cast<MemRefType>(to.getType()).getNumElements();
  int64_t width = 4;
  for (int64_t words : {run, start, pitch, fromWords, toWords})
    if (words % 4 != 0)
      width = 1;
  Value source = kernel.use(from, width);
  Value target = kernel.useWritten(to, width);
  int64_t items = count * run / width;
  Value item = kernel.globalThread();
  kernel.when(kernel.less(item, kernel.index(items)), [&] {
    Value number = kernel.div(item, run / width);
    Value within = kernel.rem(item, run / width);
    Value place = kernel.add(kernel.mul(number, pitch / width),
                             kernel.add(within, start / width));
    kernel.store(kernel.load(source, item), target, place);
  });
  kernel.dispatchFor(items);
}

/// An operand whose rows begin within a word of the result: the quad that it
/// shares with the operand before keeps what that one has put there. What it
/// leaves behind itself, the next operand replaces.
static void mergeRows(GpuKernel &kernel, Part part, Value from, Value to) {
  RankedTensorType type = typeOf(part.operand);
  RankedTensorType whole = typeOf(part.concat.getResult());
  Type element = type.getElementType();
  WordLayout source(type), target(whole);
  int64_t first = part.start / 4, end = part.start + source.columns;
  int64_t quadsOfRow = (end + 3) / 4 - first;
  int64_t quads = source.rows * quadsOfRow;
  Value input = kernel.use(from), output = kernel.useWritten(to);
  Value quad = kernel.globalThread();
  kernel.when(kernel.less(quad, kernel.index(quads)), [&] {
    Value row = kernel.div(quad, quadsOfRow);
    Value column =
        kernel.mul(kernel.add(kernel.rem(quad, quadsOfRow), first), 4);
    Value fromWord = kernel.mul(row, source.wordsOfRow());
    Value toWord = kernel.mul(row, target.wordsOfRow());
    ImplicitLocOpBuilder &b = kernel.builder();
    Value start = kernel.index(part.start);
    SmallVector<GpuLanes> lanes;
    for (int64_t i = 0; i < 4; ++i) {
      Value at = kernel.add(column, i);
      Value beyond = kernel.max(at, start);
      Value own = kernel.min(b.createOrFold<arith::SubIOp>(beyond, start),
                             kernel.index(source.columns - 1));
      GpuLanes moved = loadElement(kernel, input, element, fromWord, own);
      Value before = kernel.min(at, kernel.index(target.columns - 1));
      GpuLanes there = loadElement(kernel, output, element, toWord, before);
      lanes.push_back(GpuBuilder(kernel, 1).select(
          GpuLanes(kernel.less(at, start)), there, moved));
    }
    storeQuad(kernel, joinLanes(kernel, lanes), output, element, toWord, column,
              end);
  });
  kernel.dispatchFor(quads);
}

static void lowerPart(GpuLowering &lowering, KernelOp op, Part part) {
  GpuKernel kernel(lowering, op.getLoc(), "concat",
                   {lowering.target.elementThreads, 1, 1});
  Value from = lowering.bufferOf(outerTensor(op, part.operand));
  Value to = lowering.bufferOf(op.getResult(0));
  RankedTensorType whole = typeOf(part.concat.getResult());
  WordLayout source(part.operand.getType()), target(whole);
  if (isLastAxis(part.concat)) {
    if (part.start * source.bits % 32 != 0)
      return mergeRows(kernel, part, from, to);
    return copyRuns(kernel, from, to, source.rows, source.wordsOfRow(),
                    part.start * source.bits / 32, target.wordsOfRow());
  }
  int64_t outer = 1, inner = target.wordsOfRow(), axis = part.concat.getAxis();
  for (int64_t size : whole.getShape().take_front(axis))
    outer *= size;
  for (int64_t size : whole.getShape().drop_front(axis + 1).drop_back())
    inner *= size;
  copyRuns(kernel, from, to, outer, source.words() / outer, part.start * inner,
           whole.getDimSize(axis) * inner);
}

LogicalResult quantir::lowerConcatGpu(GpuLowering &lowering, KernelOp kernel,
                                      ConcatOp concat) {
  if (!llvm::hasSingleElement(kernel.getResults()) ||
      kernel.getBody().front().getTerminator()->getOperand(0) !=
          concat.getResult())
    return concat.emitOpError("shares its kernel with what comes behind it");
  int64_t start = 0;
  for (Value operand : concat.getInputs()) {
    Operation *producer = operand.getDefiningOp();
    if (producer && !isa<ConstantOp>(producer))
      return concat.emitOpError("moves what its own kernel computes");
    if (typeOf(operand).getNumElements() != 0)
      lowerPart(lowering, kernel, {concat, operand, start});
    start += typeOf(operand).getDimSize(concat.getAxis());
  }
  return success();
}
