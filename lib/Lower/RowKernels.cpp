#include "Kernels.h"
#include "RowInput.h"
#include "SoftmaxRows.h"
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
  int64_t group = rowGroup(lowering, rows);
  double vectors = double(rows) * columns / code.lanes();
  int64_t tiles = tilesFor(vectors * (evaluator.cost() + 20) / 4, rows);
  RowInput input(kernel, evaluator, softmax.getInput(), columns, group, tiles,
                 keepsExponentials(softmax));
  LogicalResult status = success();
  eachRowGroup(kernel, rows, tiles, group, [&](ArrayRef<Value> row) {
    SoftmaxRows io;
    io.first = [&](int64_t slot, Value column, int64_t valid) {
      return input.first(slot, row[slot], column, valid);
    };
    io.again = [&](int64_t slot, Value column, int64_t valid) {
      return input.again(slot, row[slot], column, valid);
    };
    io.keep = [&](int64_t slot, Value column, Value lanes) {
      input.keep(slot, column, lanes);
    };
    io.kept = [&](int64_t slot, Value column, int64_t) {
      return input.kept(slot, column);
    };
    io.store = [&](int64_t slot, Value column, int64_t valid, Value result) {
      if (failed(evaluator.finish({{softmax.getResult(), result}},
                                  {row[slot], column, code.lanes(), valid})))
        status = failure();
    };
    emitSoftmaxRows(kernel, softmax, code, row.size(), io);
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
