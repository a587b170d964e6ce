#include "Kernels.h"
#include "Quantir/AverageMath.h"
#include "VectorBuilder.h"
#include "quantir/Interpret/ResizeCoordinates.h"

using namespace mlir;
using namespace quantir;

namespace {
/// The neighbours along one axis as tables that the kernel reads.
struct Axis {
  /// \param codes  makes the weights integers.
  Axis(KernelFunction &kernel, ArrayRef<Neighbours> neighbours,
       const ResizeCodes *codes);

  Value low(KernelFunction &kernel, Value i) { return at(kernel, lows, i); }
  Value high(KernelFunction &kernel, Value i) { return at(kernel, highs, i); }
  Value weight(KernelFunction &kernel, Value i, int64_t lanes);

private:
  static Value at(KernelFunction &kernel, Value table, Value i) {
    ImplicitLocOpBuilder &b = kernel.builder();
    Value number = memref::LoadOp::create(b, table, i);
    return arith::IndexCastOp::create(b, b.getIndexType(), number);
  }

  Value lows, highs, weights;
};
} // namespace

Axis::Axis(KernelFunction &kernel, ArrayRef<Neighbours> neighbours,
           const ResizeCodes *codes) {
  auto table = [&](Type element, auto of) {
    auto type = RankedTensorType::get({int64_t(neighbours.size())}, element);
    auto values = llvm::map_to_vector(neighbours, of);
    return kernel.constant(DenseElementsAttr::get(type, ArrayRef(values)));
  };
  ImplicitLocOpBuilder &b = kernel.builder();
  lows = table(b.getI64Type(), [](const Neighbours &n) { return n.low; });
  highs = table(b.getI64Type(), [](const Neighbours &n) { return n.high; });
  if (codes)
    weights = table(b.getI32Type(), [&](const Neighbours &n) {
      return codes->weight(n.weight);
    });
  else
    weights =
        table(b.getF32Type(), [](const Neighbours &n) { return n.weight; });
}

Value Axis::weight(KernelFunction &kernel, Value i, int64_t lanes) {
  ImplicitLocOpBuilder &b = kernel.builder();
  Value one = memref::LoadOp::create(b, weights, i);
  return vector::BroadcastOp::create(b, VectorType::get({lanes}, one.getType()),
                                     one);
}

static LogicalResult lowerLinear(Lowering &lowering, KernelOp kernelOp,
                                 ResizeOp op) {
  KernelFunction kernel(lowering, kernelOp.getLoc(), "resize");
  auto in = cast<RankedTensorType>(op.getInput().getType());
  auto out = cast<RankedTensorType>(op.getType());
  LaneEvaluator operand(kernel, kernelOp, in.getShape());
  LaneEvaluator evaluator(kernel, kernelOp, out.getShape());
  int64_t channels = out.getDimSize(3), lanes = lowering.lanesFor(channels);
  int64_t height = in.getDimSize(1), width = in.getDimSize(2);
  std::optional<ResizeCodes> codes;
  if (auto type = getQuantizedElement(op.getType()))
    codes.emplace(type);
  const ResizeCodes *ofCodes = codes ? &*codes : nullptr;
  Axis down(kernel, linearCoordinates(op, 0), ofCodes);
  Axis across(kernel, linearCoordinates(op, 1), ofCodes);
  VectorBuilder v(kernel, lanes);
  LogicalResult status = success();

  auto emitVector = [&](Value row, ArrayRef<Value> corners, Value wx, Value wy,
                        Value column, int64_t valid) {
    SmallVector<Value> x;
    for (Value pixel : corners) {
      FailureOr<Value> loaded =
          operand.compute(op.getInput(), {pixel, column, lanes, valid});
      status = success(succeeded(status) && succeeded(loaded));
      x.push_back(succeeded(loaded) ? *loaded : codes ? v.i32(0) : v.f32(0.0f));
    }
    auto between = [&](Value a, Value b, Value weight) {
      return v.addF32(a, v.mulF32(weight, v.subF32(b, a)));
    };
    auto blend = [&] {
      if (codes)
        return codes->blend(v, x[0], x[1], x[2], x[3], wx, wy);
      return between(between(x[0], x[1], wx), between(x[2], x[3], wx), wy);
    };
    if (failed(evaluator.finish({{op.getResult(), blend()}},
                                {row, column, lanes, valid})))
      status = failure();
  };
  int64_t lines = out.getDimSize(0) * out.getDimSize(1);
  double nanoseconds =
      double(out.getNumElements()) / lanes * (evaluator.cost() + 10) / 4;
  int64_t tiles = tilesFor(nanoseconds, lines);
  auto [first, end] = kernel.share(lines, tiles);
  int64_t whole = channels / lanes * lanes;
  kernel.loop(first, end, 1, [&](Value line) {
    Value n = kernel.mul(kernel.div(line, out.getDimSize(1)), height);
    Value y = kernel.rem(line, out.getDimSize(1));
    Value top = kernel.mul(kernel.add(n, down.low(kernel, y)), width);
    Value bottom = kernel.mul(kernel.add(n, down.high(kernel, y)), width);
    Value wy = down.weight(kernel, y, lanes);
    kernel.loop(out.getDimSize(2), [&](Value x) {
      Value left = across.low(kernel, x), right = across.high(kernel, x);
      SmallVector<Value> corners = {
          kernel.add(top, left), kernel.add(top, right),
          kernel.add(bottom, left), kernel.add(bottom, right)};
      Value wx = across.weight(kernel, x, lanes);
      Value row = kernel.add(kernel.mul(line, out.getDimSize(2)), x);
      kernel.loop(kernel.index(0), kernel.index(whole), lanes,
                  [&](Value column) {
                    emitVector(row, corners, wx, wy, column, lanes);
                  });
      if (whole < channels)
        emitVector(row, corners, wx, wy, kernel.index(whole), channels - whole);
    });
  });
  kernel.launch(tiles);
  return status;
}

LogicalResult quantir::lowerResize(Lowering &lowering, KernelOp kernel,
                                   ResizeOp op) {
  return op.getMode() == ResizeMode::linear
             ? lowerLinear(lowering, kernel, op)
             : lowerMovement(lowering, kernel, op);
}
