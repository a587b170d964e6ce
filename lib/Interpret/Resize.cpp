#include "Evaluators.h"
#include "Quantir/AverageMath.h"
#include "quantir/Interpret/LaneBuilder.h"
#include "quantir/Interpret/ResizeCoordinates.h"

#include <array>
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

/// Calls visit(pixel of the result, its four neighbours in the input, down,
/// across) for all; pixels are numbers of elements.
template <typename Visit>
static void visitNeighbours(ResizeOp op, ArrayRef<int64_t> in, int64_t images,
                            Visit visit) {
  SmallVector<Neighbours> rows = linearCoordinates(op, 0);
  SmallVector<Neighbours> columns = linearCoordinates(op, 1);
  int64_t to = 0;
  for (int64_t n = 0; n < images; ++n) {
    auto at = [&](int64_t h, int64_t w) {
      return ((n * in[1] + h) * in[2] + w) * in[3];
    };
    for (const Neighbours &y : rows)
      for (const Neighbours &x : columns) {
        visit(to,
              {at(y.low, x.low), at(y.low, x.high), at(y.high, x.low),
               at(y.high, x.high)},
              y, x);
        to += in[3];
      }
  }
}

static void resizeLinearly(ResizeOp op, const Tensor &input, Tensor &result) {
  ArrayRef<int64_t> in = input.getShape();
  const float *from = input.as<float>();
  float *out = result.mutableAs<float>();
  visitNeighbours(op, in, result.getShape()[0],
                  [&](int64_t to, std::array<int64_t, 4> corners,
                      const Neighbours &y, const Neighbours &x) {
                    for (int64_t c = 0; c < in[3]; ++c) {
                      auto at = [&](int corner) {
                        return from[corners[corner] + c];
                      };
                      float top = at(0) + x.weight * (at(1) - at(0));
                      float bottom = at(2) + x.weight * (at(3) - at(2));
                      out[to + c] = top + y.weight * (bottom - top);
                    }
                  });
}

static void resizeCodes(ResizeOp op, const Tensor &input, Tensor &result) {
  ArrayRef<int64_t> in = input.getShape();
  ResizeCodes codes(getQuantizedElement(op.getType()));
  LaneBuilder b;
  visitNeighbours(op, in, result.getShape()[0],
                  [&](int64_t to, std::array<int64_t, 4> corners,
                      const Neighbours &y, const Neighbours &x) {
                    for (int64_t c = 0; c < in[3]; c += Lanes::size) {
                      int64_t size = std::min(Lanes::size, in[3] - c);
                      SmallVector<Lanes, 4> at(4, b.i32(0));
                      for (auto [lanes, corner] : llvm::zip_equal(at, corners))
                        for (int64_t i = 0; i < size; ++i)
                          lanes.i32[i] =
                              int32_t(integerAt(input, corner + c + i));
                      Lanes between =
                          codes.blend(b, at[0], at[1], at[2], at[3],
                                      b.i32(codes.weight(x.weight)),
                                      b.i32(codes.weight(y.weight)));
                      for (int64_t i = 0; i < size; ++i)
                        putInteger(result, to + c + i, between.i32[i]);
                    }
                  });
}

LogicalResult quantir::evaluate(ResizeOp op, Operands operands,
                                Tensor &result) {
  if (op.getMode() == ResizeMode::linear) {
    if (getQuantizedElement(op.getType()))
      resizeCodes(op, operands[0], result);
    else
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
