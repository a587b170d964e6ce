#include "GpuKernels.h"
#include "RowGroup.h"

#include "Quantir/ReduceMath.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "quantir/Lower/ReduceDims.h"

using namespace mlir;
using namespace quantir;

/// Invocations of a workgroup that fold one quad of results whose elements are
/// whole rows: 16 for each of the four, a partial value each.
static constexpr int64_t kPartials = RowGroup::kPartials;
static constexpr int64_t kGroup = 4 * kPartials;

namespace {
/// The code of one reduction.
class ReduceCodeGpu {
public:
  ReduceCodeGpu(GpuLowering &lowering, KernelOp op, ReduceOp reduce)
      : op(op), reduce(reduce),
        dims(reduce, /*merge=*/true, /*mergeLast=*/false),
        fold(reduce, dims.depth()),
        kernel(lowering, op.getLoc(), "reduce",
               {dims.lastReduced() ? kGroup : lowering.target.elementThreads, 1,
                1}),
        v(kernel, 4), one(kernel, 1),
        prologue(kernel, op, shapeOf(reduce.getInput())),
        epilogue(kernel, op, shapeOf(reduce)) {}

  /// The last dimension stays: an invocation folds a quad of its elements.
  LogicalResult emitQuads();
  /// The last dimension goes: a workgroup folds four results.
  LogicalResult emitRows();

private:
  GpuLanes quadAt(Value row, Value column);
  GpuLanes elementAt(Value row, Value column);
  GpuLanes partialOf(Value number, Value partial);
  GpuLanes finishPartials(SharedLanes &shared);
  void store(const GpuLanes &folded, const QuadPosition &position) {
    if (failed(epilogue.finish({{reduce.getResult(), fold.finish(v, folded)}},
                               position)))
      status = failure();
  }

  KernelOp op;
  ReduceOp reduce;
  ReduceDims dims;
  ReduceFold fold;
  GpuKernel kernel;
  GpuBuilder v, one;
  QuadEvaluator prologue, epilogue;
  LogicalResult status = success();
};
} // namespace

GpuLanes ReduceCodeGpu::quadAt(Value row, Value column) {
  FailureOr<GpuLanes> lanes =
      prologue.compute(reduce.getInput(), {row, column});
  if (succeeded(lanes))
    return fold.widen(v, *lanes);
  status = failure();
  return fold.initial(v);
}

LogicalResult ReduceCodeGpu::emitQuads() {
  int64_t columns = dims.sizes.back(), quadsOfRow = (columns + 3) / 4;
  int64_t quads = dims.keptRows() * quadsOfRow;
  Value quad = kernel.globalThread();
  kernel.when(kernel.less(quad, kernel.index(quads)), [&] {
    QuadPosition position = epilogue.positionOf(quad);
    Value first = dims.rowOf(kernel, position.row);
    SmallVector<Value> folded = kernel.loop(
        kernel.index(0), kernel.index(dims.depth()), 1,
        partsOf(fold.initial(v)), [&](Value number, ValueRange all) {
          Value row = kernel.add(first, dims.reducedRow(kernel, number));
          return partsOf(
              fold.combine(v, lanesOf(all), quadAt(row, position.column)));
        });
    store(lanesOf(folded), position);
  });
  kernel.dispatchFor(quads);
  return status;
}

GpuLanes ReduceCodeGpu::elementAt(Value row, Value column) {
  FailureOr<GpuLanes> lane =
      elementOf(kernel, prologue, reduce.getInput(), row, column);
  if (succeeded(lane))
    return fold.widen(one, *lane);
  status = failure();
  return fold.initial(one);
}

/// What one invocation folds of the result number `number`: of its elements
/// those that join this partial value, in order.
GpuLanes ReduceCodeGpu::partialOf(Value number, Value partial) {
  Value start = dims.rowOf(kernel, number);
  int64_t columns = dims.sizes.back(), depth = dims.depth();
  int64_t step = kPartials;
  if (fold.inOrder()) { // the first partial value has all
    ImplicitLocOpBuilder &b = kernel.builder();
    Value isFirst = kernel.less(partial, kernel.index(1));
    partial = arith::SelectOp::create(b, isFirst, kernel.index(0),
                                      kernel.index(depth));
    step = 1;
  }
  return lanesOf(kernel.loop(
      partial, kernel.index(depth), step, partsOf(fold.initial(one)),
      [&](Value i, ValueRange all) {
        Value row = start, column = i;
        if (!dims.onlyLast()) {
          row = kernel.add(start,
                           dims.reducedRow(kernel, kernel.div(i, columns)));
          column = kernel.rem(i, columns);
        }
        return partsOf(fold.combine(one, lanesOf(all), elementAt(row, column)));
      }));
}

/// All partial values of four results, as a tree.
GpuLanes ReduceCodeGpu::finishPartials(SharedLanes &shared) {
  SmallVector<GpuLanes> partials;
  for (int64_t i = 0; i < kPartials; ++i) {
    SmallVector<GpuLanes> lanes;
    for (int64_t result = 0; result < 4; ++result)
      lanes.push_back(shared.load(kernel.index(result * kPartials + i)));
    partials.push_back(joinLanes(kernel, lanes));
  }
  for (int64_t half = kPartials / 2; half > 0; half /= 2)
    for (int64_t i = 0; i < half; ++i)
      partials[i] = fold.combine(v, partials[i], partials[i + half]);
  return partials[0];
}

LogicalResult ReduceCodeGpu::emitRows() {
  int64_t quads = epilogue.rows() * epilogue.quadsOfRow();
  QuadPosition position = epilogue.positionOf(workGroup(kernel, quads));
  Value result = kernel.div(kernel.thread(0), kPartials);
  Value column = kernel.min(kernel.add(position.column, result),
                            kernel.index(epilogue.columns() - 1));
  Value number =
      kernel.add(kernel.mul(position.row, epilogue.columns()), column);
  GpuLanes own = partialOf(number, kernel.rem(kernel.thread(0), kPartials));
  SharedLanes shared(kernel, kGroup, own);
  shared.store(own, kernel.thread(0));
  kernel.barrier();
  kernel.when(kernel.less(kernel.thread(0), kernel.index(1)),
              [&] { store(finishPartials(shared), position); });
  kernel.dispatchGroups(quads);
  return status;
}

LogicalResult quantir::lowerReduceGpu(GpuLowering &lowering, KernelOp op,
                                      ReduceOp reduce) {
  ReduceCodeGpu code(lowering, op, reduce);
  bool lastGoes = ReduceDims(reduce, true, false).lastReduced();
  return lastGoes ? code.emitRows() : code.emitQuads();
}
