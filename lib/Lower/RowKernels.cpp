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
  if (looksUpSoftmax(lowering, op, softmax))
    return lowerSoftmaxByLookup(lowering, op, softmax);
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
    io.first = [&](int64_t slot, Value column, int64_t, int64_t valid) {
      return input.first(slot, row[slot], column, valid);
    };
    io.again = [&](int64_t slot, Value column, int64_t lanes, int64_t valid) {
      return input.again(slot, row[slot], column, valid, lanes);
    };
    io.keep = [&](int64_t slot, Value column, Value lanes) {
      input.keep(slot, column, lanes);
    };
    io.kept = [&](int64_t slot, Value column, int64_t lanes, int64_t) {
      return input.kept(slot, column, lanes);
    };
    io.store = [&](int64_t slot, Value column, int64_t valid, Value result) {
      if (failed(evaluator.finish({{softmax.getResult(), result}},
                                  {row[slot], column, lanesOf(result), valid})))
        status = failure();
    };
    emitSoftmaxRows(kernel, softmax, code, row.size(), io);
  });
  kernel.launch(tiles);
  return success(succeeded(status) && succeeded(input.status));
}

namespace {
/// What layer_norm and rms_norm have in common.
struct Norm {
  Value input, scale, bias; ///< no bias: nothing is subtracted either
  float epsilon;
};
} // namespace

static LogicalResult lowerNorm(Lowering &lowering, KernelOp op, OpResult result,
                               const Norm &norm) {
  KernelFunction kernel(lowering, op.getLoc(),
                        norm.bias ? "layer_norm" : "rms_norm");
  auto type = cast<RankedTensorType>(result.getType());
  LaneEvaluator evaluator(kernel, op, type.getShape());
  int64_t rows = evaluator.rows(), columns = evaluator.columns();
  RowCode code(kernel, columns);
  int64_t lanes = code.lanes(), group = rowGroup(lowering, rows);
  VectorBuilder v(kernel, lanes), one(kernel, 1);
  double vectors = double(rows) * columns / lanes;
  int64_t tiles = tilesFor(vectors * (evaluator.cost() + 8) / 4, rows);
  RowInput input(kernel, evaluator, norm.input, columns, group, tiles,
                 /*keepsOthers=*/false);
  LogicalResult status = success();
  float share = float(1.0 / double(columns));
  auto add = [&](Value a, Value b) { return v.addF32(a, b); };

  eachRowGroup(kernel, rows, tiles, group, [&](ArrayRef<Value> row) {
    SmallVector<Value> mean;
    if (norm.bias)
      mean = code.fold(
          row.size(), v.f32(0.0f),
          [&](int64_t slot, Value partial, Value column, int64_t valid) {
            return v.addF32(partial,
                            input.first(slot, row[slot], column, valid));
          },
          add);
    for (Value &sum : mean)
      sum = splatLane(kernel, one.mulF32(sum, one.f32(share)), lanes);
    auto read = [&](int64_t slot, Value column, int64_t valid) {
      Value x = input.again(slot, row[slot], column, valid);
      return norm.bias ? v.subF32(x, mean[slot]) : x;
    };
    SmallVector<Value> factor = code.fold(
        row.size(), v.f32(0.0f),
        [&](int64_t slot, Value partial, Value column, int64_t valid) {
          Value d = norm.bias ? read(slot, column, valid)
                              : input.first(slot, row[slot], column, valid);
          return v.addF32(partial, v.mulF32(d, d));
        },
        add);
    for (Value &sum : factor) {
      Value square = one.mulF32(sum, one.f32(share));
      Value root = one.sqrtF32(one.addF32(square, one.f32(norm.epsilon)));
      sum = splatLane(kernel, one.divF32(one.f32(1.0f), root), lanes);
    }
    code.each([&](Value column, int64_t valid) {
      LanePosition first{row[0], column, lanes, valid};
      Value scale = evaluator.load(norm.scale, first);
      Value bias = norm.bias ? evaluator.load(norm.bias, first) : Value();
      for (size_t slot = 0; slot < row.size(); ++slot) {
        Value normal = v.mulF32(read(slot, column, valid), factor[slot]);
        Value scaled = v.mulF32(normal, scale);
        if (failed(evaluator.finish(
                {{result, bias ? v.addF32(scaled, bias) : scaled}},
                {row[slot], column, lanes, valid})))
          status = failure();
      }
    });
  });
  kernel.launch(tiles);
  return success(succeeded(status) && succeeded(input.status));
}

LogicalResult quantir::lowerLayerNorm(Lowering &lowering, KernelOp op,
                                      LayerNormOp norm) {
  float epsilon = norm.getEpsilon().convertToFloat();
  if (getQuantizedElement(norm.getType()))
    return lowerNormOfCodes(lowering, op, norm, epsilon);
  return lowerNorm(lowering, op, norm->getOpResult(0),
                   {norm.getInput(), norm.getScale(), norm.getBias(), epsilon});
}

LogicalResult quantir::lowerRmsNorm(Lowering &lowering, KernelOp op,
                                    RmsNormOp norm) {
  float epsilon = norm.getEpsilon().convertToFloat();
  if (getQuantizedElement(norm.getType()))
    return lowerNormOfCodes(lowering, op, norm, epsilon);
  return lowerNorm(lowering, op, norm->getOpResult(0),
                   {norm.getInput(), norm.getScale(), Value(), epsilon});
}
