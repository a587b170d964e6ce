// Convolution and matrix product, in the order of sums that the dialect fixes:
// many results side by side, so that the order of each stays as it is.
#include "Evaluators.h"

#include "quantir/Interpret/LaneBuilder.h"

using namespace mlir;
using namespace quantir;

/// Short floats as f32.
static SmallVector<float> widened(const Tensor &tensor) {
  int64_t size = tensor.getNumElements();
  bool isBrain = tensor.getElementType().isBF16();
  LaneBuilder b;
  SmallVector<float> numbers(size);
  for (int64_t first = 0; first < size; first += Lanes::size) {
    int64_t count = std::min(Lanes::size, size - first);
    Lanes bits = b.i32(0);
    for (int64_t i = 0; i < count; ++i)
      bits.i32[i] = tensor.as<int16_t>()[first + i];
    Lanes wide = isBrain ? fromBf16(b, bits) : widenF16(b, bits);
    std::copy_n(wide.f32, count, numbers.data() + first);
  }
  return numbers;
}

/// The numbers of `tensor`: real ones, or codes without their zero point.
template <typename T> static SmallVector<T> numbersOf(const Tensor &tensor) {
  int64_t size = tensor.getNumElements();
  if constexpr (std::is_same_v<T, float>) {
    if (isShortFloat(tensor.getElementType()))
      return widened(tensor);
    return SmallVector<T>(tensor.as<T>(), tensor.as<T>() + size);
  }
  auto codes = getQuantizedElement(tensor.getType());
  if (codes.getStorageTypeIntegralWidth() == 32)
    return SmallVector<T>(tensor.as<int32_t>(), tensor.as<int32_t>() + size);
  // One zero point: activations have one scale, and weights are symmetric.
  auto zeroPoint = int32_t(getZeroPoints(codes)[0]);
  SmallVector<T> numbers(size);
  for (int64_t i = 0; i < size; ++i) {
    uint8_t byte = tensor.data()[i];
    numbers[i] = (codes.isSigned() ? int8_t(byte) : byte) - zeroPoint;
  }
  return numbers;
}

/// The element that comes `i`-th in a sum of `depth` products: bf16 go in
/// pairs, the second of each first.
static int64_t inOrder(int64_t i, int64_t depth, bool inPairs) {
  return inPairs && (i ^ 1) < depth ? i ^ 1 : i;
}

/// `rows` x `columns` at `from`, transposed.
template <typename T>
static SmallVector<T> transposed(const T *from, int64_t rows, int64_t columns) {
  SmallVector<T> result(rows * columns);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      result[column * rows + row] = from[row * columns + column];
  return result;
}

/// sums += bias, wrapping in integers.
template <typename T> static void addBias(ArrayRef<T> bias, T *sums) {
  for (size_t i = 0; i < bias.size(); ++i)
    if constexpr (std::is_same_v<T, float>)
      sums[i] += bias[i];
    else
      sums[i] = int32_t(uint32_t(sums[i]) + uint32_t(bias[i]));
}

//===-- Convolution
//---------------------------------------------------------===//

namespace {
template <typename T> struct Convolution {
  Convolution(ConvOp op, Operands operands)
      : strides(op.getStrides()), dilations(op.getDilations()),
        pads(op.getPads()), image(numbersOf<T>(operands[0])),
        shape(operands[0].getShape()), window(operands[1].getShape()),
        groups(op.getGroups()), outputs(window[0] / groups),
        depth(window[1] * window[2] * window[3]),
        depthwise(window[3] == 1 && outputs == 1),
        inPairs(operands[0].getElementType().isBF16()) {
    SmallVector<T> filter = numbersOf<T>(operands[1]);
    if (depthwise) // [C, taps] becomes [taps, C]
      filters = transposed(filter.data(), window[0], depth);
    else // each group's [O, taps, C] becomes [taps, C, O]
      for (int64_t group = 0; group < groups; ++group)
        filters.append(transposed(filter.data() + group * outputs * depth,
                                  outputs, depth));
    if (operands.size() > 2)
      bias = numbersOf<T>(operands[2]);
    outside.resize(shape[3]);
  }

  /// The sums at the window over `pixel` [n, oh, ow].
  void at(int64_t n, int64_t oh, int64_t ow, T *sums) const {
    int64_t taps = 0;
    for (int64_t kh = 0; kh < window[1]; ++kh)
      for (int64_t kw = 0; kw < window[2]; ++kw, ++taps) {
        int64_t h = position(0, oh, kh), w = position(1, ow, kw);
        const T *pixel = outside.data();
        if (h >= 0 && h < shape[1] && w >= 0 && w < shape[2])
          pixel = image.data() + ((n * shape[1] + h) * shape[2] + w) * shape[3];
        addTap(taps, pixel, sums);
      }
    addBias<T>(bias, sums);
  }

private:
  int64_t position(int axis, int64_t out, int64_t tap) const {
    return out * strides[axis] + tap * dilations[axis] - pads[axis];
  }

  void addTap(int64_t tap, const T *pixel, T *sums) const {
    if (depthwise)
      return accumulateProducts(pixel, filters.data() + tap * window[0], sums,
                                window[0]);
    for (int64_t group = 0; group < groups; ++group) {
      const T *rows =
          filters.data() + (group * depth + tap * window[3]) * outputs;
      for (int64_t i = 0; i < window[3]; ++i) {
        int64_t c = inOrder(i, window[3], inPairs);
        accumulateScaled(pixel[group * window[3] + c], rows + c * outputs,
                         sums + group * outputs, outputs);
      }
    }
  }

  ArrayRef<int64_t> strides, dilations, pads;
  SmallVector<T> image, filters, bias, outside;
  ArrayRef<int64_t> shape, window;
  int64_t groups, outputs, depth;
  bool depthwise, inPairs;
};
} // namespace

