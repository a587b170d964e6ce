// Softmax and layer normalisation: one row after the other.
#include "Evaluators.h"
#include "LaneReduction.h"

#include "Quantir/FloatMath.h"
#include "quantir/Interpret/LaneBuilder.h"

using namespace mlir;
using namespace quantir;

static float sumOf(ArrayRef<float> row) {
  return reduceInLanes(
      int64_t(row.size()), 0.0f, [&](int64_t i) { return row[i]; },
      [](float a, float b) { return a + b; });
}

/// row[i] = function(builder, row[i]), in blocks.
template <typename Function>
static void apply(MutableArrayRef<float> row, Function function) {
  LaneBuilder builder;
  for (size_t first = 0; first < row.size(); first += Lanes::size) {
    auto part =
        row.slice(first, std::min<size_t>(Lanes::size, row.size() - first));
    Lanes lanes = builder.f32(0.0f);
    llvm::copy(part, lanes.f32);
    lanes = function(builder, lanes);
    std::copy_n(lanes.f32, part.size(), part.begin());
  }
}

static Lanes expOfNonPositive(LaneBuilder &builder, const Lanes &x) {
  return floatmath::exp(builder, x, /*nonPositive=*/true);
}

static void softmax(SoftmaxOp op, ArrayRef<float> x,
                    MutableArrayRef<float> row) {
  float most = reduceInLanes(
      int64_t(x.size()), -std::numeric_limits<float>::infinity(),
      [&](int64_t i) { return x[i]; }, larger<float>);
  for (auto [i, value] : llvm::enumerate(x))
    row[i] = value - most;
  if (!op.getLog()) {
    apply(row, expOfNonPositive);
    if (op.getUnnormalized())
      return;
    float scale = 1.0f / sumOf(row);
    for (float &value : row)
      value *= scale;
    return;
  }
  SmallVector<float> exponentials(row);
  apply(exponentials, expOfNonPositive);
  float sum = sumOf(exponentials);
  apply(MutableArrayRef(sum), floatmath::log<LaneBuilder>);
  for (float &value : row)
    value -= sum;
}

/// Calls function(input row, result row) for every row of the last dimension.
template <typename Function>
static void forEachRow(const Tensor &input, Tensor &result, Function function) {
  int64_t width = input.getShape().back();
  for (int64_t at = 0, e = input.getNumElements(); at < e; at += width)
    function(ArrayRef(input.as<float>() + at, width),
             MutableArrayRef(result.mutableAs<float>() + at, width));
}

LogicalResult quantir::evaluate(SoftmaxOp op, Operands operands,
                                Tensor &result) {
  forEachRow(operands[0], result,
             [&](ArrayRef<float> x, MutableArrayRef<float> row) {
               softmax(op, x, row);
             });
  return success();
}

LogicalResult quantir::evaluate(LayerNormOp op, Operands operands,
                                Tensor &result) {
  const float *scale = operands[1].as<float>();
  const float *bias = operands[2].as<float>();
  float epsilon = op.getEpsilon().convertToFloat();
  auto normalise = [&](ArrayRef<float> x, MutableArrayRef<float> row) {
    auto perElement = float(1.0 / double(x.size()));
    float mean = sumOf(x) * perElement;
    SmallVector<float> squares(x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      row[i] = x[i] - mean;
      squares[i] = row[i] * row[i];
    }
    float variance = sumOf(squares) * perElement;
    float inverse = 1.0f / std::sqrt(variance + epsilon);
    for (size_t i = 0; i < x.size(); ++i)
      row[i] = row[i] * inverse * scale[i] + bias[i];
  };
  forEachRow(operands[0], result, normalise);
  return success();
}
