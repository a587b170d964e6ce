#include "OneVariable.h"

#include "FloatOps.h"
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

namespace {
/// A way to compute a function of 16-bit codes.
struct Approximation {
  /// What the codes are rescaled to before they are looked up; null: nothing.
  quant::QuantizedType clipped;
  InterpolationTable table;
  /// max(x, 0) is added to what the table gives, which has this type.
  quant::QuantizedType rest;
  double stepsOff = std::numeric_limits<double>::infinity();
};

/// Chooses among the ways for one function.
class Approximator {
public:
  Approximator(ArrayRef<Operation *> chain, quant::QuantizedType in,
               quant::QuantizedType out, std::vector<float> exact)
      : chain(chain), in(in), out(out), reals(realsOf(in)),
        exact(std::move(exact)) {}

  /// One table of all codes.
  Approximation plain() const {
    Approximation way;
    way.table = interpolationTable(exact, out);
    way.stepsOff = way.table.stepsOff;
    return way;
  }
  FailureOr<Approximation> best();
  Value build(OpBuilder &builder, Location location, Value codes,
              const Approximation &chosen);

private:
  double scaleIn() const { return getScales(in)[0]; }
  double scaleOut() const { return getScales(out)[0]; }
  quant::QuantizedType wideType(double scale) const {
    return getSymmetricType(in.getContext(), 16, {scale}, std::nullopt);
  }
  double reachOfChange(ArrayRef<float> function) const;
  LogicalResult tryClipped(bool besidesRelu, Approximation &found);
  double worst(const Approximation &way) const;

  ArrayRef<Operation *> chain;
  quant::QuantizedType in, out;
  std::vector<float> reals, exact; ///< all codes, and the function there
};
} // namespace

/// The largest |x| where `function` is not what it is at the end on that side,
/// up to a quarter of a step.
double Approximator::reachOfChange(ArrayRef<float> function) const {
  double tolerance = scaleOut() / 4;
  auto differs = [&](size_t i, size_t end) {
    return !(std::fabs(function[i] - function[end]) <= tolerance);
  };
  size_t last = function.size() - 1, low = 0, high = last;
  while (low < last && !differs(low, 0))
    ++low;
  while (high > 0 && !differs(high, last))
    --high;
  return std::max(std::fabs(reals[low]), std::fabs(reals[high])) + scaleIn();
}

static std::vector<float> withoutRelu(std::vector<float> function,
                                      ArrayRef<float> x) {
  for (auto [value, at] : llvm::zip_equal(function, x))
    value = float(double(value) - std::max(0.0f, at));
  return function;
}

double Approximator::worst(const Approximation &way) const {
  auto low = double(out.getStorageTypeMin());
  auto high = double(out.getStorageTypeMax());
  auto zero = double(getZeroPoints(out)[0]);
  quant::QuantizedType type = way.rest ? way.rest : out;
  double most = 0;
  for (size_t i = 0; i < reals.size(); ++i) {
    double code = std::floor(reals[i] / getScales(way.clipped)[0] + 0.5);
    auto limited = int32_t(std::clamp(code, -32768.0, 32767.0));
    double result = interpolated(way.table, limited, type);
    if (way.rest)
      result = std::floor((std::max(0.0f, reals[i]) +
                           result * getScales(way.rest)[0]) /
                              scaleOut() +
                          0.5) +
               zero;
    double steps = std::isnan(exact[i]) ? zero : exact[i] / scaleOut() + zero;
    most = std::max(most, std::fabs(std::clamp(result, low, high) -
                                    std::clamp(steps, low, high)));
  }
  return most;
}

