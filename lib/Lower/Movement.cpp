#include "quantir/Lower/Movement.h"

#include "quantir/Interpret/ResizeCoordinates.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantir;

SmallVector<int64_t> quantir::stridesOf(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t dim = int64_t(shape.size()) - 2; dim >= 0; --dim)
    strides[dim] = strides[dim + 1] * shape[dim + 1];
  return strides;
}

void Movement::addDim(ArrayRef<int64_t> positions, int64_t stride) {
  Dim dim{int64_t(positions.size())};
  int64_t step = positions.size() > 1 ? positions[1] - positions[0] : 0;
  bool regular = positions.empty() || positions[0] >= 0;
  for (auto [i, position] : llvm::enumerate(positions))
    regular &= position >= 0 && position == positions[0] + int64_t(i) * step;
  if (regular) {
    base += positions.empty() ? 0 : positions[0] * stride;
    dim.stride = step * stride;
  } else {
    for (int64_t position : positions)
      dim.table.push_back(position < 0 ? -1 : position * stride);
  }
  dims.push_back(dim);
}

void Movement::mergeDims() {
  SmallVector<Dim> merged;
  for (Dim &dim : dims) {
    if (dim.size == 1 && dim.isRegular())
      continue;
    bool joins = !merged.empty() && dim.isRegular() &&
                 merged.back().isRegular() &&
                 merged.back().stride == dim.stride * dim.size;
    if (joins) {
      merged.back().size *= dim.size;
      merged.back().stride = dim.stride;
    } else {
      merged.push_back(dim);
    }
  }
  if (merged.empty())
    merged.push_back({1, 1});
  dims = std::move(merged);
}

int64_t Movement::rows() const {
  int64_t count = 1;
  for (const Dim &dim : ArrayRef(dims).drop_back())
    count *= dim.size;
  return count;
}

//===-- Each op -----------------------------------------------------------===//

using Strides = ArrayRef<int64_t>;

static void describe(TransposeOp op, Strides strides, Movement &movement) {
  for (int64_t dim : op.getPermutation())
    movement.dims.push_back({shapeOf(op.getInput())[dim], strides[dim]});
}

static void describe(SliceOp op, Strides strides, Movement &movement) {
  for (auto [dim, stride] : llvm::enumerate(strides)) {
    movement.base += op.getOffsets()[dim] * stride;
    movement.dims.push_back({op.getSizes()[dim], op.getSteps()[dim] * stride});
  }
}

static void describe(ExpandOp op, Strides strides, Movement &movement) {
  ArrayRef<int64_t> from = shapeOf(op.getInput());
  ArrayRef<int64_t> to = shapeOf(op.getResult());
  for (auto [i, size] : llvm::enumerate(to)) {
    int64_t dim = int64_t(i) - int64_t(to.size() - from.size());
    bool repeats = dim < 0 || from[dim] == 1;
    movement.dims.push_back({size, repeats ? 0 : strides[dim]});
  }
}

static void describe(GatherOp op, Strides strides, Movement &movement) {
  for (auto [dim, size] : llvm::enumerate(shapeOf(op.getInput()))) {
    Movement::Dim from{size, strides[dim]};
    if (dim == uint64_t(op.getAxis())) {
      // All dimensions of the indices as one.
      from.size = typeOf(op.getIndices()).getNumElements();
      from.indices = op.getIndices();
      from.extent = size;
    }
    movement.dims.push_back(from);
  }
}

/// Positions in a dimension of `size` of the elements of a padded one; -1 is
/// outside.
static SmallVector<int64_t> paddedPositions(PadMode mode, int64_t low,
                                            int64_t size, int64_t high) {
  SmallVector<int64_t> positions;
  for (int64_t i = -low; i < size + high; ++i) {
    bool inside = i >= 0 && i < size;
    if (inside || mode == PadMode::constant)
      positions.push_back(inside ? i : -1);
    else if (mode == PadMode::edge)
      positions.push_back(i < 0 ? 0 : size - 1);
    else
      positions.push_back(i < 0 ? -i : 2 * (size - 1) - i);
  }
  return positions;
}

static void describe(PadOp op, Strides strides, Movement &movement) {
  movement.fill = op.getFillBits();
  for (auto [dim, size] : llvm::enumerate(shapeOf(op.getInput())))
    movement.addDim(paddedPositions(op.getMode(), op.getLow()[dim], size,
                                    op.getHigh()[dim]),
                    strides[dim]);
}

static void describe(ResizeOp op, Strides strides, Movement &movement) {
  ArrayRef<int64_t> shape = shapeOf(op.getInput());
  movement.dims.push_back({shape[0], strides[0]});
  for (int axis = 0; axis < 2; ++axis)
    movement.addDim(nearestCoordinates(op, axis), strides[1 + axis]);
  movement.dims.push_back({shape[3], strides[3]});
}

std::optional<Movement> quantir::movementOf(Operation *op, Strides strides) {
  auto resize = dyn_cast<ResizeOp>(op);
  if (resize && resize.getMode() != ResizeMode::nearest)
    return std::nullopt;
  return llvm::TypeSwitch<Operation *, std::optional<Movement>>(op)
      .Case<TransposeOp, SliceOp, ExpandOp, GatherOp, PadOp, ResizeOp>(
          [&](auto known) {
            Movement movement{op, op->getOperand(0)};
            describe(known, strides, movement);
            if (movement.dims.empty())
              movement.dims.push_back({1, 1});
            return movement;
          })
      .Default([](Operation *) { return std::nullopt; });
}
