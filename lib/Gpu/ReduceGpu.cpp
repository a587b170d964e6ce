#include "GpuKernels.h"
#include "RowGroup.h"

#include "Quantir/ReduceMath.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "quantir/Lower/ReduceDims.h"

using namespace mlir;
using namespace quantir;

/// Invocations of a workgroup that shares folds: 16 for each of four results
/// whose elements are whole rows, or of four quads, a partial value each.
static constexpr int64_t kPartials = RowGroup::kPartials;
static constexpr int64_t kGroup = 4 * kPartials;
/// Elements that are loaded before the first of them is folded, so that one
/// does not wait for the other.
static constexpr int64_t kAhead = 8;

namespace {
/// The code of one reduction.
class ReduceCodeGpu {
public:
  ReduceCodeGpu(GpuLowering &lowering, KernelOp op, ReduceOp reduce)
      : op(op), reduce(reduce),
        dims(reduce, /*merge=*/true, /*mergeLast=*/false),
        fold(reduce, dims.depth()), isShared(sharesQuads(lowering)),
        kernel(lowering, op.getLoc(), "reduce",
               {dims.lastReduced() || isShared ? kGroup
                                               : lowering.target.elementThreads,
                1, 1}),
        v(kernel, 4), one(kernel, 1),
        prologue(kernel, op, shapeOf(reduce.getInput())),
        epilogue(kernel, op, shapeOf(reduce)) {}

  /// The last dimension stays: an invocation folds a quad of its elements.
  LogicalResult emitQuads();
  /// The same where order is free and quads are few: 16 invocations share them.
  LogicalResult emitSharedQuads();
  /// The last dimension goes: a workgroup folds four results.
  LogicalResult emitRows();

  LogicalResult emit() {
    return dims.lastReduced() ? emitRows()
           : isShared         ? emitSharedQuads()
                              : emitQuads();
  }

private:
  int64_t quads() const {
    return dims.keptRows() * ((dims.sizes.back() + 3) / 4);
  }
  bool sharesQuads(const GpuLowering &lowering) const {
    return fold.isAssociative() && dims.depth() >= 2 * kPartials &&
           quads() < lowering.target.fewInvocations;
  }
  GpuLanes foldFrom(GpuBuilder &b, Value begin, int64_t step,
                    function_ref<GpuLanes(Value number)> at);
  GpuLanes foldQuads(const QuadPosition &position, Value begin, int64_t step);
  GpuLanes quadAt(Value row, Value column);
  GpuLanes elementAt(Value row, Value column);
  GpuLanes partialOf(Value number, Value partial);
  GpuLanes quadOf(SharedLanes &shared, Value first, int64_t apart);
  GpuLanes foldPartials(function_ref<GpuLanes(Value partial)> at);
  void store(const GpuLanes &folded, const QuadPosition &position) {
    if (failed(epilogue.finish({{reduce.getResult(), fold.finish(v, folded)}},
                               position)))
      status = failure();
  }