LogicalResult Approximator::tryClipped(bool besidesRelu, Approximation &found) {
  double reach = reachOfChange(besidesRelu ? withoutRelu(exact, reals) : exact);
  if (reach > scaleIn() * 32768 / 1.5)
    return success();
  Approximation way;
  way.clipped = wideType(reach / 32767);
  std::vector<float> inner = realsOf(way.clipped);
  FailureOr<std::vector<float>> values = applyChain(chain, inner);
  if (failed(values))
    return failure();
  if (besidesRelu) {
    *values = withoutRelu(*values, inner);
    double most = 0;
    for (float value : *values)
      most = std::max(most, std::fabs(double(value)));
    if (!(most > 0) || !std::isfinite(most))
      return success();
    way.rest = wideType(most / 32000);
  }
  way.table = interpolationTable(*values, way.rest ? way.rest : out);
  way.stepsOff = worst(way);
  if (way.stepsOff < found.stepsOff)
    found = std::move(way);
  return success();
}

FailureOr<Approximation> Approximator::best() {
  Approximation found = plain();
  // More code for less than this is not worth it.
  double enough = isWideCode(out) ? 1.5 : 0.6;
  for (bool besidesRelu : {false, true})
    if (found.stepsOff > enough && failed(tryClipped(besidesRelu, found)))
      return failure();
  return found;
}

Value Approximator::build(OpBuilder &builder, Location location, Value codes,
                          const Approximation &chosen) {
  auto shape = cast<RankedTensorType>(codes.getType());
  auto requantize = [&](quant::QuantizedType type, IntegerAttr low) -> Value {
    return RequantizeOp::create(builder, location, shape.clone(type), codes,
                                low, IntegerAttr(), /*q31=*/true);
  };
  auto tableType = RankedTensorType::get({3, 64}, builder.getI32Type());
  Value table = ConstantOp::create(
      builder, location,
      DenseElementsAttr::get(tableType, ArrayRef(chosen.table.coefficients)));
  quant::QuantizedType type = chosen.rest ? chosen.rest : out;
  Value result = InterpolateOp::create(
      builder, location, shape.clone(type),
      chosen.clipped ? requantize(chosen.clipped, {}) : codes, table,
      builder.getI64IntegerAttr(chosen.table.fractionBits),
      builder.getF64FloatAttr(chosen.table.stepsOff));
  if (!chosen.rest)
    return result;
  Value positive = requantize(in, builder.getI32IntegerAttr(0));
  return AddOp::create(builder, location, shape.clone(out), positive, result);
}

Tabulated quantir::tabulate(OpBuilder &builder, ArrayRef<Operation *> chain,
                            Value codes, quant::QuantizedType out,
                            approximate::GeluForm gelu) {
  quant::QuantizedType in = getQuantizedElement(codes.getType());
  FailureOr<std::vector<float>> values = applyChain(chain, realsOf(in));
  if (failed(values))
    return {{}, 0, "it has no meaning on all codes"};
  bool published = chain.size() == 1 && isa<GeluOp>(chain[0]) &&
                   gelu != approximate::GeluForm::Table;
  double formOff = 0;
  if (published)
    if (std::string reason = publishedGelu(gelu, in, out, *values, formOff);
        !reason.empty())
      return {{}, 0, reason};
  Location location = builder.getFusedLoc(
      llvm::map_to_vector(chain, [](Operation *op) { return op->getLoc(); }));
  Tabulated result;
  if (isActivationCode(in)) {
    std::vector<uint8_t> table = nearestCodes(*values, out, result.stepsOff);
    Value constant = codesConstant(
        builder, location, RankedTensorType::get({256}, out), rawBytes(table));
    result.result = LookupOp::create(
        builder, location, cast<RankedTensorType>(codes.getType()).clone(out),
        codes, constant);
    result.stepsOff += formOff;
    return result;
  }
  Approximator approximator(chain, in, out, std::move(*values));
  FailureOr<Approximation> found =
      published ? approximator.plain() : approximator.best();
  if (failed(found))
    return {{}, 0, "it has no meaning on all codes"};
  found->table.stepsOff += formOff;
  result.stepsOff = found->stepsOff + formOff;
  if (!(found->stepsOff <= (isWideCode(out) ? mostStepsOff : 1.5)))
    result.reason = llvm::formatv("its table of 64 quadratics would be {0:F1} "
                                  "steps of the result off",
                                  found->stepsOff);
  else
    result.result = approximator.build(builder, location, codes, *found);
  return result;
}
