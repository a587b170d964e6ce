#include "AttentionMask.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantir;

namespace {
struct Interval {
  double low, high;
};

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Interval kAnything = {-kInfinity, kInfinity};

/// A constant operand, as numbers, with the strides of its leading dimensions
/// taken together, its rows and its columns; 0 where it is broadcast.
struct Constant {
  std::vector<double> values;
  bool perHead = false;
  int64_t rowStride = 0, columnStride = 0;
};

/// What the input of the softmax can be, a row at a time.
class ScoreBounds {
public:
  ScoreBounds(Lowering &lowering, KernelOp kernel, Attention &attention);

  /// False when no constant tells keys apart, or some differ between heads.
  bool tellsKeysApart() const { return telling; }
  int64_t rows() const { return rowCount; }

  /// The keys of a row that can have a share in it.
  KeyRange visible(int64_t row);

private:
  void read(Value operand, DenseElementsAttr value);
  const std::vector<Interval> &boundsOf(Value value, int64_t row);
  Interval combine(Operation *op, ArrayRef<Interval> operands);

  Attention &attention;
  int64_t rowCount, keys;
  Interval sums;
  DenseMap<Value, Constant> constants;
  DenseMap<Value, std::vector<Interval>> bounds; // of the row in work
  bool telling = false;
};
} // namespace

ScoreBounds::ScoreBounds(Lowering &lowering, KernelOp kernel,
                         Attention &attention)
    : attention(attention) {
  ArrayRef<int64_t> shape = typeOf(attention.scores.getResult()).getShape();
  rowCount = shape[shape.size() - 2];
  keys = shape.back();
  // Codes of both sides have 8 bits.
  double depth = double(typeOf(attention.scores.getLhs()).getShape().back());
  sums = {-depth * 255 * 128, depth * 255 * 128};
  bool perHead = false, perKey = false;
  for (Operation *op : attention.elementwise)
    for (Value operand : op->getOperands())
      if (DenseElementsAttr value =
              constantOf(lowering.constants, kernel, operand)) {
        read(operand, value);
        perHead |= constants[operand].perHead;
        perKey |= constants[operand].columnStride != 0;
      }
  telling = perKey && !perHead;
}

void ScoreBounds::read(Value operand, DenseElementsAttr value) {
  if (constants.contains(operand))
    return;
  Constant &constant = constants[operand];
  ArrayRef<int64_t> shape = typeOf(operand).getShape();
  int64_t rank = shape.size();
  if (value.isSplat() || (rank > 0 && shape.back() == 1 && keys != 1 &&
                          value.getNumElements() == 1)) {
    shape = {};
    rank = 0;
  }
  constant.perHead = llvm::any_of(shape.drop_back(std::min<int64_t>(rank, 2)),
                                  [](int64_t size) { return size != 1; });
  int64_t columns = rank > 0 ? shape.back() : 1;
  constant.columnStride = columns == keys ? 1 : 0;
  constant.rowStride = rank > 1 && shape[rank - 2] != 1 ? columns : 0;
  if (constant.perHead)
    return;
  auto add = [&](auto number) { constant.values.push_back(double(number)); };
  if (value.getElementType().isF32())
    llvm::for_each(value.getValues<float>(), add);
  else if (value.getElementType().isInteger(1))
    llvm::for_each(value.getValues<bool>(), add);
}

