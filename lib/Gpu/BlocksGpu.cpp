// Transposes of blocks of 4 by 4 elements: both sides are read and written four
// neighbours at a time.
#include "GpuKernels.h"
#include "LaneParts.h"
#include "MoveGpu.h"
#include "MovePlaces.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

static constexpr int64_t kSide = 4;

/// Offsets of both sides of a movement, counted in blocks along two dimensions.
struct Blocks {
  Movement from, to;
  /// From one line of a block to the next.
  int64_t fromStep, toStep;
};

/// The blocks of `move`, whose offsets count elements, if it has any: another
/// dimension than the last has neighbours in the source, and blocks begin at
/// multiples of 4 on both sides.
static std::optional<Blocks> blocksOf(Movement move) {
  move.mergeDims();
  auto isRegular = [](const Movement::Dim &dim) { return dim.isRegular(); };
  Movement::Dim &last = move.dims.back();
  auto across = llvm::find_if(move.dims, [](const Movement::Dim &dim) {
    return dim.stride == 1 && dim.size % kSide == 0;
  });
  if (!llvm::all_of(move.dims, isRegular) || across == move.dims.end() ||
      across == &last || last.size % kSide != 0 || move.base % kSide != 0)
    return std::nullopt;
  Blocks blocks{move, {move.op, move.source}, last.stride, 0};
  SmallVector<int64_t> sizes;
  for (const Movement::Dim &dim : move.dims) {
    sizes.push_back(dim.size);
    if (&dim != across && dim.stride % kSide != 0)
      return std::nullopt;
  }
  for (auto [i, stride] : llvm::enumerate(stridesOf(sizes))) {
    Movement::Dim &from = blocks.from.dims[i];
    bool isCut = &move.dims[i] == across || &move.dims[i] == &last;
    if (&move.dims[i] == across)
      blocks.toStep = stride;
    if (isCut)
      from = {from.size / kSide, from.stride * kSide};
    blocks.to.dims.push_back({from.size, isCut ? stride * kSide : stride});
  }
  return blocks;
}

/// Lane j of line i becomes lane i of line j.
static SmallVector<Value> transposed(ImplicitLocOpBuilder &b,
                                     ArrayRef<Value> lines) {
  SmallVector<Value> result;
  for (int64_t j = 0; j < kSide; ++j) {
    SmallVector<Value> lanes;
    for (Value line : lines)
      lanes.push_back(vector::ExtractOp::create(b, line, ArrayRef<int64_t>{j}));
    result.push_back(
        vector::FromElementsOp::create(b, lines[0].getType(), lanes));
  }
  return result;
}

bool quantir::lowerMovementByBlocks(GpuLowering &lowering, KernelOp op,
                                    const Movement &move) {
  WordLayout source(move.source.getType());
  WordLayout target(move.op->getResult(0).getType());
  bool areBytes = target.bits == 8;
  // Bytes have no gaps then, words never do.
  if ((!areBytes && target.bits != 32) ||
      (areBytes && target.columns % kSide != 0) ||
      (!areBytes && source.words() % kSide != 0))
    return false;
  std::optional<Blocks> blocks = blocksOf(move);
  if (!blocks)
    return false;
  GpuKernel kernel(lowering, op.getLoc(), move.op->getName().stripDialect(),
                   {lowering.target.elementThreads, 1, 1});
  QuadEvaluator tensors(kernel, op, shapeOf(move.source));
  int64_t width = areBytes ? 1 : kSide;
  int64_t count = target.rows * target.columns / (kSide * kSide);
  Value number = kernel.globalThread();
  kernel.when(kernel.less(number, kernel.index(count)), [&] {
    Value input = tensors.bindingOf(move.source, width);
    Value output = kernel.useWritten(lowering.bufferOf(op.getResult(0)), width);
    auto place = [&](const Movement &side) {
      MovePlace first = MovePlaces(kernel, tensors, side).of(number);
      return kernel.div(first.offset, kSide);
    };
    Value from = place(blocks->from), to = place(blocks->to);
    SmallVector<Value> lines;
    for (int64_t i = 0; i < kSide; ++i)
      lines.push_back(
          kernel.load(input, kernel.add(from, i * blocks->fromStep / kSide)));
    lines = areBytes ? transposeBytes(kernel, lines)
                     : transposed(kernel.builder(), lines);
    for (auto [j, line] : llvm::enumerate(lines))
      kernel.store(line, output,
                   kernel.add(to, int64_t(j) * blocks->toStep / kSide));
  });
  kernel.dispatchFor(count);
  return true;
}
