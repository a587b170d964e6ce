#include "Quantir/StridedView.h"

#include "Quantir/QuantirOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantir;

StridedView StridedView::whole(ArrayRef<int64_t> shape) {
  StridedView view;
  view.dims.resize(shape.size());
  int64_t stride = 1;
  for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
    if (shape[dim] != 1)
      view.dims[dim] = {{shape[dim], stride}};
    stride *= shape[dim];
  }
  return view;
}

std::optional<int64_t> StridedView::strideOf(int64_t dim) const {
  if (dims[dim].size() > 1)
    return std::nullopt;
  return dims[dim].empty() ? 0 : dims[dim][0].stride;
}

/// Adds a faster run, or lengthens the last one when both are one.
static void append(StridedView::Dim &dim, StridedView::Run run) {
  if (run.size == 1)
    return;
  if (!dim.empty() && dim.back().stride == run.stride * run.size)
    dim.back() = {dim.back().size * run.size, run.stride};
  else
    dim.push_back(run);
}

std::optional<StridedView::Dim>
StridedView::leading(ArrayRef<int64_t> shape) const {
  int64_t own = int64_t(dims.size()) - 2;
  if (own < 0 || own > int64_t(shape.size()))
    return std::nullopt;
  Dim all;
  for (auto [i, size] : llvm::enumerate(shape)) {
    int64_t dim = int64_t(i) - (int64_t(shape.size()) - own);
    if (dim < 0 || dims[dim].empty())
      append(all, {size, 0});
    else
      for (Run run : dims[dim])
        append(all, run);
  }
  return all;
}

/// The same elements, in the same order, as dimensions of other sizes.
static std::optional<StridedView> regroup(const StridedView &view,
                                          ArrayRef<int64_t> shape) {
  StridedView::Dim open;
  for (const StridedView::Dim &dim : view.dims)
    llvm::append_range(open, dim);
  StridedView result{view.base, {}};
  result.dims.resize(shape.size());
  for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
    StridedView::Dim taken; // the fastest first
    int64_t need = shape[dim];
    while (need > 1) {
      if (open.empty())
        return std::nullopt;
      StridedView::Run &run = open.back();
      if (need % run.size == 0) {
        need /= run.size;
        taken.push_back(run);
        open.pop_back();
      } else if (run.size % need == 0) {
        taken.push_back({need, run.stride});
        run = {run.size / need, run.stride * need};
        need = 1;
      } else {
        return std::nullopt;
      }
    }
    for (StridedView::Run run : llvm::reverse(taken))
      append(result.dims[dim], run);
  }
  return result;
}

static std::optional<StridedView> sliced(SliceOp slice,
                                         const StridedView &view) {
  StridedView result{view.base, {}};
  for (auto [i, dim] : llvm::enumerate(view.dims)) {
    int64_t offset = slice.getOffsets()[i], size = slice.getSizes()[i],
            step = slice.getSteps()[i];
    bool all = offset == 0 && step == 1 && size == shapeOf(slice.getInput())[i];
    std::optional<int64_t> stride = view.strideOf(int64_t(i));
    if (!all && (!stride || step < 0))
      return std::nullopt;
    result.dims.push_back(all ? dim : StridedView::Dim());
    if (all)
      continue;
    result.base += offset * *stride;
    append(result.dims.back(), {size, *stride * step});
  }
  return result;
}

static StridedView expanded(ExpandOp expand, const StridedView &view) {
  ArrayRef<int64_t> from = shapeOf(expand.getInput()),
                    to = shapeOf(expand.getResult());
  StridedView result{view.base, {}};
  for (auto [i, size] : llvm::enumerate(to)) {
    int64_t dim = int64_t(i) - int64_t(to.size() - from.size());
    result.dims.emplace_back();
    if (dim >= 0 && from[dim] == size)
      result.dims.back() = view.dims[dim];
    else
      append(result.dims.back(), {size, 0});
  }
  return result;
}

std::optional<StridedView> quantir::viewThrough(Operation *op,
                                                const StridedView &view) {
  using Result = std::optional<StridedView>;
  if (cast<RankedTensorType>(op->getOperand(0).getType()).getNumElements() == 0)
    return std::nullopt;
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([&](ReshapeOp reshape) -> Result {
        return regroup(view, shapeOf(reshape.getResult()));
      })
      .Case([&](TransposeOp transpose) -> Result {
        StridedView result{view.base, {}};
        for (int64_t dim : transpose.getPermutation())
          result.dims.push_back(view.dims[dim]);
        return result;
      })
      .Case([&](SliceOp slice) -> Result { return sliced(slice, view); })
      .Case([&](ExpandOp expand) -> Result { return expanded(expand, view); })
      .Default([](Operation *) -> Result { return std::nullopt; });
}

std::optional<StridedView> quantir::viewBefore(Operation *op,
                                               const StridedView &view) {
  if (auto reshape = dyn_cast<ReshapeOp>(op))
    return regroup(view, shapeOf(reshape.getInput()));
  auto transpose = dyn_cast<TransposeOp>(op);
  if (!transpose)
    return std::nullopt;
  StridedView result{view.base, {}};
  result.dims.resize(view.dims.size());
  for (auto [i, dim] : llvm::enumerate(transpose.getPermutation()))
    result.dims[dim] = view.dims[i];
  return result;
}