Interval ScoreBounds::combine(Operation *op, ArrayRef<Interval> x) {
  auto hull = [](std::initializer_list<double> numbers) -> Interval {
    for (double number : numbers)
      if (std::isnan(number))
        return kAnything;
    return {std::min(numbers), std::max(numbers)};
  };
  return llvm::TypeSwitch<Operation *, Interval>(op)
      .Case([&](DequantizeOp dequantize) {
        double scale =
            getScales(getQuantizedElement(dequantize.getInput().getType()))[0];
        return Interval{x[0].low * scale, x[0].high * scale};
      })
      .Case([&](AddOp) {
        return hull({x[0].low + x[1].low, x[0].high + x[1].high});
      })
      .Case([&](SubOp) {
        return hull({x[0].low - x[1].high, x[0].high - x[1].low});
      })
      .Case([&](MulOp) {
        return hull({x[0].low * x[1].low, x[0].low * x[1].high,
                     x[0].high * x[1].low, x[0].high * x[1].high});
      })
      .Case([&](DivOp) {
        if (x[1].low != x[1].high || x[1].low <= 0)
          return kAnything;
        return hull({x[0].low / x[1].low, x[0].high / x[1].low});
      })
      .Case([&](SelectOp) -> Interval {
        if (x[0].low != x[0].high)
          return {std::min(x[1].low, x[2].low), std::max(x[1].high, x[2].high)};
        return x[0].low != 0 ? x[1] : x[2];
      })
      .Default([](Operation *) { return kAnything; });
}

const std::vector<Interval> &ScoreBounds::boundsOf(Value value, int64_t row) {
  if (auto known = bounds.find(value); known != bounds.end())
    return known->second;
  std::vector<Interval> result(keys, kAnything);
  Operation *op = value.getDefiningOp();
  auto constant = constants.find(value);
  if (value == attention.scores.getResult()) {
    result.assign(keys, sums);
  } else if (constant != constants.end()) {
    const Constant &c = constant->second;
    for (int64_t key = 0; key < keys && !c.values.empty(); ++key) {
      double number = c.values[row * c.rowStride + key * c.columnStride];
      result[key] = {number, number};
    }
  } else if (op && llvm::is_contained(attention.elementwise, op) &&
             typeOf(value).getElementType().isF32()) {
    SmallVector<const Interval *> operands;
    for (Value operand : op->getOperands())
      boundsOf(operand, row);
    for (Value operand : op->getOperands())
      operands.push_back(bounds.find(operand)->second.data());
    for (int64_t key = 0; key < keys; ++key)
      result[key] = combine(
          op, llvm::map_to_vector(operands, [&](const Interval *operand) {
            return operand[key];
          }));
  }
  return bounds[value] = std::move(result);
}

KeyRange ScoreBounds::visible(int64_t row) {
  bounds.clear();
  const std::vector<Interval> &scores =
      boundsOf(attention.softmax.getInput(), row);
  double best = -kInfinity;
  for (const Interval &score : scores)
    best = std::max(best, score.low);
  KeyRange range{keys, 0};
  for (auto [key, score] : llvm::enumerate(scores)) {
    // e^-86.9 and less is 0; the rest is for roundings in between.
    double margin = 90 + 1e-5 * (std::abs(best) + std::abs(score.high));
    bool hidden = score.high == -kInfinity ? best > -kInfinity
                                           : score.high < best - margin;
    if (hidden)
      continue;
    range.low = std::min<int64_t>(range.low, key);
    range.high = int64_t(key) + 1;
  }
  return range;
}

SmallVector<KeyRange> quantir::visibleKeys(Lowering &lowering, KernelOp kernel,
                                           Attention &attention, int64_t blocks,
                                           int64_t grain) {
  ScoreBounds bounds(lowering, kernel, attention);
  int64_t keys = typeOf(attention.scores.getResult()).getShape().back();
  if (!bounds.tellsKeysApart() ||
      !typeOf(attention.softmax.getInput()).getElementType().isF32())
    return {};
  SmallVector<KeyRange> ranges;
  bool all = true;
  for (int64_t block = 0; block < blocks; ++block) {
    KeyRange range{keys, 0};
    for (int64_t row = block * bounds.rows() / blocks;
         row < (block + 1) * bounds.rows() / blocks; ++row) {
      KeyRange own = bounds.visible(row);
      range = {std::min(range.low, own.low), std::max(range.high, own.high)};
    }
    range.low = range.low / grain * grain;
    range.high = std::min<int64_t>(llvm::alignTo(range.high, grain), keys);
    all &= range.low == 0 && range.high == keys;
    ranges.push_back(range);
  }
  return all ? SmallVector<KeyRange>() : ranges;
}