template <typename T>
static void convolve(ConvOp op, Operands operands, Tensor &result) {
  Convolution<T> convolution(op, operands);
  ArrayRef<int64_t> shape = result.getShape();
  T *sums = result.mutableAs<T>();
  for (int64_t n = 0; n < shape[0]; ++n)
    for (int64_t oh = 0; oh < shape[1]; ++oh)
      for (int64_t ow = 0; ow < shape[2]; ++ow, sums += shape[3])
        convolution.at(n, oh, ow, sums);
}

LogicalResult quantir::evaluate(ConvOp op, Operands operands, Tensor &result) {
  if (result.getNumElements() == 0)
    return success();
  if (result.getElementType().isF32())
    convolve<float>(op, operands, result);
  else
    convolve<int32_t>(op, operands, result);
  return success();
}

//===-- Matrix product
//------------------------------------------------------===//

/// For each matrix of the result, which matrix of an operand with leading
/// dimensions `lead` it reads.
static SmallVector<int64_t> matricesOf(ArrayRef<int64_t> lead,
                                       ArrayRef<int64_t> resultLead) {
  SmallVector<int64_t> strides = rowMajorStrides(lead);
  SmallVector<int64_t> matrices = {0};
  size_t missing = resultLead.size() - lead.size();
  for (auto [d, size] : llvm::enumerate(resultLead)) {
    bool repeats = d < missing || lead[d - missing] == 1;
    SmallVector<int64_t> wider;
    for (int64_t matrix : matrices)
      for (int64_t i = 0; i < size; ++i)
        wider.push_back(matrix + (repeats ? 0 : i * strides[d - missing]));
    matrices = std::move(wider);
  }
  return matrices;
}

template <typename T>
static void multiply(MatmulOp op, Operands operands, Tensor &result) {
  SmallVector<T> lhs = numbersOf<T>(operands[0]);
  SmallVector<T> rhs = numbersOf<T>(operands[1]);
  SmallVector<T> bias;
  if (operands.size() > 2)
    bias = numbersOf<T>(operands[2]);
  int64_t depth = operands[0].getShape().back();
  bool inPairs = operands[0].getElementType().isBF16();
  ArrayRef<int64_t> shape = result.getShape();
  int64_t rows = shape[shape.size() - 2], columns = shape.back();
  if (op.getTransposeRhs()) {
    SmallVector<T> turned;
    for (size_t from = 0; from < rhs.size(); from += columns * depth)
      turned.append(transposed(rhs.data() + from, columns, depth));
    rhs = std::move(turned);
  }
  auto matrices = [&](const Tensor &operand) {
    return matricesOf(operand.getShape().drop_back(2), shape.drop_back(2));
  };
  T *sums = result.mutableAs<T>();
  for (auto [left, right] :
       llvm::zip_equal(matrices(operands[0]), matrices(operands[1])))
    for (int64_t row = 0; row < rows; ++row, sums += columns) {
      const T *factors = lhs.data() + (left * rows + row) * depth;
      for (int64_t i = 0; i < depth; ++i) {
        int64_t k = inOrder(i, depth, inPairs);
        accumulateScaled(factors[k], rhs.data() + (right * depth + k) * columns,
                         sums, columns);
      }
      addBias<T>(bias, sums);
    }
}

LogicalResult quantir::evaluate(MatmulOp op, Operands operands,
                                Tensor &result) {
  if (result.getNumElements() == 0)
    return success();
  if (result.getElementType().isF32())
    multiply<float>(op, operands, result);
  else
    multiply<int32_t>(op, operands, result);
  return success();
}
