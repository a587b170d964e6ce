#include "Plan.h"

#include "mlir/IR/Matchers.h"
#include "quantir/Quantize/WeightCodes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace quantir;

Value quantir::originOf(Value value) {
  for (;;) {
    Operation *op = value.getDefiningOp();
    if (!op || !isa<ReshapeOp, TransposeOp>(op))
      return value;
    value = op->getOperand(0);
  }
}

std::optional<StringRef> quantir::nodeName(Location location) {
  std::optional<StringRef> name;
  location->walk([&](Location inner) {
    auto named = dyn_cast<NameLoc>(inner);
    if (!named)
      return WalkResult::advance();
    name = named.getName().getValue();
    return WalkResult::interrupt();
  });
  return name;
}

SmallVector<Operation *> quantir::computingOps(func::FuncOp func) {
  SmallVector<Operation *> ops;
  func.walk([&](QuantizationInterface op) {
    if (op.getQuantizationRole() == QuantizationRole::computes &&
        getElementTypeOrSelf(op->getResult(0).getType()).isF32() &&
        getElementTypeOrSelf(op->getOperand(0).getType()).isF32())
      ops.push_back(op);
  });
  return ops;
}

/// True when the convolution or product that `value` comes from, through
/// elementwise ops, could hand over codes.
static bool comesFromAccumulator(Value value) {
  while (Operation *op = originOf(value).getDefiningOp()) {
    auto computing = dyn_cast<QuantizationInterface>(op);
    if (computing &&
        computing.getQuantizationRole() == QuantizationRole::computes)
      return true;
    if (!isa<ElementwiseInterface>(op))
      return false;
    value = op->getOperand(0);
  }
  return false;
}

/// A reduction pays on codes when it reads an image that a kernel writes: the
/// image is then written as bytes.
static std::optional<std::string> reasonAgainstReduction(ReduceOp reduce) {
  auto input = cast<RankedTensorType>(reduce.getInput().getType());
  if (input.getRank() != 4 || reduce.getAxes() != ArrayRef<int64_t>{1, 2})
    return "it does not reduce the spatial dimensions of an image";
  if (!comesFromAccumulator(reduce.getInput()))
    return "its input is computed in floating point";
  return std::nullopt;
}

std::optional<std::string> quantir::reasonToStayFloat(Operation *op) {
  if (auto reduce = dyn_cast<ReduceOp>(op))
    if (auto reason = reasonAgainstReduction(reduce))
      return reason;
  OpOperand *weights = cast<QuantizationInterface>(op).getWeightOperand();
  if (!weights)
    return std::nullopt;
  Attribute constant;
  if (!matchPattern(weights->get(), m_Constant(&constant)))
    return "its weights are not constant";
  if (!FloatElements::from(cast<ElementsAttr>(constant)))
    return "its weights are not f32 data";
  return std::nullopt;
}

/// `NODE:RESULT`; a value without a node is called after its place.
static std::string baseName(Value value, func::FuncOp func) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    std::optional<StringRef> name = nodeName(argument.getLoc());
    std::string place = "argument" + std::to_string(argument.getArgNumber());
    return (name ? name->str() : place) + ":0";
  }
  auto result = cast<OpResult>(value);
  std::optional<StringRef> name = nodeName(value.getLoc());
  std::string node =
      name ? name->str() : result.getOwner()->getName().stripDialect().str();
  return node + ":" + std::to_string(result.getResultNumber());
}

/// Every f32 value of `func` that is an argument or computed.
static void addOtherValues(func::FuncOp func, llvm::SetVector<Value> &values) {
  auto add = [&](Value value) {
    if (getElementTypeOrSelf(value.getType()).isF32())
      values.insert(value);
  };
  llvm::for_each(func.getArguments(), add);
  func.walk([&](Operation *op) {
    if (!isa<ConstantOp, ReshapeOp, TransposeOp>(op))
      llvm::for_each(op->getResults(), add);
  });
}

SmallVector<ObservedValue> quantir::observedValues(func::FuncOp func,
                                                   bool everything) {
  llvm::SetVector<Value> values;
  for (Operation *op : computingOps(func)) {
    if (reasonToStayFloat(op))
      continue;
    auto computing = cast<QuantizationInterface>(op);
    // The channels of weights are the last dimension of what they multiply.
    bool asItIs = computing.getWeightOperand();
    for (OpOperand *operand : computing.getActivationOperands())
      if (!matchPattern(operand->get(), m_Constant()))
        values.insert(asItIs ? operand->get() : originOf(operand->get()));
  }
  if (everything)
    addOtherValues(func, values);
  // One node may become several ops: later ones get a number.
  llvm::StringMap<unsigned> uses;
  SmallVector<ObservedValue> observed;
  for (Value value : values) {
    std::string name = baseName(value, func);
    if (unsigned earlier = uses[name]++)
      name += "#" + std::to_string(earlier);
    observed.push_back({value, name});
  }
  return observed;
}
