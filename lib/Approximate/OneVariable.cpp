#include "OneVariable.h"

#include "InterpolationTable.h"
#include "mlir/IR/IRMapping.h"
#include "quantir/Interpret/Interpreter.h"
#include "quantir/Quantize/Constants.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace quantir;

/// A table that is further off than this loses more than 8 bits would.
static constexpr double mostStepsOff = 128;

static bool isNumber(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  auto dense = constant ? dyn_cast<DenseElementsAttr>(constant.getValue())
                        : DenseElementsAttr();
  return dense && dense.isSplat();
}

static bool isFloat(Value value) {
  return getElementTypeOrSelf(value.getType()).isF32();
}

Value quantir::variableOf(Operation *op) {
  if (!isa<ElementwiseInterface>(op) || op->getNumResults() != 1 ||
      !isFloat(op->getResult(0)) || !llvm::all_of(op->getOperands(), isFloat))
    return {};
  auto sameShape = [&](Value operand) {
    return cast<ShapedType>(operand.getType()).getShape() ==
           cast<ShapedType>(op->getResult(0).getType()).getShape();
  };
  Value variable;
  for (Value operand : op->getOperands()) {
    if (isNumber(operand))
      continue;
    if (variable || !sameShape(operand))
      return {};
    variable = operand;
  }
  return variable;
}

bool quantir::isFunction(Operation *op) {
  return op->getNumOperands() == 1 && !isa<ReluOp, ClipOp>(op);
}

FailureOr<std::vector<float>> quantir::applyChain(ArrayRef<Operation *> chain,
                                                  ArrayRef<float> values) {
  MLIRContext *context = chain[0]->getContext();
  auto type = RankedTensorType::get({int64_t(values.size())},
                                    Float32Type::get(context));
  Tensor current(type);
  llvm::copy(values, current.mutableAs<float>());
  // The ops work on tensors of other shapes: copies stand for them.
  Block block;
  OpBuilder builder(context);
  builder.setInsertionPointToEnd(&block);
  for (Operation *op : chain) {
    SmallVector<Tensor> operands;
    IRMapping mapping;
    Value variable = variableOf(op);
    for (Value operand : op->getOperands()) {
      if (operand == variable) {
        operands.push_back(current);
        mapping.map(operand, block.addArgument(type, op->getLoc()));
        continue;
      }
      auto dense = cast<DenseElementsAttr>(
          operand.getDefiningOp<ConstantOp>().getValue());
      auto scalar = RankedTensorType::get({}, type.getElementType());
      operands.push_back(*Tensor::fromAttribute(
          DenseElementsAttr::get(scalar, dense.getSplatValue<float>()),
          scalar));
      mapping.map(operand, block.addArgument(scalar, op->getLoc()));
    }
    Operation *copy = builder.clone(*op, mapping);
    copy->getResult(0).setType(type);
    FailureOr<SmallVector<Tensor>> results = evaluate(copy, operands);
    copy->erase();
    if (failed(results))
      return failure();
    current = results->front();
  }
  return std::vector<float>(current.as<float>(),
                            current.as<float>() + values.size());
}

/// The real numbers of all codes, the lowest first.
static std::vector<float> realsOf(quant::QuantizedType type) {
  unsigned bits = type.getStorageTypeIntegralWidth();
  int64_t low = type.isSigned() ? -(int64_t(1) << (bits - 1)) : 0;
  std::vector<float> reals;
  for (int64_t i = 0; i < int64_t(1) << bits; ++i)
    reals.push_back(
        float(double(low + i - getZeroPoints(type)[0]) * getScales(type)[0]));
  return reals;
}

/// The nearest codes of `values`, and how far they are off.
static std::vector<uint8_t> nearestCodes(ArrayRef<float> values,
                                         quant::QuantizedType out,
                                         double &stepsOff) {
  auto low = double(out.getStorageTypeMin());
  auto high = double(out.getStorageTypeMax());
  auto zero = double(getZeroPoints(out)[0]);
  std::vector<uint8_t> codes;
  for (float value : values) {
    double steps = std::isnan(value) ? zero : value / getScales(out)[0] + zero;
    double code = std::clamp(std::nearbyint(steps), low, high);
    codes.push_back(uint8_t(int(code)));
    stepsOff =
        std::max(stepsOff, std::fabs(code - std::clamp(steps, low, high)));
  }
  return codes;
}

/// GELU of all codes by a published form; `stepsOff` is how far it is at most
/// from `values`, the exact ones, which it replaces. Says why it cannot.
static std::string publishedGelu(approximate::GeluForm form,
                                 quant::QuantizedType in,
                                 quant::QuantizedType out,
                                 std::vector<float> &values, double &stepsOff) {
  std::vector<int32_t> codes;
  int64_t low = in.isSigned() ? -int64_t(values.size() / 2) : 0;
  for (size_t i = 0; i < values.size(); ++i)
    codes.push_back(int32_t(low + int64_t(i) - getZeroPoints(in)[0]));
  llvm::Expected<approximate::ScaledCodes> found = approximate::gelu(
      form, codes, getScales(in)[0], approximate::Conduct::Sound);
  if (!found)
    return llvm::toString(found.takeError());
  for (auto [value, code] : llvm::zip_equal(values, found->codes)) {
    double real = double(code) * found->scale;
    stepsOff = std::max(stepsOff, std::fabs(real - value) / getScales(out)[0]);
    value = float(real);
  }
  return "";
}

Tabulated quantir::tabulate(OpBuilder &builder, ArrayRef<Operation *> chain,
                            Value codes, quant::QuantizedType out,
                            approximate::GeluForm gelu) {
  quant::QuantizedType in = getQuantizedElement(codes.getType());
  FailureOr<std::vector<float>> values = applyChain(chain, realsOf(in));
  if (failed(values))
    return {{}, 0, "it has no meaning on all codes"};
  double formOff = 0;
  if (chain.size() == 1 && isa<GeluOp>(chain[0]) &&
      gelu != approximate::GeluForm::Table)
    if (std::string reason = publishedGelu(gelu, in, out, *values, formOff);
        !reason.empty())
      return {{}, 0, reason};
  Location location = builder.getFusedLoc(
      llvm::map_to_vector(chain, [](Operation *op) { return op->getLoc(); }));
  auto type = cast<RankedTensorType>(codes.getType()).clone(out);
  Tabulated result;
  if (isActivationCode(in)) {
    std::vector<uint8_t> table = nearestCodes(*values, out, result.stepsOff);
    Value constant = codesConstant(
        builder, location, RankedTensorType::get({256}, out), rawBytes(table));
    result.result = LookupOp::create(builder, location, type, codes, constant);
    result.stepsOff += formOff;
    return result;
  }
  InterpolationTable table = interpolationTable(*values, out);
  result.stepsOff = table.stepsOff + formOff;
  double most = isWideCode(out) ? mostStepsOff : 1.5;
  if (!(table.stepsOff <= most)) {
    result.reason = llvm::formatv("its table of 64 quadratics would be {0:F1} "
                                  "steps of the result off",
                                  table.stepsOff);
    return result;
  }
  auto tableType = RankedTensorType::get({3, 64}, builder.getI32Type());
  Value constant = ConstantOp::create(
      builder, location,
      DenseElementsAttr::get(tableType, ArrayRef(table.coefficients)));
  result.result =
      InterpolateOp::create(builder, location, type, codes, constant,
                            builder.getI64IntegerAttr(table.fractionBits),
                            builder.getF64FloatAttr(result.stepsOff));
  return result;
}
