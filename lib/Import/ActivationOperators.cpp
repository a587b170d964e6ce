// Nonlinear functions of one tensor, and Clip.

#include "Operators.h"

using namespace mlir;
using namespace quantir;

template <typename OpType>
static LogicalResult importActivation(NodeImport &node) {
  return node.yield(node.make<OpType>(node.input(0)));
}

static Value isAbove(NodeImport &node, Value x, double bound) {
  auto predicate = ComparePredicateAttr::get(node.getBuilder().getContext(),
                                             ComparePredicate::gt);
  return node.make<CompareOp>(
      {x, node.scalar(bound, x)},
      node.getBuilder().getNamedAttr("predicate", predicate));
}

static Value scaled(NodeImport &node, Value x, double factor) {
  return factor == 1 ? x : node.make<MulOp>({x, node.scalar(factor, x)});
}

static LogicalResult importRelu(NodeImport &node) {
  Value x = node.input(0);
  if (elementOf(x).isF32() || isa<quant::QuantizedType>(elementOf(x)))
    return node.yield(node.make<ReluOp>(x));
  return node.yield(node.make<MaxOp>({x, node.scalar(0, x)}));
}

static LogicalResult importLeakyRelu(NodeImport &node) {
  return node.yield(node.make<LeakyReluOp>(
      node.input(0), node.realAttribute("alpha", node.real("alpha", 0.01))));
}

static LogicalResult importPRelu(NodeImport &node) {
  Value x = node.input(0), slope = node.input(1);
  DenseElementsAttr slopes = constantOf(slope);
  if (slopes && slopes.isSplat() && slopes.getElementType().isF32())
    return node.yield(node.make<LeakyReluOp>(
        x, node.realAttribute("alpha", slopes.getSplatValue<float>())));
  Value below = node.make<MulOp>({x, slope});
  return node.yield(node.make<SelectOp>({isAbove(node, x, 0), x, below}));
}

/// alpha * (e^x - 1) below zero, x above, all times gamma.
static LogicalResult elu(NodeImport &node, Value inside, double alpha,
                         double gamma) {
  Value x = node.input(0);
  Value grown = node.make<ExpOp>(inside);
  Value below = node.make<SubOp>({grown, node.scalar(1, x)});
  Value chosen =
      node.make<SelectOp>({isAbove(node, x, 0), x, scaled(node, below, alpha)});
  return node.yield(scaled(node, chosen, gamma));
}

static LogicalResult importElu(NodeImport &node) {
  return elu(node, node.input(0), node.real("alpha", 1), 1);
}

static LogicalResult importSelu(NodeImport &node) {
  return elu(node, node.input(0), node.real("alpha", 1.67326319217681884765625),
             node.real("gamma", 1.05070102214813232421875));
}

static LogicalResult importCelu(NodeImport &node) {
  double alpha = node.real("alpha", 1);
  if (alpha == 0)
    return node.refuse("has alpha 0");
  return elu(node, scaled(node, node.input(0), 1 / alpha), alpha, 1);
}

static LogicalResult importThresholdedRelu(NodeImport &node) {
  Value x = node.input(0);
  Value above = isAbove(node, x, node.real("alpha", 1));
  return node.yield(node.make<SelectOp>({above, x, node.scalar(0, x)}));
}

static LogicalResult importSoftsign(NodeImport &node) {
  Value x = node.input(0);
  Value below = node.make<AddOp>({node.scalar(1, x), node.make<AbsOp>(x)});
  return node.yield(node.make<DivOp>({x, below}));
}

static LogicalResult importMish(NodeImport &node) {
  Value x = node.input(0);
  Value gate = node.make<TanhOp>(node.make<SoftplusOp>(x));
  return node.yield(node.make<MulOp>({x, gate}));
}

static LogicalResult importHardSigmoid(NodeImport &node) {
  return node.yield(node.make<HardSigmoidOp>(
      node.input(0), {node.realAttribute("alpha", node.real("alpha", 0.2)),
                      node.realAttribute("beta", node.real("beta", 0.5))}));
}

static Value gelu(NodeImport &node, Value x, GeluForm form) {
  auto attribute = GeluFormAttr::get(node.getBuilder().getContext(), form);
  return node.make<GeluOp>(x,
                           node.getBuilder().getNamedAttr("form", attribute));
}

