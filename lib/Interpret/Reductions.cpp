// Reductions over axes, and pooling.
#include "Evaluators.h"
#include "LaneReduction.h"

#include "Quantir/AverageMath.h"
#include "quantir/Interpret/LaneBuilder.h"

using namespace mlir;
using namespace quantir;

static constexpr float infinity = std::numeric_limits<float>::infinity();

/// 1 / count, rounded to f32.
static float reciprocalOf(int64_t count) { return float(1.0 / double(count)); }

/// Offsets of the elements at all positions of the given dimensions, row-major.
static SmallVector<int64_t> offsetsOf(ArrayRef<int64_t> shape,
                                      ArrayRef<int64_t> dims) {
  SmallVector<int64_t> strides = rowMajorStrides(shape);
  SmallVector<int64_t> offsets = {0};
  for (int64_t dim : dims) {
    SmallVector<int64_t> wider;
    for (int64_t offset : offsets)
      for (int64_t i = 0; i < shape[dim]; ++i)
        wider.push_back(offset + i * strides[dim]);
    offsets = std::move(wider);
  }
  return offsets;
}

int64_t quantir::integerAt(const Tensor &tensor, int64_t i) {
  Type element = tensor.getElementType();
  switch (elementSize(element)) {
  case 8:
    return tensor.as<int64_t>()[i];
  case 4:
    return tensor.as<int32_t>()[i];
  case 2:
    return tensor.as<int16_t>()[i];
  }
  bool isUnsigned = element.isUnsignedInteger() || element.isInteger(1);
  if (auto codes = dyn_cast<quant::QuantizedType>(element))
    isUnsigned = !codes.isSigned();
  return isUnsigned ? tensor.as<uint8_t>()[i] : tensor.as<int8_t>()[i];
}

void quantir::putInteger(Tensor &tensor, int64_t i, int64_t value) {
  if (tensor.getElementType().isInteger(1))
    value &= 1;
  int64_t size = elementSize(tensor.getElementType());
  std::memcpy(tensor.mutableData() + i * size, &value, size);
}

/// One result in f32; `inLanes` when the last axis is reduced.
template <typename At>
static float reduceFloats(ReduceKind kind, int64_t size, bool inLanes, At at) {
  auto combineAll = [&](float identity, auto combine) {
    if (inLanes)
      return reduceInLanes(size, identity, at, combine);
    float all = identity;
    for (int64_t i = 0; i < size; ++i)
      all = combine(all, at(i));
    return all;
  };
  auto add = [](float a, float b) { return a + b; };
  switch (kind) {
  case ReduceKind::sum:
    return combineAll(0.0f, add);
  case ReduceKind::mean:
    return combineAll(0.0f, add) * reciprocalOf(size);
  case ReduceKind::max:
    return combineAll(-infinity, larger<float>);
  case ReduceKind::min:
    return combineAll(infinity, smaller<float>);
  case ReduceKind::prod:
    inLanes = false;
    return combineAll(1.0f, [](float a, float b) { return a * b; });
  }
  return 0;
}

/// One result in integers, which wrap; `codes` carry the division of a mean in
/// their scale.
template <typename At>
static int64_t reduceIntegers(ReduceKind kind, int64_t size, bool codes,
                              At at) {
  uint64_t sum = 0, product = 1;
  int64_t most = std::numeric_limits<int64_t>::min();
  int64_t least = std::numeric_limits<int64_t>::max();
  for (int64_t i = 0; i < size; ++i) {
    int64_t x = at(i);
    sum += uint64_t(x);
    product *= uint64_t(x);
    most = std::max(most, x);
    least = std::min(least, x);
  }
  switch (kind) {
  case ReduceKind::sum:
    return int64_t(sum);
  case ReduceKind::mean:
    return codes || size == 0 ? int64_t(sum) : int64_t(sum) / size;
  case ReduceKind::max:
    return most;
  case ReduceKind::min:
    return least;
  case ReduceKind::prod:
    return int64_t(product);
  }
  return 0;
}

LogicalResult quantir::evaluate(ReduceOp op, Operands operands,
                                Tensor &result) {
  const Tensor &input = operands[0];
  ArrayRef<int64_t> shape = input.getShape();
  SmallVector<int64_t> kept;
  for (int64_t dim = 0; dim < int64_t(shape.size()); ++dim)
    if (!llvm::is_contained(op.getAxes(), dim))
      kept.push_back(dim);
  SmallVector<int64_t> starts = offsetsOf(shape, kept);
  SmallVector<int64_t> offsets = offsetsOf(shape, op.getAxes());
  auto size = int64_t(offsets.size());
  bool inLanes = llvm::is_contained(op.getAxes(), int64_t(shape.size()) - 1);
  auto codes = getQuantizedElement(input.getType());
  bool sums =
      op.getKind() == ReduceKind::sum || op.getKind() == ReduceKind::mean;
  int64_t zeroPoint = codes && sums ? getZeroPoints(codes)[0] : 0;
  for (auto [i, start] : llvm::enumerate(starts)) {
    if (input.getElementType().isF32())
      result.mutableAs<float>()[i] = reduceFloats(
          op.getKind(), size, inLanes, [&, from = start](int64_t k) {
            return input.as<float>()[from + offsets[k]];
          });
    else
      putInteger(result, int64_t(i),
                 reduceIntegers(op.getKind(), size, bool(codes),
                                [&, from = start](int64_t k) {
                                  return integerAt(input, from + offsets[k]) -
                                         zeroPoint;
                                }));
  }
  return success();
}

