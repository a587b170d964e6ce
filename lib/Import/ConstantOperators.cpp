// Constant, Shape, Size, ConstantOfShape, Range, Identity: what is known at
// import because all shapes are.

#include "Operators.h"

using namespace mlir;
using namespace quantir;

template <typename T>
static DenseElementsAttr listOf(ArrayRef<T> values, Type element,
                                bool isScalar) {
  SmallVector<int64_t> shape;
  if (!isScalar)
    shape.push_back(values.size());
  return DenseElementsAttr::get(RankedTensorType::get(shape, element), values);
}

static LogicalResult importConstant(NodeImport &node) {
  OpBuilder &builder = node.getBuilder();
  auto ofFloats = [&](ArrayRef<float> values, bool isScalar) {
    return node.yield(
        node.constant(listOf(values, builder.getF32Type(), isScalar)));
  };
  auto ofIntegers = [&](ArrayRef<int64_t> values, bool isScalar) {
    return node.yield(
        node.constant(listOf(values, builder.getI64Type(), isScalar)));
  };
  if (node.has("value"))
    return node.yield(node.tensor("value"));
  if (node.has("value_float"))
    return ofFloats(float(node.real("value_float", 0)), true);
  if (node.has("value_floats"))
    return ofFloats(node.reals("value_floats"), false);
  if (node.has("value_int"))
    return ofIntegers(node.integer("value_int", 0), true);
  if (node.has("value_ints"))
    return ofIntegers(node.integers("value_ints"), false);
  return node.refuse("holds strings, a sparse tensor or nothing; only dense "
                     "numbers are supported");
}

static LogicalResult importShape(NodeImport &node) {
  ArrayRef<int64_t> shape = shapeOf(node.input(0));
  int64_t rank = shape.size();
  auto clamp = [&](int64_t at) {
    return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  int64_t start = clamp(node.integer("start", 0));
  int64_t end = std::max(start, clamp(node.integer("end", rank)));
  return node.yield(node.integerConstant(shape.slice(start, end - start)));
}

static LogicalResult importSize(NodeImport &node) {
  int64_t count = cast<ShapedType>(node.input(0).getType()).getNumElements();
  Type element = node.getBuilder().getI64Type();
  return node.yield(
      node.constant(listOf(ArrayRef<int64_t>(count), element, true)));
}

static LogicalResult importConstantOfShape(NodeImport &node) {
  auto shape = node.integers(0, "a shape");
  if (!shape)
    return failure();
  if (!node.has("value"))
    return node.yield(node.splat(0, *shape, node.getBuilder().getF32Type()));
  Value value = node.tensor("value");
  if (!value || cast<ShapedType>(value.getType()).getNumElements() != 1)
    return node.refuse("needs a value of one element");
  // Checks the shape, then takes the value's exact bits.
  Value filled = node.splat(0, *shape, elementOf(value));
  if (!filled)
    return failure();
  auto type = cast<RankedTensorType>(filled.getType());
  return node.yield(node.constant(DenseElementsAttr::get(
      type, *constantOf(value).getValues<Attribute>().begin())));
}

static LogicalResult importRange(NodeImport &node) {
  auto start = node.number(0, "a start"), limit = node.number(1, "a limit"),
       step = node.number(2, "a step");
  if (!start || !limit || !step)
    return failure();
  double count = std::ceil((*limit - *start) / *step);
  constexpr double most = 1 << 24;
  if (!(count <= most)) // also refuses NaN
    return node.refuse("has more than " + Twine(int64_t(most)) + " elements");
  Type element = elementOf(node.input(0));
  SmallVector<Attribute> values;
  for (int64_t i = 0; i < int64_t(count); ++i) {
    double value = *start + double(i) * *step;
    values.push_back(
        element.isF32() ? Attribute(FloatAttr::get(element, value))
                        : Attribute(IntegerAttr::get(element, int64_t(value))));
  }
  auto type = RankedTensorType::get(int64_t(values.size()), element);
  return node.yield(node.constant(DenseElementsAttr::get(type, values)));
}

static LogicalResult importIdentity(NodeImport &node) {
  return node.yield(node.input(0));
}

static LogicalResult importDropout(NodeImport &node) {
  if (node.input(2)) {
    auto training = node.number(2, "an input 'training_mode'");
    if (!training || *training != 0)
      return node.refuse("is in training mode; export the model for inference");
  }
  SmallVector<Value> results{node.input(0)};
  if (node.isWanted(1))
    results.push_back(
        node.splat(1, shapeOf(node.input(0)), node.getBuilder().getI1Type()));
  return node.yield(results);
}

ArrayRef<Operator> quantir::constantOperators() {
  static constexpr Operator table[] = {
      {"Constant", 0, 0, importConstant},
      {"Shape", 1, 1, importShape},
      {"Size", 1, 1, importSize},
      {"ConstantOfShape", 1, 1, importConstantOfShape},
      {"Range", 3, 3, importRange},
      {"Identity", 1, 1, importIdentity},
      {"Dropout", 1, 3, importDropout},
  };
  return table;
}