  KernelOp op;
  ReduceOp reduce;
  ReduceDims dims;
  ReduceFold fold;
  bool isShared;
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

/// Folds the elements `begin`, `begin + step`, ... of a result, in order.
/// \param begin  below `step`
GpuLanes ReduceCodeGpu::foldFrom(GpuBuilder &b, Value begin, int64_t step,
                                 function_ref<GpuLanes(Value)> at) {
  int64_t turn = kAhead * step, depth = dims.depth();
  int64_t whole = depth / turn * turn;
  SmallVector<Value> all = kernel.loop(
      kernel.index(0), kernel.index(whole), turn, partsOf(fold.initial(b)),
      [&](Value base, ValueRange all) {
        SmallVector<GpuLanes> elements;
        for (int64_t i = 0; i < kAhead; ++i)
          elements.push_back(at(kernel.add(kernel.add(base, begin), i * step)));
        GpuLanes folded = lanesOf(all);
        for (const GpuLanes &element : elements)
          folded = fold.combine(b, folded, element);
        return partsOf(folded);
      });
  return lanesOf(kernel.loop(kernel.add(begin, whole), kernel.index(depth),
                             step, all, [&](Value number, ValueRange all) {
                               return partsOf(
                                   fold.combine(b, lanesOf(all), at(number)));
                             }));
}

GpuLanes ReduceCodeGpu::foldQuads(const QuadPosition &position, Value begin,
                                  int64_t step) {
  Value first = dims.rowOf(kernel, position.row);
  return foldFrom(v, begin, step, [&](Value number) {
    return quadAt(kernel.add(first, dims.reducedRow(kernel, number)),
                  position.column);
  });
}

LogicalResult ReduceCodeGpu::emitQuads() {
  Value quad = kernel.globalThread();
  kernel.when(kernel.less(quad, kernel.index(quads())), [&] {
    QuadPosition position = epilogue.positionOf(quad);
    store(foldQuads(position, kernel.index(0), 1), position);
  });
  kernel.dispatchFor(quads());
  return status;
}

LogicalResult ReduceCodeGpu::emitSharedQuads() {
  // Neighbouring invocations read neighbouring quads.
  Value slot = kernel.rem(kernel.thread(0), 4);
  Value partial = kernel.div(kernel.thread(0), 4);
  int64_t groups = llvm::divideCeil(quads(), 4);
  Value quad = kernel.min(kernel.add(kernel.mul(kernel.group(0), 4), slot),
                          kernel.index(quads() - 1));
  QuadPosition position = epilogue.positionOf(quad);
  GpuLanes own = foldQuads(position, partial, kPartials);
  SharedLanes shared(kernel, 4 * kGroup, own);
  for (int64_t i = 0; i < 4; ++i)
    shared.store(laneOf(kernel, own, i),
                 kernel.add(kernel.thread(0), i * kGroup));
  kernel.barrier();
  kernel.when(kernel.less(kernel.thread(0), kernel.index(4)), [&] {
    store(foldPartials([&](Value partial) {
            return quadOf(shared, kernel.add(slot, kernel.mul(partial, 4)),
                          kGroup);
          }),
          position);
  });
  kernel.dispatch({groups, 1, 1});
  return status;
}

/// One lane: a load where there is no prologue, else a quad that is computed.
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
  int64_t columns = dims.sizes.back();
  auto at = [&](Value i) {
    Value row = start, column = i;
    if (!dims.onlyLast()) {
      row = kernel.add(start, dims.reducedRow(kernel, kernel.div(i, columns)));
      column = kernel.rem(i, columns);
    }
    return elementAt(row, column);
  };
  if (!fold.inOrder())
    return foldFrom(one, partial, kPartials, at);
  // The first partial value has all.
  GpuLanes isFirst = kernel.less(partial, kernel.index(1));
  GpuLanes all = foldFrom(one, kernel.index(0), 1, at);
  return one.select(isFirst, all, fold.initial(one));
}

/// A quad of what four invocations have, the first of which is `first`, each
/// `apart` from the one before.
GpuLanes ReduceCodeGpu::quadOf(SharedLanes &shared, Value first,
                               int64_t apart) {
  SmallVector<GpuLanes> lanes;
  for (int64_t i = 0; i < 4; ++i)
    lanes.push_back(shared.load(kernel.add(first, i * apart)));
  return joinLanes(kernel, lanes);
}

/// All partial values of a quad: as a tree where the order matters.
/// \param at  one of them
GpuLanes ReduceCodeGpu::foldPartials(function_ref<GpuLanes(Value partial)> at) {
  if (fold.isAssociative())
    return lanesOf(kernel.loop(
        kernel.index(0), kernel.index(kPartials), 1, partsOf(fold.initial(v)),
        [&](Value partial, ValueRange all) {
          return partsOf(fold.combine(v, lanesOf(all), at(partial)));
        }));
  SmallVector<GpuLanes> partials;
  for (int64_t i = 0; i < kPartials; ++i)
    partials.push_back(at(kernel.index(i)));
  for (int64_t half = kPartials / 2; half > 0; half /= 2)
    for (int64_t i = 0; i < half; ++i)
      partials[i] = fold.combine(v, partials[i], partials[i + half]);
  return partials[0];
}

LogicalResult ReduceCodeGpu::emitRows() {
  int64_t quads = epilogue.rows() * epilogue.quadsOfRow();
  QuadPosition position = epilogue.positionOf(kernel.group(0));
  Value result = kernel.div(kernel.thread(0), kPartials);
  Value column = kernel.min(kernel.add(position.column, result),
                            kernel.index(epilogue.columns() - 1));
  Value number =
      kernel.add(kernel.mul(position.row, epilogue.columns()), column);
  GpuLanes own = partialOf(number, kernel.rem(kernel.thread(0), kPartials));
  SharedLanes shared(kernel, kGroup, own);
  shared.store(own, kernel.thread(0));
  kernel.barrier();
  kernel.when(kernel.less(kernel.thread(0), kernel.index(1)), [&] {
    store(foldPartials([&](Value partial) {
            return quadOf(shared, partial, kPartials);
          }),
          position);
  });
  kernel.dispatch({quads, 1, 1});
  return status;
}

LogicalResult quantir::lowerReduceGpu(GpuLowering &lowering, KernelOp op,
                                      ReduceOp reduce) {
  return ReduceCodeGpu(lowering, op, reduce).emit();
}