//===-- Pooling
//-------------------------------------------------------------===//

/// Calls visit(out, in) with offsets of pixels, for every tap that lies in the
/// image, in window order.
template <typename Op, typename Visit>
static void visitWindows(Op op, ArrayRef<int64_t> in, ArrayRef<int64_t> out,
                         Visit visit) {
  auto position = [&](int axis, int64_t at, int64_t tap) {
    return at * op.getStrides()[axis] + tap * op.getDilations()[axis] -
           op.getPads()[axis];
  };
  int64_t pixel = 0;
  for (int64_t n = 0; n < out[0]; ++n)
    for (int64_t oh = 0; oh < out[1]; ++oh)
      for (int64_t ow = 0; ow < out[2]; ++ow, ++pixel)
        for (int64_t kh = 0; kh < op.getKernel()[0]; ++kh)
          for (int64_t kw = 0; kw < op.getKernel()[1]; ++kw) {
            int64_t h = position(0, oh, kh), w = position(1, ow, kw);
            if (h >= 0 && h < in[1] && w >= 0 && w < in[2])
              visit(pixel, (n * in[1] + h) * in[2] + w);
          }
}

LogicalResult quantir::evaluate(MaxPoolOp op, Operands operands,
                                Tensor &result) {
  const Tensor &input = operands[0];
  int64_t channels = input.getShape()[3];
  auto pool = [&]<typename T>(T lowest) {
    T *out = result.mutableAs<T>();
    std::fill_n(out, result.getNumElements(), lowest);
    visitWindows(
        op, input.getShape(), result.getShape(), [&](int64_t to, int64_t from) {
          for (int64_t c = 0; c < channels; ++c)
            out[to * channels + c] = larger(out[to * channels + c],
                                            input.as<T>()[from * channels + c]);
        });
  };
  Type element = input.getElementType();
  auto codes = dyn_cast<quant::QuantizedType>(element);
  if (element.isF32())
    pool(-infinity);
  else if (elementSize(element) == 8)
    pool(std::numeric_limits<int64_t>::min());
  else if (elementSize(element) == 2)
    pool(std::numeric_limits<int16_t>::min());
  else if (elementSize(element) == 4)
    pool(std::numeric_limits<int32_t>::min());
  else if (codes ? codes.isSigned() : element.isSignlessInteger(8))
    pool(std::numeric_limits<int8_t>::min());
  else
    pool(uint8_t(0));
  return success();
}

/// Means of windows of codes.
static void averageCodes(AvgPoolOp op, const Tensor &input, Tensor &result) {
  AvgPoolCodes codes(op);
  int64_t channels = input.getShape()[3];
  ArrayRef<int64_t> out = result.getShape();
  std::vector<int32_t> sums(result.getNumElements(), 0);
  SmallVector<int64_t> counts(out[0] * out[1] * out[2], 0);
  visitWindows(op, input.getShape(), out, [&](int64_t to, int64_t from) {
    ++counts[to];
    for (int64_t c = 0; c < channels; ++c)
      sums[to * channels + c] +=
          int32_t(integerAt(input, from * channels + c)) - codes.getZeroPoint();
  });
  LaneBuilder b;
  for (auto [pixel, count] : llvm::enumerate(counts))
    for (int64_t c = 0; c < channels; c += Lanes::size) {
      int64_t first = int64_t(pixel) * channels + c;
      int64_t size = std::min(Lanes::size, channels - c);
      Lanes sum = b.i32(0);
      std::copy_n(sums.begin() + first, size, sum.i32);
      Lanes codesOfMeans =
          codes.finish(b, sum, b.i32(codes.getMultipliers()[count]));
      for (int64_t i = 0; i < size; ++i)
        putInteger(result, first + i, codesOfMeans.i32[i]);
    }
}

LogicalResult quantir::evaluate(AvgPoolOp op, Operands operands,
                                Tensor &result) {
  const Tensor &input = operands[0];
  if (!input.getElementType().isF32()) {
    averageCodes(op, input, result);
    return success();
  }
  int64_t channels = input.getShape()[3];
  float *sums = result.mutableAs<float>();
  ArrayRef<int64_t> out = result.getShape();
  SmallVector<int64_t> counts(out[0] * out[1] * out[2], 0);
  visitWindows(op, input.getShape(), out, [&](int64_t to, int64_t from) {
    ++counts[to];
    for (int64_t c = 0; c < channels; ++c)
      sums[to * channels + c] += input.as<float>()[from * channels + c];
  });
  int64_t whole = op.getKernel()[0] * op.getKernel()[1];
  for (auto [pixel, count] : llvm::enumerate(counts)) {
    float scale = reciprocalOf(op.getCountIncludePad() ? whole : count);
    for (int64_t c = 0; c < channels; ++c)
      sums[pixel * channels + c] *= scale;
  }
  return success();
}
