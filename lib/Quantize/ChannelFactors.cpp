#include "ChannelFactors.h"

#include "quantir/Quantize/Constants.h"
#include "quantir/Quantize/WeightCodes.h"
#include <cmath>

using namespace mlir;
using namespace quantir;

/// The largest channel over the mean one from which on factors pay for a
/// multiplication: measured on YOLOX-Nano, MiniLM and tinyvit.
static constexpr double leastSpread = 2;
/// Channels below this share of the largest are all but dead in the samples:
/// what they will hold is unknown, so they are treated as the largest.
static constexpr double deadShare = 0.001;

/// A single row shows each channel once a sample: too little to trust a range
/// for each (Magika's classifier would fall from 27.3 to 18.0 dB).
static bool hasRows(MatmulOp matmul) {
  auto rows = cast<RankedTensorType>(matmul.getLhs().getType());
  return rows.getNumElements() > rows.getShape().back();
}

bool quantir::takesFactors(Operation *op) {
  Value weights;
  if (auto conv = dyn_cast<ConvOp>(op); conv && conv.isDepthwise())
    weights = conv.getFilter();
  else if (auto matmul = dyn_cast<MatmulOp>(op);
           matmul && matmul.getWeightOperand() && hasRows(matmul) &&
           cast<RankedTensorType>(matmul.getRhs().getType()).getRank() == 2)
    weights = matmul.getRhs();
  if (!weights)
    return false;
  std::optional<FloatElements> data = constantFloats(weights);
  return data && data->size() != 0 && data->allFinite();
}

//===-- Weights by channel ------------------------------------------------===//

/// The weights of `op`, seen by the channels that its input has.
static ChannelLayout inputLayout(Operation *op) {
  if (auto conv = dyn_cast<ConvOp>(op)) {
    // Filters of one input channel lie side by side.
    auto filter = cast<RankedTensorType>(conv.getFilter().getType());
    int64_t channels = conv.getGroups();
    return ChannelLayout({channels, filter.getNumElements() / channels}, 0);
  }
  auto matmul = cast<MatmulOp>(op);
  auto type = cast<RankedTensorType>(matmul.getRhs().getType());
  return ChannelLayout(type.getShape(), matmul.getTransposeRhs() ? 1 : 0);
}

/// Replaces the constant in `operand` by one whose channels are multiplied.
static void scaleConstant(OpOperand &operand, ChannelLayout layout,
                          function_ref<double(int64_t)> factorOf) {
  FloatElements data = *constantFloats(operand.get());
  SmallVector<double> scaled(data.size());
  for (size_t i = 0; i != scaled.size(); ++i)
    scaled[i] = data[i] * factorOf(layout.channelOf(int64_t(i)));
  OpBuilder builder(operand.getOwner());
  auto type = cast<RankedTensorType>(operand.get().getType());
  operand.set(
      floatConstant(builder, operand.get().getLoc(), type.getShape(), scaled));
}

void quantir::divideInputs(Operation *op, ArrayRef<double> factors) {
  scaleConstant(*cast<QuantizationInterface>(op).getWeightOperand(),
                inputLayout(op),
                [&](int64_t channel) { return 1 / factors[channel]; });
}

bool quantir::scaleOutputs(Operation *op, ArrayRef<double> factors) {
  SmallVector<std::pair<OpOperand *, int64_t>> constants; // and channel axis
  if (auto norm = dyn_cast<LayerNormOp>(op)) {
    constants = {{&norm.getScaleMutable(), 0}, {&norm.getBiasMutable(), 0}};
  } else if (auto norm = dyn_cast<RmsNormOp>(op)) {
    constants = {{&norm.getScaleMutable(), 0}};
  } else {
    auto computing = cast<QuantizationInterface>(op);
    constants.push_back(
        {computing.getWeightOperand(), computing.getWeightChannelAxis()});
    if (op->getNumOperands() > 2)
      constants.push_back({&op->getOpOperand(2), 0});
  }
  for (auto [operand, axis] : constants)
    if (!constantFloats(operand->get()))
      return false;
  for (auto [operand, axis] : constants) {
    auto type = cast<RankedTensorType>(operand->get().getType());
    scaleConstant(*operand, ChannelLayout(type.getShape(), axis),
                  [&](int64_t channel) { return factors[channel]; });
  }
  return true;
}

//===-- Factors -----------------------------------------------------------===//

/// For each input channel the largest |weight| of all `readers`.
static SmallVector<double> largestWeights(ArrayRef<Operation *> readers,
                                          size_t channels) {
  SmallVector<double> largest(channels, 0);
  for (Operation *reader : readers) {
    auto computing = cast<QuantizationInterface>(reader);
    FloatElements data = *constantFloats(computing.getWeightOperand()->get());
    ChannelLayout layout = inputLayout(reader);
    for (size_t i = 0; i != data.size(); ++i) {
      double &most = largest[layout.channelOf(int64_t(i))];
      most = std::max(most, std::abs(double(data[i])));
    }
  }
  return largest;
}

std::optional<SmallVector<double>>
quantir::chooseFactors(ArrayRef<Operation *> readers,
                       const ActivationChannels &channels) {
  for (Operation *reader : readers)
    if (inputLayout(reader).channels != int64_t(channels.size()))
      return std::nullopt;
  SmallVector<double> largest;
  double most = 0, sum = 0;
  for (auto [low, high] : llvm::zip(channels.low, channels.high)) {
    largest.push_back(std::max(-double(low), double(high)));
    most = std::max(most, largest.back());
    sum += largest.back();
  }
  bool depthwise = isa<ConvOp>(readers[0]);
  if (sum == 0 || most * double(largest.size()) < leastSpread * sum)
    return std::nullopt;
  SmallVector<double> weights;
  if (!depthwise)
    weights = largestWeights(readers, largest.size());
  SmallVector<double> factors;
  for (auto [i, value] : llvm::enumerate(largest)) {
    double size = value < most * deadShare ? most : value;
    if (depthwise) {
      factors.push_back(most / size);
      continue;
    }
    // Square roots are the same on every machine; powers are not.
    double weight = std::max(weights[i], 1e-5);
    factors.push_back(std::sqrt(std::sqrt(weight / size / size / size)));
  }
  return factors;
}
