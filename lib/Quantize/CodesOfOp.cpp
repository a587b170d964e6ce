#include "CodesOfOp.h"

#include "BiasCorrection.h"
#include "DeferredDivision.h"
#include "Plan.h"
#include "quantir/Quantize/Constants.h"
#include "quantir/Quantize/Extents.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace quantir;

static bool isUsableScale(double scale) {
  return scale >= std::numeric_limits<float>::min() &&
         scale <= std::numeric_limits<float>::max();
}

//===-- Activations -------------------------------------------------------===//

/// A constant activation needs no calibration.
static std::optional<ActivationScale> scaleOfConstant(Value value) {
  std::optional<FloatElements> data = constantFloats(value);
  if (!data || !data->allFinite() || data->size() == 0)
    return std::nullopt;
  double low = 0, high = 0;
  for (size_t i = 0; i < data->size(); ++i) {
    low = std::min<double>(low, (*data)[i]);
    high = std::max<double>(high, (*data)[i]);
  }
  return scaleOfRange(low, high);
}

/// What is known of `value`: calibration, unless its range is fixed and
/// smaller.
static std::optional<ActivationScale> scaleOf(Value value,
                                              const CalibratedValues &known) {
  Value origin = originOf(value);
  std::optional<ActivationScale> scale;
  if (auto found = known.scales.find(origin); found != known.scales.end())
    scale = found->second;
  else
    scale = scaleOfConstant(value);
  auto producer = origin.getDefiningOp<QuantizationInterface>();
  if (!producer ||
      producer.getQuantizationRole() != QuantizationRole::fixed_range)
    return scale;
  auto [low, high] = producer.getFixedRange();
  ActivationScale fixed = scaleOfRange(low, high);
  return scale && scale->scale <= fixed.scale ? scale : fixed;
}

std::optional<std::string>
CodesOfOp::chooseActivations(const CalibratedValues &known) {
  if (known.divisionWaits)
    softmax = deferrableSoftmax(op);
  for (OpOperand *operand : op.getActivationOperands()) {
    if (auto channels = known.channels.find(operand->get());
        channels != known.channels.end() && channels->second.isSensitive())
      return llvm::formatv(
                 "8 bits for its input put noise of {0:P} on the outputs",
                 *channels->second.outputNoise)
          .str();
    std::optional<ActivationScale> scale =
        softmax && operand->get() == softmax.getResult()
            ? scaleOfRange(0, 1)
            : scaleOf(operand->get(), known);
    if (!scale)
      return llvm::formatv("operand {0} was not calibrated",
                           operand->getOperandNumber())
          .str();
    bool first = activations.empty();
    MLIRContext *context = op->getContext();
    activations.push_back(
        first ? getActivationType(context, scale->scale, scale->zeroPoint)
              : getSymmetricType(context, 8, {scale->symmetricScale},
                                 std::nullopt));
  }
  return std::nullopt;
}

//===-- Weights and bias --------------------------------------------------===//

/// The operand that is neither activation nor weight.
OpOperand *CodesOfOp::biasOperand() {
  SmallVector<OpOperand *> known = op.getActivationOperands();
  known.push_back(op.getWeightOperand());
  for (OpOperand &operand : op->getOpOperands())
    if (!llvm::is_contained(known, &operand))
      return &operand;
  return nullptr;
}

double CodesOfOp::accumulatorScale(double weightScale) const {
  return getScales(activations[0])[0] * weightScale;
}

/// The correction is part of the bias, or becomes one.
void CodesOfOp::chooseBias(const FloatElements &weightData,
                           const CalibratedValues &known) {
  auto channels = known.channels.find(op.getActivationOperands()[0]->get());
  if (channels == known.channels.end() || (biasOperand() && !biasData))
    return;
  std::optional<std::vector<double>> correction =
      biasCorrection(op, weightData, weights, channels->second.mean);
  if (!correction)
    return;
  if (!biasData)
    biasData.emplace(correction->size());
  for (auto [value, shift] : llvm::zip(*biasData, *correction))
    value = float(double(value) + shift);
  corrected = true;
}

std::optional<std::string>
CodesOfOp::chooseWeights(const CalibratedValues &known) {
  if (OpOperand *operand = biasOperand())
    if (std::optional<FloatElements> data = constantFloats(operand->get()))
      biasData = data->copy();
  if (OpOperand *operand = op.getWeightOperand()) {
    FloatElements data = *constantFloats(operand->get());
    if (data.size() == 0 || !data.allFinite())
      return "its weights are empty or not finite";
    auto type = cast<RankedTensorType>(operand->get().getType());
    weights = quantizeWeights(
        data, ChannelLayout(type.getShape(), op.getWeightChannelAxis()),
        float(getScales(activations[0])[0]),
        biasData ? ArrayRef<float>(*biasData) : ArrayRef<float>());
    chooseBias(data, known);
    perChannel = true;
    for (float scale : weights.scales)
      scales.push_back(accumulatorScale(scale));
  } else if (activations.size() > 1) {
    scales.push_back(accumulatorScale(getScales(activations[1])[0]));
  } else {
    auto reduce = dyn_cast<ReduceOp>(*op);
    bool mean = reduce && reduce.getKind() == ReduceKind::mean;
    scales.push_back(accumulatorScale(1) /
                     (mean ? double(op.getAccumulationDepth()) : 1));
  }
  if (!llvm::all_of(scales, isUsableScale) ||
      !llvm::all_of(weights.scales, isUsableScale))
    return "the scale of its accumulators is no normal f32";
  if (biasData)
    bias = quantizeBias(*biasData, scales);
  return std::nullopt;
}

