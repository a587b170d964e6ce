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

quant::QuantizedType CodesOfOp::wideType(Value value,
                                         const ActivationScale &scale) {
  std::optional<Extent> extent = extentOf(value);
  if (!extent)
    extent = extentOf(originOf(value));
  double most = 127.0 * scale.symmetricScale;
  return wideCodes(op->getContext(), extent.value_or(Extent{-most, most}));
}

std::optional<std::string>
CodesOfOp::chooseActivation(OpOperand &operand, const CalibratedValues &known) {
  Value value = operand.get();
  bool wide = known.wide == WideActivations::All;
  bool isOnly = op.getActivationOperands().size() == 1;
  if (wide && !isOnly)
    reason = "both operands are activations";
  if (auto channels = known.channels.find(value);
      channels != known.channels.end() && channels->second.isSensitive()) {
    std::string noise =
        llvm::formatv("8 bits for its input put noise of {0:P} on the outputs",
                      *channels->second.outputNoise);
    if (known.wide == WideActivations::None || !op.getWeightOperand())
      return noise;
    if (!wide)
      reason = noise;
    wide = true;
  }
  std::optional<ActivationScale> scale = softmax && value == softmax.getResult()
                                             ? scaleOfRange(0, 1)
                                             : scaleOf(value, known);
  if (!scale)
    return llvm::formatv("operand {0} was not calibrated",
                         operand.getOperandNumber())
        .str();
  MLIRContext *context = op->getContext();
  if (wide && isOnly)
    activations.push_back(wideType(value, *scale));
  else if (activations.empty())
    activations.push_back(
        getActivationType(context, scale->scale, scale->zeroPoint));
  else
    activations.push_back(
        getSymmetricType(context, 8, {scale->symmetricScale}, std::nullopt));
  return std::nullopt;
}

std::optional<std::string>
CodesOfOp::chooseActivations(const CalibratedValues &known) {
  if (known.divisionWaits)
    softmax = deferrableSoftmax(op);
  for (OpOperand *operand : op.getActivationOperands())
    if (auto reason = chooseActivation(*operand, known))
      return reason;
  if (isWideCode(activations[0]) && op.getWeightOperand())
    parts = {{256, 128, {}}, {1, 0, {}}};
  else
    parts = {{1, int32_t(getZeroPoints(activations[0])[0]), {}}};
  return std::nullopt;
}

std::string CodesOfOp::describe() const {
  std::string text = isWideCode(activations[0]) ? "computes on 16-bit codes"
                                                : "computes on 8-bit codes";
  return reason.empty() ? text : text + ": " + reason;
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
        float(getScales(activations[0])[0] * parts[0].unit),
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
  chooseBiasCodes();
  return std::nullopt;
}

SmallVector<double> CodesOfOp::scalesOf(const Part &part) const {
  return llvm::map_to_vector(scales,
                             [&](double scale) { return part.unit * scale; });
}

/// Each part takes what its steps can of what those before left.
void CodesOfOp::chooseBiasCodes() {
  if (!biasData)
    return;
  std::vector<float> rest = *biasData;
  for (Part &part : parts) {
    SmallVector<double> units = scalesOf(part);
    part.bias = quantizeBias(rest, units);
    if (!part.bias)
      return dropBiasCodes();
    for (size_t i = 0; i < rest.size(); ++i)
      rest[i] =
          float(rest[i] - (*part.bias)[i] * units[units.size() == 1 ? 0 : i]);
  }
}

void CodesOfOp::dropBiasCodes() {
  for (Part &part : parts)
    part.bias.reset();
}

//===-- The accumulator ---------------------------------------------------===//

std::vector<int64_t> CodesOfOp::boundsBeforeBias(const Part &part) {
  if (OpOperand *operand = op.getWeightOperand()) {
    auto type = cast<RankedTensorType>(operand->get().getType());
    return accumulatorBounds(
        weights, ChannelLayout(type.getShape(), op.getWeightChannelAxis()),
        part.zeroPoint);
  }
  int64_t factor = activations.size() > 1 ? 127 : 1;
  quant::QuantizedType type = activations[0];
  int64_t widest = std::max(part.zeroPoint - type.getStorageTypeMin(),
                            type.getStorageTypeMax() - part.zeroPoint);
  return {op.getAccumulationDepth() * factor * widest};
}

