// Arithmetic, comparisons and logic, element by element.

#include "Operators.h"

using namespace mlir;
using namespace quantir;

template <typename OpType> static LogicalResult importUnary(NodeImport &node) {
  return node.yield(node.make<OpType>(node.input(0)));
}

template <typename OpType> static LogicalResult importBinary(NodeImport &node) {
  return node.yield(node.make<OpType>({node.input(0), node.input(1)}));
}

/// Sum, Max and Min take any number of operands.
template <typename OpType>
static LogicalResult importVariadic(NodeImport &node) {
  Value result = node.input(0);
  for (size_t i = 1; i < node.inputCount(); ++i)
    result = node.make<OpType>({result, node.input(i)});
  return node.yield(result);
}

static LogicalResult importMean(NodeImport &node) {
  Value sum = node.input(0);
  for (size_t i = 1; i < node.inputCount(); ++i)
    sum = node.make<AddOp>({sum, node.input(i)});
  Value count = node.scalar(double(node.inputCount()), sum);
  return node.yield(node.make<DivOp>({sum, count}));
}

template <ComparePredicate predicate>
static LogicalResult importCompare(NodeImport &node) {
  return node.yield(node.compare(predicate, node.input(0), node.input(1)));
}

static LogicalResult importWhere(NodeImport &node) {
  return node.yield(
      node.make<SelectOp>({node.input(0), node.input(1), node.input(2)}));
}

static LogicalResult importIsNaN(NodeImport &node) {
  return node.yield(
      node.compare(ComparePredicate::ne, node.input(0), node.input(0)));
}

static LogicalResult importSign(NodeImport &node) {
  Value x = node.input(0), zero = node.scalar(0, x);
  Value above = node.compare(ComparePredicate::gt, x, zero);
  Value below = node.compare(ComparePredicate::lt, x, zero);
  Type element = elementOf(x);
  return node.yield(
      node.make<SubOp>({node.cast(above, element), node.cast(below, element)}));
}

/// The remainder with the sign of the divisor, or of the dividend (`fmod`).
static LogicalResult importMod(NodeImport &node) {
  Value x = node.input(0), y = node.input(1);
  bool ofDividend = node.integer("fmod", 0) != 0;
  if (elementOf(x).isF32())
    return node.refuse("of floating-point numbers is not supported");
  Value quotient = node.make<DivOp>({x, y});
  Value rest = node.make<SubOp>({x, node.make<MulOp>({quotient, y})});
  if (ofDividend)
    return node.yield(rest);
  Value zero = node.scalar(0, x);
  Value signsDiffer = node.compare(
      ComparePredicate::ne, node.compare(ComparePredicate::lt, rest, zero),
      node.compare(ComparePredicate::lt, y, zero));
  Value isRest = node.compare(ComparePredicate::ne, rest, zero);
  Value wrong = node.make<AndOp>({signsDiffer, isRest});
  Value moved = node.make<AddOp>({rest, y});
  return node.yield(node.make<SelectOp>({wrong, moved, rest}));
}

//===-- Powers ------------------------------------------------------------===//

static Value square(NodeImport &node, Value x) {
  return node.make<MulOp>({x, x});
}

/// x to a constant power, for the powers that arithmetic can write.
static Value power(NodeImport &node, Value x, double exponent) {
  if (exponent == 0)
    return node.splat(1, shapeOf(x), elementOf(x));
  if (exponent == 1)
    return x;
  if (exponent == 2)
    return square(node, x);
  if (exponent == 3)
    return node.make<MulOp>({square(node, x), x});
  if (exponent == 4)
    return square(node, square(node, x));
  if (!elementOf(x).isF32())
    return {};
  if (exponent == 0.5)
    return node.make<SqrtOp>(x);
  if (exponent == 1.5)
    return node.make<MulOp>({x, node.make<SqrtOp>(x)});
  if (exponent == -0.5)
    return node.make<ReciprocalOp>(node.make<SqrtOp>(x));
  if (exponent == -1)
    return node.make<ReciprocalOp>(x);
  if (exponent == -2)
    return node.make<ReciprocalOp>(square(node, x));
  return {};
}

