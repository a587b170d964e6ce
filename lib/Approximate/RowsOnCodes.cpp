// Softmax, norms and reductions.
#include "OpsOnCodes.h"
#include "Quantir/SoftmaxForms.h"
#include "quantir/Approximate/RowCertificate.h"

using namespace mlir;
using namespace quantir;

/// Gives `made` the chosen form; where that refuses 16-bit scores, with the 8
/// bits for which most were published.
static Reason takeForm(OnCodes &on, SoftmaxOp op, SoftmaxOp made) {
  if (on.forms.softmax == SoftmaxForm::house || op.getUnnormalized() ||
      op.getLog())
    return std::nullopt;
  made.setForm(on.forms.softmax);
  std::optional<Extent> extent = on.codes.extent(op.getInput());
  if (!SoftmaxFormCodes::reasonAgainst(made).empty() && extent) {
    double most = std::max(-extent->low, extent->high) / 127;
    OpBuilder::InsertionGuard guard(on.builder);
    on.builder.setInsertionPoint(made);
    made->setOperand(
        0, on.codes.as(op.getInput(), getSymmetricType(op.getContext(), 8,
                                                       {most}, std::nullopt)));
  }
  std::string reason = SoftmaxFormCodes::reasonAgainst(made);
  if (reason.empty())
    return std::nullopt;
  return llvm::formatv("form {0}: {1}", stringifySoftmaxForm(on.forms.softmax),
                       reason)
      .str();
}

Reason quantir::convert(OnCodes &on, SoftmaxOp op) {
  if (op.getType().getShape().back() > 65536)
    return "its rows have more than 65,536 elements";
  Value input = on.codes.narrow(op.getInput());
  if (!input)
    return notCalibrated;
  quant::QuantizedType type = on.codes.resultType(op.getResult());
  if (op.getLog() && !type)
    return notCalibrated;
  if (!op.getLog() && (!type || isWideCode(type)))
    type = getSymmetricType(op.getContext(), 16, {0x1p-15}, std::nullopt);
  auto made =
      SoftmaxOp::create(on.builder, op.getLoc(), op.getType().clone(type),
                        input, op.getLog(), op.getUnnormalized());
  if (Reason reason = takeForm(on, op, made)) {
    made.erase();
    return reason;
  }
  remarkCertificate(op, softmaxStepsOff(made),
                    op.getUnnormalized() ? "over all codes"
                                         : "proved for any row");
  on.codes.define(op.getResult(), made.getResult());
  return std::nullopt;
}

static Reason convertNorm(OnCodes &on, Operation *op) {
  auto isConstant = [](Value operand) {
    return bool(operand.getDefiningOp<ConstantOp>());
  };
  if (!llvm::all_of(op->getOperands().drop_front(), isConstant))
    return "its scale or bias is not constant";
  auto rows = cast<RankedTensorType>(op->getResult(0).getType());
  if (rows.getShape().back() > 32767)
    return "its rows have more than 32,767 elements";
  quant::QuantizedType type = on.codes.resultType(op->getResult(0));
  Value input = on.codes.narrow(op->getOperand(0));
  if (!type || !input)
    return notCalibrated;
  Operation *made = on.builder.clone(*op);
  made->setOperand(0, input);
  made->getResult(0).setType(rows.clone(type));
  if (auto norm = dyn_cast<LayerNormOp>(made))
    norm.setForm(on.forms.norm);
  on.codes.define(op->getResult(0), made->getResult(0));
  return std::nullopt;
}

Reason quantir::convert(OnCodes &on, LayerNormOp op) {
  return convertNorm(on, op);
}
Reason quantir::convert(OnCodes &on, RmsNormOp op) {
  return convertNorm(on, op);
}

/// How many codes have a sum of 32 bits.
static int64_t mostSummed(quant::QuantizedType type) {
  return isWideCode(type) ? 65535 : 8421504;
}

/// How many elements of `input` make one of the result.
static int64_t elementsSummed(ReduceOp op, Value input) {
  return tensorOf(input).getNumElements() /
         std::max<int64_t>(1, op.getType().getNumElements());
}

/// Where too many codes would be summed for 32 bits: the means over the last
/// axis, as codes of the same type; else null.
static Value meanOfLastAxis(OnCodes &on, ReduceOp op, Value input) {
  quant::QuantizedType type = getQuantizedElement(input.getType());
  ArrayRef<int64_t> axes = op.getAxes();
  int64_t last = axes.empty() ? 0 : tensorOf(input).getDimSize(axes.back());
  if (elementsSummed(op, input) <= mostSummed(type) || axes.size() < 2 ||
      last > mostSummed(type))
    return {};
  SmallVector<int64_t> shape(tensorOf(input).getShape());
  shape[axes.back()] = 1;
  quant::QuantizedType sums = getSymmetricType(
      op.getContext(), 32, {getScales(type)[0] / double(last)}, std::nullopt);
  Value means = ReduceOp::create(
      on.builder, op.getLoc(), RankedTensorType::get(shape, sums),
      ReduceKind::mean, input, axes.take_back(), /*keepdims=*/true);
  return RequantizeOp::create(on.builder, op.getLoc(),
                              RankedTensorType::get(shape, type), means,
                              IntegerAttr(), IntegerAttr(), /*q31=*/true);
}

Reason quantir::convert(OnCodes &on, ReduceOp op) {
  ReduceKind kind = op.getKind();
  if (kind == ReduceKind::prod)
    return "a product of many codes has no form on codes";
  Value input = on.codes.narrow(op.getInput());
  if (!input)
    return notCalibrated;
  if (kind == ReduceKind::mean)
    if (Value parts = meanOfLastAxis(on, op, input))
      input = parts;
  quant::QuantizedType type = getQuantizedElement(input.getType());
  if (kind == ReduceKind::sum || kind == ReduceKind::mean) {
    int64_t count = elementsSummed(op, input);
    if (count > mostSummed(type))
      return "its sum may leave 32 bits";
    double share = kind == ReduceKind::mean ? 1.0 / double(count) : 1.0;
    type = getSymmetricType(op.getContext(), 32, {getScales(type)[0] * share},
                            std::nullopt);
  }
  Operation *made = on.builder.clone(*op);
  made->setOperand(0, input);
  made->getResult(0).setType(op.getType().clone(type));
  on.codes.define(op.getResult(), made->getResult(0));
  return std::nullopt;
}