static LogicalResult importGelu(NodeImport &node) {
  std::string form = node.text("approximate", "none");
  if (form != "none" && form != "tanh")
    return node.refuse("has approximate '" + form +
                       "'; 'none' and 'tanh' are known");
  return node.yield(gelu(node, node.input(0),
                         form == "tanh" ? GeluForm::tanh : GeluForm::erf));
}

/// gelu(x + bias), as onnxruntime's optimizer writes it.
template <GeluForm form> static LogicalResult importBiasGelu(NodeImport &node) {
  Value x = node.input(0);
  if (node.input(1))
    x = node.make<AddOp>({x, node.input(1)});
  return node.yield(gelu(node, x, form));
}

/// x * sigmoid(alpha x)
static Value swish(NodeImport &node, Value x, double alpha) {
  if (alpha == 1)
    return node.make<SiluOp>(x);
  Value gate = node.make<SigmoidOp>(scaled(node, x, alpha));
  return node.make<MulOp>({x, gate});
}

static LogicalResult importSwish(NodeImport &node) {
  return node.yield(swish(node, node.input(0), node.real("alpha", 1)));
}

static LogicalResult importQuickGelu(NodeImport &node) {
  return node.yield(swish(node, node.input(0), node.real("alpha", 1.702)));
}

static LogicalResult importSwiGlu(NodeImport &node) {
  Value gate = node.input(0), value = node.input(1);
  if (shapeOf(gate) != shapeOf(value))
    return node.refuse("has a gate and a value of different shapes");
  return node.yield(
      node.make<MulOp>({swish(node, gate, node.real("alpha", 1)), value}));
}

//===-- Clip --------------------------------------------------------------===//

/// A bound of Clip: an attribute before opset 11, a constant input since.
static std::optional<double> bound(NodeImport &node, size_t i, StringRef name,
                                   double otherwise) {
  if (node.getOpset() < 11)
    return node.real(name, otherwise);
  return node.input(i) ? node.number(i, ("an input '" + name + "'").str())
                       : otherwise;
}

/// Bounds that the model computes, or that are integers.
static LogicalResult clipByOperands(NodeImport &node) {
  Value x = node.input(0);
  if (Value low = node.input(1))
    x = node.make<MaxOp>({x, low});
  if (Value high = node.input(2))
    x = node.make<MinOp>({x, high});
  return node.yield(x);
}

static LogicalResult importClip(NodeImport &node) {
  Value x = node.input(0);
  auto isFixed = [&](size_t i) {
    return !node.input(i) || constantOf(node.input(i));
  };
  if (!elementOf(x).isF32() || !isFixed(1) || !isFixed(2))
    return clipByOperands(node);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  auto low = bound(node, 1, "min", -infinity);
  auto high = bound(node, 2, "max", infinity);
  if (!low || !high)
    return failure();
  if (std::isnan(*low) || std::isnan(*high))
    return node.refuse("has a bound that is NaN");
  // ONNX: when the bounds cross, everything becomes the upper one.
  return node.yield(
      node.make<ClipOp>(x, {node.realAttribute("low", std::min(*low, *high)),
                            node.realAttribute("high", *high)}));
}

ArrayRef<Operator> quantir::activationOperators() {
  static constexpr Operator table[] = {
      {"Relu", 1, 1, importRelu},
      {"LeakyRelu", 1, 1, importLeakyRelu},
      {"PRelu", 2, 2, importPRelu},
      {"Elu", 1, 1, importElu},
      {"Selu", 1, 1, importSelu},
      {"Celu", 1, 1, importCelu},
      {"ThresholdedRelu", 1, 1, importThresholdedRelu},
      {"Softsign", 1, 1, importSoftsign},
      {"Mish", 1, 1, importMish},
      {"HardSigmoid", 1, 1, importHardSigmoid},
      {"HardSwish", 1, 1, importActivation<HardSwishOp>},
      {"Swish", 1, 1, importSwish},
      {"SwiGLU", 2, 2, importSwiGlu},
      {"Gelu", 1, 1, importGelu},
      {"com.microsoft.Gelu", 1, 1, importGelu},
      {"com.microsoft.BiasGelu", 2, 2, importBiasGelu<GeluForm::erf>},
      {"com.microsoft.FastGelu", 1, 2, importBiasGelu<GeluForm::tanh>},
      {"com.microsoft.QuickGelu", 1, 1, importQuickGelu},
      {"Clip", 1, 3, importClip},
  };
  return table;
}