//===-- The accumulator ---------------------------------------------------===//

std::vector<int64_t> CodesOfOp::boundsBeforeBias() {
  auto zeroPoint = int32_t(getZeroPoints(activations[0])[0]);
  if (OpOperand *operand = op.getWeightOperand()) {
    auto type = cast<RankedTensorType>(operand->get().getType());
    return accumulatorBounds(
        weights, ChannelLayout(type.getShape(), op.getWeightChannelAxis()),
        zeroPoint);
  }
  int64_t factor = activations.size() > 1 ? 127 : 1;
  int64_t widest = std::max(zeroPoint, 255 - zeroPoint);
  return {op.getAccumulationDepth() * factor * widest};
}

std::optional<std::string> CodesOfOp::proveAccumulator() {
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  std::vector<int64_t> bounds = boundsBeforeBias();
  bound = *llvm::max_element(bounds);
  if (bound > most)
    return llvm::formatv("its accumulator may reach {0}, beyond 32 bits", bound)
        .str();
  if (!bias)
    return std::nullopt;
  int64_t withBias = 0;
  for (size_t i = 0; i < bias->size(); ++i)
    withBias = std::max(withBias, bounds[perChannel ? i : 0] +
                                      std::abs(int64_t((*bias)[i])));
  if (withBias > most)
    bias.reset();
  else
    bound = withBias;
  return std::nullopt;
}

//===-- Building ----------------------------------------------------------===//

Value CodesOfOp::buildActivation(OpBuilder &builder, size_t index) {
  Value value = op.getActivationOperands()[index]->get();
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(value);
  if (softmax && value == softmax.getResult())
    softmax.setUnnormalized(true);
  auto type = cast<RankedTensorType>(value.getType()).clone(activations[index]);
  return QuantizeOp::create(builder, value.getLoc(), type, value);
}

RankedTensorType CodesOfOp::accumulatorType(RankedTensorType shape,
                                            int64_t axis) const {
  return shape.clone(getSymmetricType(shape.getContext(), 32, scales,
                                      perChannel ? std::optional<int64_t>(axis)
                                                 : std::nullopt));
}

/// The bias where it stays in f32.
Value CodesOfOp::buildFloatBias(OpBuilder &builder) {
  OpOperand *operand = biasOperand();
  if (!corrected)
    return operand->get();
  SmallVector<double> values(biasData->begin(), biasData->end());
  return floatConstant(builder, op.getLoc(), {int64_t(values.size())}, values);
}

/// Gives `codes` its bias on codes, or none.
void CodesOfOp::buildBias(OpBuilder &builder, Operation *codes) {
  OpOperand *operand = biasOperand();
  if (operand)
    codes->eraseOperand(operand->getOperandNumber());
  if (!bias)
    return;
  Location location = operand ? operand->get().getLoc() : op->getLoc();
  auto type = accumulatorType(
      RankedTensorType::get(int64_t(bias->size()), builder.getF32Type()),
      /*axis=*/0);
  Value value = codesConstant(builder, location, type, rawBytes(*bias));
  codes->insertOperands(codes->getNumOperands(), value);
}

Value CodesOfOp::build(OpBuilder &builder) {
  Location location = op->getLoc();
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  Operation *codes = builder.clone(*op);
  for (auto [i, operand] : llvm::enumerate(op.getActivationOperands()))
    codes->setOperand(operand->getOperandNumber(), buildActivation(builder, i));
  builder.setInsertionPoint(codes);
  if (OpOperand *operand = op.getWeightOperand()) {
    auto type = cast<RankedTensorType>(operand->get().getType());
    SmallVector<double> wide(weights.scales.begin(), weights.scales.end());
    auto element = getSymmetricType(builder.getContext(), 8, wide,
                                    op.getWeightChannelAxis());
    codes->setOperand(operand->getOperandNumber(),
                      codesConstant(builder, operand->get().getLoc(),
                                    type.clone(element),
                                    rawBytes(weights.codes)));
  }
  buildBias(builder, codes);
  codes->getResult(0).setType(
      accumulatorType(result, op.getResultChannelAxis()));
  builder.setInsertionPointAfter(codes);
  Value real =
      DequantizeOp::create(builder, location, result, codes->getResult(0));
  if (!bias && (biasOperand() || corrected))
    real =
        AddOp::create(builder, location, result, real, buildFloatBias(builder));
  if (!softmax)
    return real;
  Value quotient = buildDivision(builder, real, codes->getOperand(0));
  moveExtent(codes->getResult(0), quotient);
  return quotient;
}