static LogicalResult importPow(NodeImport &node) {
  Value x = node.input(0);
  DenseElementsAttr exponents = constantOf(node.input(1));
  if (!exponents || (!exponents.isSplat() && exponents.getNumElements() != 1))
    return node.refuse("needs one exponent known at compile time");
  Attribute first = *exponents.getValues<Attribute>().begin();
  double exponent = isa<FloatAttr>(first)
                        ? cast<FloatAttr>(first).getValueAsDouble()
                        : double(cast<IntegerAttr>(first).getInt());
  Value result = power(node, x, exponent);
  if (!result)
    return node.refuse("has exponent " + Twine(std::to_string(exponent)) +
                       "; 0, 1, 2, 3, 4, 0.5, 1.5, -0.5, -1 and -2 are "
                       "supported");
  // The exponent's shape takes part in the broadcast.
  auto shape = broadcastShapes(shapeOf(result), shapeOf(node.input(1)));
  if (failed(shape))
    return node.refuse("has operands that do not broadcast");
  return node.yield(node.expand(result, *shape));
}

//===-- Casts -------------------------------------------------------------===//

static LogicalResult importCastLike(NodeImport &node) {
  return node.yield(node.cast(node.input(0), elementOf(node.input(1))));
}

ArrayRef<Operator> quantir::elementwiseOperators() {
  static constexpr Operator table[] = {
      {"Add", 2, 2, importBinary<AddOp>},
      {"Sub", 2, 2, importBinary<SubOp>},
      {"Mul", 2, 2, importBinary<MulOp>},
      {"Div", 2, 2, importBinary<DivOp>},
      {"Mod", 2, 2, importMod},
      {"Pow", 2, 2, importPow},
      {"Sum", 1, anyNumber, importVariadic<AddOp>},
      {"Max", 1, anyNumber, importVariadic<MaxOp>},
      {"Min", 1, anyNumber, importVariadic<MinOp>},
      {"Mean", 1, anyNumber, importMean},
      {"And", 2, 2, importBinary<AndOp>},
      {"Or", 2, 2, importBinary<OrOp>},
      {"Xor", 2, 2, importCompare<ComparePredicate::ne>},
      {"Not", 1, 1, importUnary<NotOp>},
      {"Equal", 2, 2, importCompare<ComparePredicate::eq>},
      {"Less", 2, 2, importCompare<ComparePredicate::lt>},
      {"LessOrEqual", 2, 2, importCompare<ComparePredicate::le>},
      {"Greater", 2, 2, importCompare<ComparePredicate::gt>},
      {"GreaterOrEqual", 2, 2, importCompare<ComparePredicate::ge>},
      {"Where", 3, 3, importWhere},
      {"IsNaN", 1, 1, importIsNaN},
      {"Sign", 1, 1, importSign},
      {"Neg", 1, 1, importUnary<NegOp>},
      {"Abs", 1, 1, importUnary<AbsOp>},
      {"Floor", 1, 1, importUnary<FloorOp>},
      {"Ceil", 1, 1, importUnary<CeilOp>},
      {"Round", 1, 1, importUnary<RoundOp>},
      {"Sqrt", 1, 1, importUnary<SqrtOp>},
      {"Reciprocal", 1, 1, importUnary<ReciprocalOp>},
      {"Exp", 1, 1, importUnary<ExpOp>},
      {"Log", 1, 1, importUnary<LogOp>},
      {"Erf", 1, 1, importUnary<ErfOp>},
      {"Tanh", 1, 1, importUnary<TanhOp>},
      {"Sigmoid", 1, 1, importUnary<SigmoidOp>},
      {"Softplus", 1, 1, importUnary<SoftplusOp>},
      {"CastLike", 2, 2, importCastLike},
  };
  return table;
}
