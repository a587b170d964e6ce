#include "quantir/Lower/BroadcastShape.h"

#include "Quantir/QuantirTypes.h"

using namespace mlir;
using namespace quantir;

bool quantir::isTable(OpOperand &operand) {
  auto op = dyn_cast<ElementwiseInterface>(operand.getOwner());
  return op && op.isTable(operand.getOperandNumber());
}

BroadcastShape::BroadcastShape(ArrayRef<int64_t> result) : shape(result) {
  if (shape.empty())
    shape.push_back(1);
  groups.assign(shape.size(), 1);
}

int64_t BroadcastShape::rank() const {
  int64_t rank = 0;
  for (int64_t group : groups)
    rank += group;
  return rank;
}

int64_t BroadcastShape::rows() const {
  int64_t count = 1;
  for (int64_t size : ArrayRef(shape).drop_back())
    count *= size;
  return count;
}

SmallVector<int64_t> BroadcastShape::merged(ArrayRef<int64_t> operand) const {
  SmallVector<int64_t> aligned(rank() - operand.size(), 1);
  llvm::append_range(aligned, operand);
  SmallVector<int64_t> merged;
  auto dim = aligned.begin();
  for (int64_t group : groups) {
    merged.push_back(1);
    for (int64_t i = 0; i < group; ++i)
      merged.back() *= *dim++;
  }
  return merged;
}

SmallVector<int64_t> BroadcastShape::mergedChannels(int64_t axis,
                                                    int64_t count) const {
  SmallVector<int64_t> channels(rank(), 1);
  channels[axis] = count;
  return merged(channels);
}

void BroadcastShape::mergeDimensions(KernelOp kernel) {
  SmallVector<SmallVector<int64_t>> operands;
  for (Operation &inner : kernel.getBody().front().without_terminator()) {
    for (OpOperand &operand : inner.getOpOperands())
      if (!isTable(operand))
        operands.push_back(merged(shapeOf(operand.get())));
    for (Type type :
         llvm::concat<Type>(llvm::to_vector(inner.getOperandTypes()),
                            llvm::to_vector(inner.getResultTypes())))
      if (auto codes = getQuantizedElement(type))
        if (std::optional<int64_t> axis = getQuantizedAxis(codes)) {
          SmallVector<int64_t> channels(shape.size(), 1);
          channels[*axis] = shape[*axis];
          operands.push_back(channels);
        }
  }
  // Two dimensions merge when every operand has both in full or neither.
  for (int64_t dim = shape.size() - 1; dim > 0; --dim) {
    bool merge = llvm::all_of(operands, [&](ArrayRef<int64_t> operand) {
      bool full =
          operand[dim] == shape[dim] && operand[dim - 1] == shape[dim - 1];
      return full || (operand[dim] == 1 && operand[dim - 1] == 1);
    });
    if (!merge)
      continue;
    for (SmallVector<int64_t> &operand : operands) {
      operand[dim - 1] *= operand[dim];
      operand.erase(operand.begin() + dim);
    }
    shape[dim - 1] *= shape[dim];
    groups[dim - 1] += groups[dim];
    shape.erase(shape.begin() + dim);
    groups.erase(groups.begin() + dim);
  }
}

Value BroadcastShape::rowOffset(IndexCode &code, ArrayRef<int64_t> merged,
                                Value row, int64_t unit) const {
  auto leading = merged.drop_back(), whole = ArrayRef(shape).drop_back();
  if (leading == whole)
    return code.mul(row, unit);
  // Row number -> indices, from the last dimension on.
  Value offset = code.index(0);
  int64_t stride = unit, passed = 1;
  for (int64_t dim = whole.size() - 1; dim >= 0; --dim) {
    if (leading[dim] != 1) {
      Value quotient = code.div(row, passed);
      bool first =
          llvm::all_of(whole.take_front(dim), [](int64_t s) { return s == 1; });
      Value index = first ? quotient : code.rem(quotient, whole[dim]);
      offset = code.add(offset, code.mul(index, stride));
    }
    stride *= leading[dim];
    passed *= whole[dim];
  }
  return offset;
}
