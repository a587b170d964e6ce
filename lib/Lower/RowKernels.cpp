#include "Kernels.h"
#include "Quantir/FloatMath.h"
#include "RowInput.h"
#include "VectorBuilder.h"

using namespace mlir;
using namespace quantir;

int64_t quantir::rowGroup(const Lowering &lowering, int64_t rows) {
  int64_t parts = RowCode::kPartials / lowering.unit.lanes;
  return std::min<int64_t>(rows, parts > 1 ? 2 : 4);
}

LogicalResult quantir::lowerSoftmax(Lowering &lowering, KernelOp op,
                                    SoftmaxOp softmax) {
  if (getQuantizedElement(softmax.getType()))
    return lowerSoftmaxOfCodes(lowering, op, softmax);
  KernelFunction kernel(lowering, op.getLoc(), "softmax");
  ArrayRef<int64_t> shape = softmax.getType().getShape();
  LaneEvaluator evaluator(kernel, op, shape);
  int64_t rows = evaluator.rows(), columns = evaluator.columns();
  RowCode code(kernel, columns);
  int64_t lanes = code.lanes(), group = rowGroup(lowering, rows);
  VectorBuilder v(kernel, lanes), one(kernel, 1);
  double vectors = double(rows) * columns / lanes;
  int64_t tiles = tilesFor(vectors * (evaluator.cost() + 20) / 4, rows);
  bool log = softmax.getLog(), divides = !softmax.getUnnormalized();
  RowInput input(kernel, evaluator, softmax.getInput(), columns, group, tiles,
                 /*keepsOthers=*/!log && divides);
  LogicalResult status = success();
  // Keeps what there was when the other is NaN.
  auto larger = [&](Value most, Value x) {
    return floatmath::maximum(v, x, most);
  };
  auto add = [&](Value a, Value b) { return v.addF32(a, b); };

  eachRowGroup(kernel, rows, tiles, group, [&](ArrayRef<Value> row) {
    SmallVector<Value> most = code.fold(
        row.size(), v.f32(-std::numeric_limits<float>::infinity()),
        [&](int64_t slot, Value partial, Value column, int64_t valid) {
          return larger(partial, input.first(slot, row[slot], column, valid));
        },
        larger);
    for (Value &value : most)
      value = splatLane(kernel, value, lanes);
    auto below = [&](int64_t slot, Value column, int64_t valid) {
      return v.subF32(input.again(slot, row[slot], column, valid), most[slot]);
    };
    auto exponential = [&](int64_t slot, Value column, int64_t valid) {
      return floatmath::exp(v, below(slot, column, valid),
                            /*nonPositive=*/true);
    };
    auto finish = [&](int64_t slot, Value column, int64_t valid, Value result) {
      if (failed(evaluator.finish({{softmax.getResult(), result}},
                                  {row[slot], column, lanes, valid})))
        status = failure();
    };
    if (!divides) {
      for (size_t slot = 0; slot < row.size(); ++slot)
        code.each([&](Value column, int64_t valid) {
          finish(slot, column, valid, exponential(slot, column, valid));
        });
      return;
    }
    SmallVector<Value> sums = code.fold(
        row.size(), v.f32(0.0f),
        [&](int64_t slot, Value partial, Value column, int64_t valid) {
          Value e = exponential(slot, column, valid);
          if (!log)
            input.keep(slot, column, e);
          return v.addF32(partial, e);
        },
        add);
    for (Value &sum : sums)
      sum = splatLane(kernel,
                      log ? floatmath::log(one, sum)
                          : one.divF32(one.f32(1.0f), sum),
                      lanes);
    for (size_t slot = 0; slot < row.size(); ++slot)
      code.each([&](Value column, int64_t valid) {
        finish(slot, column, valid,
               log ? v.subF32(below(slot, column, valid), sums[slot])
                   : v.mulF32(input.kept(slot, column), sums[slot]));
      });
  });
  kernel.launch(tiles);
  return success(succeeded(status) && succeeded(input.status));
}

LogicalResult quantir::lowerLayerNorm(Lowering &lowering, KernelOp op,
                                      LayerNormOp norm) {
  if (getQuantizedElement(norm.getType()))
    return lowerNormOfCodes(lowering, op, norm);
  KernelFunction kernel(lowering, op.getLoc(), "layer_norm");
  ArrayRef<int64_t> shape = norm.getType().getShape();
  LaneEvaluator evaluator(kernel, op, shape);
  int64_t rows = evaluator.rows(), columns = evaluator.columns();
  RowCode code(kernel, columns);
  int64_t lanes = code.lanes(), group = rowGroup(lowering, rows);
  VectorBuilder v(kernel, lanes), one(kernel, 1);
  double vectors = double(rows) * columns / lanes;
  int64_t tiles = tilesFor(vectors * (evaluator.cost() + 8) / 4, rows);
  RowInput input(kernel, evaluator, norm.getInput(), columns, group, tiles,
                 /*keepsOthers=*/false);
  LogicalResult status = success();
  float share = float(1.0 / double(columns));
  auto add = [&](Value a, Value b) { return v.addF32(a, b); };

  eachRowGroup(kernel, rows, tiles, group, [&](ArrayRef<Value> row) {
    SmallVector<Value> mean = code.fold(
        row.size(), v.f32(0.0f),
        [&](int64_t slot, Value partial, Value column, int64_t valid) {
          return v.addF32(partial, input.first(slot, row[slot], column, valid));
        },
        add);
    for (Value &sum : mean)
      sum = splatLane(kernel, one.mulF32(sum, one.f32(share)), lanes);
    auto fromMean = [&](int64_t slot, Value column, int64_t valid) {
      return v.subF32(input.again(slot, row[slot], column, valid), mean[slot]);
    };
    SmallVector<Value> factor = code.fold(
        row.size(), v.f32(0.0f),
        [&](int64_t slot, Value partial, Value column, int64_t valid) {
          Value d = fromMean(slot, column, valid);
          return v.addF32(partial, v.mulF32(d, d));
        },
        add);
    for (Value &sum : factor) {
      Value variance = one.mulF32(sum, one.f32(share));
      Value epsilon = one.f32(norm.getEpsilon().convertToFloat());
      Value deviation = one.sqrtF32(one.addF32(variance, epsilon));
      sum = splatLane(kernel, one.divF32(one.f32(1.0f), deviation), lanes);
    }
    code.each([&](Value column, int64_t valid) {
      LanePosition first{row[0], column, lanes, valid};
      Value scale = evaluator.load(norm.getScale(), first);
      Value bias = evaluator.load(norm.getBias(), first);
      for (size_t slot = 0; slot < row.size(); ++slot) {
        Value d = v.mulF32(fromMean(slot, column, valid), factor[slot]);
        Value result = v.addF32(v.mulF32(d, scale), bias);
        if (failed(evaluator.finish({{norm.getResult(), result}},
                                    {row[slot], column, lanes, valid})))
          status = failure();
      }
    });
  });
  kernel.launch(tiles);
  return success(succeeded(status) && succeeded(input.status));
}
