// Softmax and the normalisations: one row after the other.
#include "Evaluators.h"
#include "LaneReduction.h"

#include "Quantir/FloatMath.h"
#include "Quantir/RowMath.h"
#include "Quantir/SoftmaxForms.h"
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

//===-- Rows of codes -----------------------------------------------------===//

namespace {
/// A row of codes in i32 lanes.
class CodeRow {
public:
  explicit CodeRow(int64_t size)
      : size(size), blocks(llvm::divideCeil(size, Lanes::size)) {}

  void load(const Tensor &from, int64_t first) {
    for (int64_t i = 0; i < size; ++i)
      at(i) = int32_t(integerAt(from, first + i));
  }
  void store(Tensor &to, int64_t first) {
    for (int64_t i = 0; i < size; ++i)
      putInteger(to, first + i, at(i));
  }
  int32_t &at(int64_t i) {
    return blocks[i / Lanes::size].i32[i % Lanes::size];
  }
  int32_t largest() {
    int32_t most = at(0);
    for (int64_t i = 1; i < size; ++i)
      most = std::max(most, at(i));
    return most;
  }
  /// Wraps.
  int32_t sum() {
    uint32_t sum = 0;
    for (int64_t i = 0; i < size; ++i)
      sum += uint32_t(at(i));
    return int32_t(sum);
  }
  /// block = function(number of the block, block)
  template <typename Function> void apply(Function function) {
    for (auto [i, block] : llvm::enumerate(blocks))
      block = function(i, block);
  }

private:
  int64_t size;
  std::vector<Lanes> blocks;
};
} // namespace

/// Calls function(row) for every row of codes and stores what it leaves.
template <typename Function>
static void forEachCodeRow(const Tensor &input, Tensor &result,
                           Function function) {
  int64_t width = input.getShape().back();
  CodeRow row(width);
  for (int64_t at = 0, e = input.getNumElements(); at < e; at += width) {
    row.load(input, at);
    function(row);
    row.store(result, at);
  }
}

static void softmaxOfCodes(SoftmaxOp op, const Tensor &input, Tensor &result) {
  SoftmaxCodes codes(op);
  LaneBuilder b;
  forEachCodeRow(input, result, [&](CodeRow &row) {
    Lanes most = b.i32(row.largest());
    row.apply([&](size_t, const Lanes &x) {
      return codes.term(b, b.subInt(most, x));
    });
    Lanes factor =
        op.getUnnormalized() ? b.i32(0) : codes.factor(b, b.i32(row.sum()));
    row.apply(
        [&](size_t, const Lanes &x) { return codes.finish(b, x, factor); });
  });
}

static void logSoftmaxOfCodes(SoftmaxOp op, const Tensor &input,
                              Tensor &result) {
  LogSoftmaxCodes codes(op);
  LaneBuilder b;
  forEachCodeRow(input, result, [&](CodeRow &row) {
    Lanes most = b.i32(row.largest());
    row.apply([&](size_t, const Lanes &x) { return b.subInt(most, x); });
    CodeRow terms = row;
    terms.apply(
        [&](size_t, const Lanes &below) { return codes.term(b, below); });
    Lanes offset = codes.offset(b, b.i32(terms.sum()));
    row.apply([&](size_t, const Lanes &below) {
      return codes.finish(b, below, offset);
    });
  });
}

/// The same by a published form.
static void softmaxByForm(SoftmaxOp op, const Tensor &input, Tensor &result) {
  SoftmaxFormCodes codes(op);
  LaneBuilder b;
  forEachCodeRow(input, result, [&](CodeRow &row) {
    Lanes most = b.i32(row.largest());
    row.apply([&](size_t, const Lanes &x) {
      return codes.term(b, b.subInt(most, x));
    });
    CodeRow addends = row;
    addends.apply(
        [&](size_t, const Lanes &term) { return codes.addend(b, term); });
    auto factor = codes.factor(b, b.i32(addends.sum()));
    row.apply(
        [&](size_t, const Lanes &x) { return codes.finish(b, x, factor); });
  });
}

