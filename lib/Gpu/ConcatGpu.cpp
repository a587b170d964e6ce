// A dispatch for a few operands at a time, so that no number of operands needs
// more bindings than a device has.
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

/// Words of an operand that go to the result in runs.
struct Runs {
  Value from;
  int64_t run;   ///< words
  int64_t start; ///< the first one's place in the result
};

/// `count` runs of each operand, one behind the other there, to every `pitch`
/// words of the result.
static DispatchOp copyRuns(GpuLowering &lowering, Location location,
                           ArrayRef<Runs> operands, Value to, int64_t count,
                           int64_t pitch) {
  GpuKernel kernel(lowering, location, "concat",
                   {lowering.target.elementThreads, 1, 1});
  auto wordsOfBuffer = [](Value buffer) {
    return cast<MemRefType>(buffer.getType()).getNumElements();
  };
  int64_t all = pitch | wordsOfBuffer(to);
  for (const Runs &runs : operands)
    all |= runs.run | runs.start | wordsOfBuffer(runs.from);
  int64_t width = all % 4 == 0 ? 4 : 1;
  Value target = kernel.useWritten(to, width);
  Value item = kernel.globalThread();
  int64_t first = 0;
  for (const Runs &runs : operands) {
    int64_t run = runs.run / width, end = first + count * run;
    ImplicitLocOpBuilder &b = kernel.builder();
    Value own = b.createOrFold<arith::SubIOp>(item, kernel.index(first));
    // Items before the first wrap around and are too large.
    kernel.when(kernel.less(own, kernel.index(end - first)), [&] {
      Value place =
          kernel.add(kernel.mul(kernel.div(own, run), pitch / width),
                     kernel.add(kernel.rem(own, run), runs.start / width));
      kernel.store(kernel.load(kernel.use(runs.from, width), own), target,
                   place);
    });
    first = end;
  }
  return kernel.dispatchFor(first);
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

/// How the words of the operand go to the result where none is of two operands.
static Runs runsOf(GpuLowering &lowering, KernelOp op, Part part) {
  Value from = lowering.bufferOf(outerValue(op, part.operand));
  RankedTensorType whole = typeOf(part.concat.getResult());
  WordLayout source(part.operand.getType()), target(whole);
  if (isLastAxis(part.concat))
    return {from, source.wordsOfRow(), part.start * source.bits / 32};
  int64_t inner = target.wordsOfRow(), axis = part.concat.getAxis();
  for (int64_t size : whole.getShape().drop_front(axis + 1).drop_back())
    inner *= size;
  return {from, typeOf(part.operand).getDimSize(axis) * inner,
          part.start * inner};
}

LogicalResult quantir::lowerConcatGpu(GpuLowering &lowering, KernelOp kernel,
                                      ConcatOp concat) {
  if (!llvm::hasSingleElement(kernel.getResults()) ||
      kernel.getBody().front().getTerminator()->getOperand(0) !=
          concat.getResult())
    return concat.emitOpError("shares its kernel with what comes behind it");
  Value to = lowering.bufferOf(kernel.getResult(0));
  RankedTensorType type = typeOf(concat.getResult());
  int64_t count = 1, axis = concat.getAxis();
  for (int64_t size : type.getShape().take_front(axis))
    count *= size;
  int64_t pitch = WordLayout(type).words() / count;
  SmallVector<Runs> open;
  int64_t number = lowering.kernels;
  auto flush = [&] {
    if (!open.empty())
      copyRuns(lowering, kernel.getLoc(), open, to, count, pitch)
          .setPartOf(number);
    open.clear();
  };
  int64_t start = 0;
  for (Value operand : concat.getInputs()) {
    Operation *producer = operand.getDefiningOp();
    if (producer && !isa<ConstantOp>(producer))
      return concat.emitOpError("moves what its own kernel computes");
    Part part{concat, operand, start};
    start += typeOf(operand).getDimSize(axis);
    if (typeOf(operand).getNumElements() == 0)
      continue;
    WordLayout layout(operand.getType());
    if (isLastAxis(concat) && part.start * layout.bits % 32 != 0) {
      flush();
      GpuKernel code(lowering, kernel.getLoc(), "concat",
                     {lowering.target.elementThreads, 1, 1});
      mergeRows(code, part, lowering.bufferOf(outerValue(kernel, operand)), to);
      continue;
    }
    open.push_back(runsOf(lowering, kernel, part));
    // With the result, as many buffers as every device binds to a kernel.
    if (open.size() == 3)
      flush();
  }
  flush();
  return success();
}