std::optional<std::string> CodesOfOp::proveAccumulator() {
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  int64_t withBias = 0;
  for (const Part &part : parts) {
    std::vector<int64_t> bounds = boundsBeforeBias(part);
    bound = std::max(bound, *llvm::max_element(bounds));
    for (size_t i = 0; part.bias && i < part.bias->size(); ++i)
      withBias = std::max(withBias, bounds[perChannel ? i : 0] +
                                        std::abs(int64_t((*part.bias)[i])));
  }
  if (bound > most)
    return llvm::formatv("its accumulator may reach {0}, beyond 32 bits", bound)
        .str();
  if (withBias > most)
    dropBiasCodes();
  else
    bound = std::max(bound, withBias);
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
  return QuantizeOp::create(builder, value.getLoc(), type, value,
                            canTakeReciprocal(activations[index]));
}

RankedTensorType CodesOfOp::accumulatorType(RankedTensorType shape,
                                            int64_t axis,
                                            const Part &part) const {
  return shape.clone(getSymmetricType(shape.getContext(), 32, scalesOf(part),
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
void CodesOfOp::buildBias(OpBuilder &builder, Operation *codes,
                          const Part &part) {
  OpOperand *operand = biasOperand();
  if (operand)
    codes->eraseOperand(operand->getOperandNumber());
  if (!part.bias)
    return;
  Location location = operand ? operand->get().getLoc() : op->getLoc();
  auto type = accumulatorType(
      RankedTensorType::get(int64_t(part.bias->size()), builder.getF32Type()),
      /*axis=*/0, part);
  Value value = codesConstant(builder, location, type, rawBytes(*part.bias));
  codes->insertOperands(codes->getNumOperands(), value);
}

Value CodesOfOp::buildByte(OpBuilder &builder, Value codes, const Part &part) {
  bool high = part.unit != 1;
  auto type = cast<RankedTensorType>(codes.getType());
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(codes);
  return ByteOp::create(builder, codes.getLoc(),
                        type.clone(ByteOp::typeOf(activations[0], high)), codes,
                        high);
}

Operation *CodesOfOp::buildPart(OpBuilder &builder, ArrayRef<Value> read,
                                const Part &part) {
  Operation *codes = builder.clone(*op);
  for (auto [operand, value] : llvm::zip(op.getActivationOperands(), read))
    codes->setOperand(operand->getOperandNumber(),
                      isSplit() ? buildByte(builder, value, part) : value);
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
  buildBias(builder, codes, part);
  codes->getResult(0).setType(
      accumulatorType(cast<RankedTensorType>(op->getResult(0).getType()),
                      op.getResultChannelAxis(), part));
  builder.setInsertionPointAfter(codes);
  return codes;
}

/// The parts' sums in f32, the smaller to the larger.
Value CodesOfOp::buildSum(OpBuilder &builder, ArrayRef<Operation *> products) {
  Value sum;
  for (Operation *codes : products) {
    Value real = DequantizeOp::create(
        builder, op->getLoc(), op->getResult(0).getType(), codes->getResult(0));
    sum = sum ? AddOp::create(builder, op->getLoc(), real.getType(), sum, real)
              : real;
  }
  if (isSplit()) // no part has the extent of the whole
    for (Operation *codes : products)
      moveExtent(codes->getResult(0), sum);
  return sum;
}

Value CodesOfOp::build(OpBuilder &builder) {
  SmallVector<Value> read;
  for (size_t i = 0; i < activations.size(); ++i)
    read.push_back(buildActivation(builder, i));
  SmallVector<Operation *> products;
  for (const Part &part : parts)
    products.push_back(buildPart(builder, read, part));
  Value real = buildSum(builder, products);
  if (!parts[0].bias && (biasOperand() || corrected))
    real = AddOp::create(builder, op->getLoc(), real.getType(), real,
                         buildFloatBias(builder));
  if (!softmax)
    return real;
  Value quotient = buildDivision(builder, real, products[0]->getOperand(0));
  moveExtent(products[0]->getResult(0), quotient);
  return quotient;
}
