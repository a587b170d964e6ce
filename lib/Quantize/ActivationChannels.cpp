#include "quantir/Quantize/ActivationChannels.h"

#include "NamedEntries.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace quantir;

static constexpr StringLiteral attributeName = "quantir.channels";

void quantir::setActivationChannels(ModuleOp module,
                                    const ChannelsByName &channels) {
  Builder builder(module.getContext());
  SmallVector<NamedAttribute> entries;
  for (const auto &[name, channel] : channels) {
    SmallVector<NamedAttribute> fields = {
        builder.getNamedAttr("high",
                             builder.getDenseF32ArrayAttr(channel.high)),
        builder.getNamedAttr("low", builder.getDenseF32ArrayAttr(channel.low)),
        builder.getNamedAttr("mean",
                             builder.getDenseF32ArrayAttr(channel.mean))};
    if (channel.outputNoise)
      fields.push_back(builder.getNamedAttr(
          "output_noise", builder.getF32FloatAttr(*channel.outputNoise)));
    entries.push_back(
        builder.getNamedAttr(name, builder.getDictionaryAttr(fields)));
  }
  module->setAttr(attributeName, builder.getDictionaryAttr(entries));
}

static std::optional<ActivationChannels> readChannels(Attribute entry) {
  auto fields = dyn_cast<DictionaryAttr>(entry);
  if (!fields)
    return std::nullopt;
  auto low = fields.getAs<DenseF32ArrayAttr>("low");
  auto high = fields.getAs<DenseF32ArrayAttr>("high");
  auto mean = fields.getAs<DenseF32ArrayAttr>("mean");
  if (!low || !high || !mean || low.size() != mean.size() ||
      high.size() != mean.size())
    return std::nullopt;
  ActivationChannels channels;
  if (auto noise = fields.getAs<FloatAttr>("output_noise"))
    channels.outputNoise = float(noise.getValueAsDouble());
  llvm::append_range(channels.low, low.asArrayRef());
  llvm::append_range(channels.high, high.asArrayRef());
  llvm::append_range(channels.mean, mean.asArrayRef());
  for (size_t i = 0; i != channels.size(); ++i)
    if (!std::isfinite(channels.low[i]) || !std::isfinite(channels.high[i]) ||
        !std::isfinite(channels.mean[i]) || channels.low[i] > channels.high[i])
      return std::nullopt;
  return channels;
}

FailureOr<ChannelsByName> quantir::getActivationChannels(ModuleOp module) {
  ChannelsByName channels;
  if (failed(readNamedEntries<ActivationChannels>(
          module, attributeName,
          "{low, high, mean = array<f32: ...>} of equal length, finite and low "
          "below high,",
          readChannels, channels)))
    return failure();
  return channels;
}