/// A constant row in blocks of lanes.
static std::vector<Lanes> inBlocks(ArrayRef<int32_t> values) {
  std::vector<Lanes> blocks(llvm::divideCeil(values.size(), Lanes::size),
                            LaneBuilder().i32(0));
  for (auto [i, value] : llvm::enumerate(values))
    blocks[i / Lanes::size].i32[i % Lanes::size] = value;
  return blocks;
}

/// Scales rows of codes, and shifts them where there is a bias.
static void normaliseCodes(const Tensor &input, const float *scale,
                           const float *bias, float epsilon, Tensor &result,
                           NormForm form = NormForm::house) {
  auto size = size_t(input.getShape().back());
  NormCodes codes(getQuantizedElement(input.getType()),
                  getQuantizedElement(result.getType()), ArrayRef(scale, size),
                  ArrayRef(bias, bias ? size : 0), epsilon,
                  /*subtractsMean=*/bias != nullptr, form);
  std::vector<Lanes> multipliers = inBlocks(codes.getMultipliers());
  std::vector<Lanes> offsets = inBlocks(codes.getOffsets());
  int64_t width = codes.columns();
  LaneBuilder b;
  forEachCodeRow(input, result, [&](CodeRow &row) {
    row.apply([&](size_t, const Lanes &x) {
      return b.subInt(x, b.i32(codes.getZeroPoint()));
    });
    int32_t sum = row.sum();
    int64_t squares = 0;
    for (int64_t i = 0; i < width; ++i)
      squares += int64_t(row.at(i)) * row.at(i);
    auto root = codes.root(b, b.i32(sum), b.i64(squares));
    row.apply([&](size_t block, const Lanes &x) {
      return codes.finish(b, x, b.i32(sum), root, multipliers[block],
                          offsets[block]);
    });
  });
}

//===-- Entry points ------------------------------------------------------===//

LogicalResult quantir::evaluate(SoftmaxOp op, Operands operands,
                                Tensor &result) {
  if (!operands[0].getElementType().isF32()) {
    if (op.getLog())
      logSoftmaxOfCodes(op, operands[0], result);
    else if (op.getForm() == SoftmaxForm::house)
      softmaxOfCodes(op, operands[0], result);
    else
      softmaxByForm(op, operands[0], result);
    return success();
  }
  forEachRow(operands[0], result,
             [&](ArrayRef<float> x, MutableArrayRef<float> row) {
               softmax(op, x, row);
             });
  return success();
}

/// 1 / sqrt(mean of the squares + epsilon)
static float inverseRoot(ArrayRef<float> row, float epsilon) {
  SmallVector<float> squares;
  for (float value : row)
    squares.push_back(value * value);
  float mean = sumOf(squares) * float(1.0 / double(row.size()));
  return 1.0f / std::sqrt(mean + epsilon);
}

LogicalResult quantir::evaluate(LayerNormOp op, Operands operands,
                                Tensor &result) {
  const float *scale = operands[1].as<float>();
  const float *bias = operands[2].as<float>();
  float epsilon = op.getEpsilon().convertToFloat();
  if (getQuantizedElement(operands[0].getType())) {
    normaliseCodes(operands[0], scale, bias, epsilon, result, op.getForm());
    return success();
  }
  auto normalise = [&](ArrayRef<float> x, MutableArrayRef<float> row) {
    float mean = sumOf(x) * float(1.0 / double(x.size()));
    for (size_t i = 0; i < x.size(); ++i)
      row[i] = x[i] - mean;
    float inverse = inverseRoot(row, epsilon);
    for (size_t i = 0; i < x.size(); ++i)
      row[i] = row[i] * inverse * scale[i] + bias[i];
  };
  forEachRow(operands[0], result, normalise);
  return success();
}

LogicalResult quantir::evaluate(RmsNormOp op, Operands operands,
                                Tensor &result) {
  const float *scale = operands[1].as<float>();
  float epsilon = op.getEpsilon().convertToFloat();
  if (getQuantizedElement(operands[0].getType())) {
    normaliseCodes(operands[0], scale, nullptr, epsilon, result);
    return success();
  }
  auto normalise = [&](ArrayRef<float> x, MutableArrayRef<float> row) {
    float inverse = inverseRoot(x, epsilon);
    for (size_t i = 0; i < x.size(); ++i)
      row[i] = x[i] * inverse * scale[i];
  };
  forEachRow(operands[0], result, normalise);
  return success();
}
