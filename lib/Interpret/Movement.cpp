// Operations that move elements without looking at them.
#include "Evaluators.h"

using namespace mlir;
using namespace quantir;

SmallVector<int64_t> quantir::rowMajorStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t d = int64_t(shape.size()) - 2; d >= 0; --d)
    strides[d] = strides[d + 1] * shape[d + 1];
  return strides;
}

static bool isRange(ArrayRef<int64_t> positions) {
  for (size_t i = 0; i < positions.size(); ++i)
    if (positions[i] != positions[0] + int64_t(i))
      return false;
  return positions[0] >= 0;
}

namespace {
/// Copies one dimension after the other.
class Copier {
public:
  Copier(ArrayRef<int64_t> shape, const Selection &selection, int64_t size,
         uint8_t *out)
      : selection(selection), size(size), out(out),
        strides(rowMajorStrides(shape)) {
    // Trailing dimensions taken whole are copied at once.
    last = selection.positions.size();
    while (last > 0 && isWhole(last - 1, shape))
      chunk *= shape[--last];
    if (last > 0 && isRange(selection.positions[last - 1]))
      chunk *= selection.positions[--last].size();
  }

  void copy(const uint8_t *from, size_t dim) {
    if (dim == last) {
      if (from && last < strides.size() && !selection.positions[last].empty())
        from += selection.positions[last][0] * strides[last] * size;
      return emit(from);
    }
    for (int64_t position : selection.positions[dim])
      copy(from && position >= 0 ? from + position * strides[dim] * size
                                 : nullptr,
           dim + 1);
  }

private:
  bool isWhole(size_t dim, ArrayRef<int64_t> shape) {
    ArrayRef<int64_t> positions = selection.positions[dim];
    return int64_t(positions.size()) == shape[dim] && positions[0] == 0 &&
           isRange(positions);
  }

  void emit(const uint8_t *from) {
    if (from)
      std::memcpy(out, from, chunk * size);
    else
      for (int64_t i = 0; i < chunk; ++i)
        std::memcpy(out + i * size, selection.fill.data(), size);
    out += chunk * size;
  }

  const Selection &selection;
  int64_t size;
  uint8_t *out;
  SmallVector<int64_t> strides;
  size_t last = 0;
  int64_t chunk = 1;
};
} // namespace

void quantir::copySelected(const uint8_t *input, ArrayRef<int64_t> shape,
                           const Selection &selection, int64_t size,
                           uint8_t *out) {
  for (ArrayRef<int64_t> positions : selection.positions)
    if (positions.empty())
      return;
  Copier(shape, selection, size, out).copy(input, 0);
}

static void selectFrom(const Tensor &input, const Selection &selection,
                       Tensor &result) {
  copySelected(input.data(), input.getShape(), selection,
               elementSize(input.getElementType()), result.mutableData());
}

/// Every position of every dimension.
static Selection everything(ArrayRef<int64_t> shape) {
  Selection selection;
  for (int64_t size : shape)
    selection.positions.push_back(llvm::to_vector(llvm::seq<int64_t>(0, size)));
  return selection;
}

Tensor quantir::broadcastTo(const Tensor &input, RankedTensorType type) {
  auto wanted = type.clone(input.getElementType());
  if (input.getNumElements() == wanted.getNumElements())
    return input.withType(wanted);
  SmallVector<int64_t> shape(wanted.getRank() - input.getType().getRank(), 1);
  llvm::append_range(shape, input.getShape());
  Selection selection;
  for (auto [from, to] : llvm::zip_equal(shape, wanted.getShape()))
    selection.positions.push_back(
        from == 1 ? SmallVector<int64_t>(to, 0)
                  : llvm::to_vector(llvm::seq<int64_t>(0, to)));
  Tensor result(wanted);
  copySelected(input.data(), shape, selection,
               elementSize(wanted.getElementType()), result.mutableData());
  return result;
}

LogicalResult quantir::evaluate(ExpandOp op, Operands operands,
                                Tensor &result) {
  result = broadcastTo(operands[0], op.getType());
  return success();
}

