#include "Evaluators.h"
#include "quantir/Interpret/ResizeCoordinates.h"

#include <cmath>

using namespace mlir;
using namespace quantir;

static int64_t sizeOf(Value image, int axis) {
  return cast<RankedTensorType>(image.getType()).getDimSize(1 + axis);
}

/// Output coordinate `o` as an input coordinate, not yet rounded or clamped.
static double coordinate(ResizeOp op, int axis, int64_t o) {
  double scale = op.getScales()[axis];
  int64_t in = sizeOf(op.getInput(), axis), out = sizeOf(op.getResult(), axis);
  switch (op.getCoordinates()) {
  case ResizeCoordinates::pytorch_half_pixel:
    if (out == 1)
      return 0;
    [[fallthrough]];
  case ResizeCoordinates::half_pixel:
    return (double(o) + 0.5) / scale - 0.5;
  case ResizeCoordinates::asymmetric:
    return double(o) / scale;
  case ResizeCoordinates::align_corners:
    return out == 1 ? 0 : double(o) * double(in - 1) / double(out - 1);
  }
  return 0;
}

static double roundBy(ResizeRounding rounding, double x) {
  switch (rounding) {
  case ResizeRounding::round_prefer_floor:
    return std::ceil(x - 0.5);
  case ResizeRounding::round_prefer_ceil:
    return std::floor(x + 0.5);
  case ResizeRounding::floor:
    return std::floor(x);
  case ResizeRounding::ceil:
    return std::ceil(x);
  }
  return x;
}

SmallVector<int64_t> quantir::nearestCoordinates(ResizeOp op, int axis) {
  auto last = double(sizeOf(op.getInput(), axis) - 1);
  SmallVector<int64_t> coordinates;
  for (int64_t o = 0, e = sizeOf(op.getResult(), axis); o < e; ++o) {
    double at = roundBy(op.getRounding(), coordinate(op, axis, o));
    coordinates.push_back(int64_t(std::clamp(at, 0.0, last)));
  }
  return coordinates;
}

SmallVector<Neighbours> quantir::linearCoordinates(ResizeOp op, int axis) {
  int64_t last = sizeOf(op.getInput(), axis) - 1;
  SmallVector<Neighbours> coordinates;
  for (int64_t o = 0, e = sizeOf(op.getResult(), axis); o < e; ++o) {
    double at = std::clamp(coordinate(op, axis, o), 0.0, double(last));
    auto low = int64_t(at);
    coordinates.push_back(
        {low, std::min(low + 1, last), float(at - double(low))});
  }
  return coordinates;
}

static void resizeLinearly(ResizeOp op, const Tensor &input, Tensor &result) {
  ArrayRef<int64_t> in = input.getShape(), out = result.getShape();
  SmallVector<Neighbours> rows = linearCoordinates(op, 0);
  SmallVector<Neighbours> columns = linearCoordinates(op, 1);
  float *to = result.mutableAs<float>();
  for (int64_t n = 0; n < out[0]; ++n) {
    auto at = [&](int64_t h, int64_t w) {
      return input.as<float>() + ((n * in[1] + h) * in[2] + w) * in[3];
    };
    for (const Neighbours &y : rows)
      for (const Neighbours &x : columns) {
        const float *topLeft = at(y.low, x.low), *topRight = at(y.low, x.high);
        const float *left = at(y.high, x.low), *right = at(y.high, x.high);
        for (int64_t c = 0; c < in[3]; ++c) {
          float top = topLeft[c] + x.weight * (topRight[c] - topLeft[c]);
          float bottom = left[c] + x.weight * (right[c] - left[c]);
          *to++ = top + y.weight * (bottom - top);
        }
      }
  }
}

LogicalResult quantir::evaluate(ResizeOp op, Operands operands,
                                Tensor &result) {
  if (op.getMode() == ResizeMode::linear) {
    resizeLinearly(op, operands[0], result);
    return success();
  }
  auto all = [&](int64_t size) {
    return llvm::to_vector(llvm::seq<int64_t>(0, size));
  };
  Selection selection;
  selection.positions = {all(result.getShape()[0]), nearestCoordinates(op, 0),
                         nearestCoordinates(op, 1), all(result.getShape()[3])};
  copySelected(operands[0].data(), operands[0].getShape(), selection,
               elementSize(result.getElementType()), result.mutableData());
  return success();
}