LogicalResult quantir::evaluate(SliceOp op, Operands operands, Tensor &result) {
  Selection selection;
  for (auto [offset, size, step] :
       llvm::zip_equal(op.getOffsets(), op.getSizes(), op.getSteps())) {
    SmallVector<int64_t> &positions = selection.positions.emplace_back();
    for (int64_t i = 0; i < size; ++i)
      positions.push_back(offset + i * step);
  }
  selectFrom(operands[0], selection, result);
  return success();
}

LogicalResult quantir::evaluate(ConcatOp op, Operands operands,
                                Tensor &result) {
  int64_t size = elementSize(result.getElementType());
  auto bytesFrom = [&](ArrayRef<int64_t> shape) {
    int64_t bytes = size;
    for (int64_t dim : shape.drop_front(op.getAxis()))
      bytes *= dim;
    return bytes;
  };
  int64_t row = bytesFrom(result.getShape()), offset = 0;
  for (const Tensor &operand : operands) {
    int64_t part = bytesFrom(operand.getShape());
    for (int64_t from = 0, to = offset;
         part > 0 && from < *byteSize(operand.getType());
         from += part, to += row)
      std::memcpy(result.mutableData() + to, operand.data() + from, part);
    offset += part;
  }
  return success();
}

LogicalResult quantir::evaluate(TransposeOp op, Operands operands,
                                Tensor &result) {
  ArrayRef<int64_t> shape = result.getShape();
  SmallVector<int64_t> from = rowMajorStrides(operands[0].getShape());
  SmallVector<int64_t> strides;
  for (int64_t dim : op.getPermutation())
    strides.push_back(from[dim]);
  int64_t size = elementSize(result.getElementType());
  auto copy = [&]<typename T>(T) {
    SmallVector<int64_t> index(shape.size(), 0);
    T *out = result.mutableAs<T>();
    const T *in = operands[0].as<T>();
    int64_t offset = 0;
    for (int64_t i = 0, total = result.getNumElements(); i < total; ++i) {
      out[i] = in[offset];
      for (int64_t d = int64_t(shape.size()) - 1; d >= 0; --d) {
        offset += strides[d];
        if (++index[d] < shape[d])
          break;
        offset -= strides[d] * shape[d];
        index[d] = 0;
      }
    }
  };
  if (size == 8)
    copy(uint64_t());
  else if (size == 4)
    copy(uint32_t());
  else if (size == 2)
    copy(uint16_t());
  else
    copy(uint8_t());
  return success();
}

LogicalResult quantir::evaluate(PadOp op, Operands operands, Tensor &result) {
  Selection selection;
  uint64_t fill = op.getFillBits();
  selection.fill = {reinterpret_cast<const char *>(&fill), sizeof(fill)};
  for (auto [low, from, to] : llvm::zip_equal(
           op.getLow(), operands[0].getShape(), result.getShape())) {
    SmallVector<int64_t> &positions = selection.positions.emplace_back();
    for (int64_t i = 0; i < to; ++i) {
      int64_t position = i - low;
      if (op.getMode() == PadMode::edge)
        position = std::clamp<int64_t>(position, 0, from - 1);
      else if (op.getMode() == PadMode::reflect)
        position = position < 0       ? -position
                   : position >= from ? 2 * (from - 1) - position
                                      : position;
      positions.push_back(position < from ? position : -1);
    }
  }
  selectFrom(operands[0], selection, result);
  return success();
}

LogicalResult quantir::evaluate(GatherOp op, Operands operands,
                                Tensor &result) {
  const Tensor &input = operands[0], &indices = operands[1];
  int64_t extent = input.getShape()[op.getAxis()];
  bool wide = indices.getElementType().isInteger(64);
  Selection selection = everything(input.getShape());
  SmallVector<int64_t> &positions = selection.positions[op.getAxis()];
  positions.clear();
  for (int64_t i = 0, e = indices.getNumElements(); i < e; ++i) {
    int64_t index =
        wide ? indices.as<int64_t>()[i] : int64_t(indices.as<int32_t>()[i]);
    if (index < 0)
      index += extent;
    positions.push_back(std::clamp<int64_t>(index, 0, extent - 1));
  }
  selectFrom(input, selection, result);
  return success();
}
