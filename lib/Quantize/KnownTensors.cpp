#include "KnownTensors.h"

#include "Plan.h"

using namespace mlir;
using namespace quantir;

FailureOr<KnownTensors> KnownTensors::read(ModuleOp module, func::FuncOp func) {
  FailureOr<ActivationScales> scales = getActivationScales(module);
  FailureOr<ChannelsByName> channels = getActivationChannels(module);
  if (failed(scales) || failed(channels))
    return failure();
  KnownTensors known;
  for (const ObservedValue &observed : observedValues(func)) {
    KnownTensor &tensor = known.of[observed.value];
    if (auto found = scales->find(observed.name); found != scales->end())
      tensor.scale = found->second;
    if (auto found = channels->find(observed.name); found != channels->end())
      tensor.channels = found->second;
  }
  return known;
}

void KnownTensors::record(ModuleOp module, func::FuncOp func) {
  ActivationScales scales;
  ChannelsByName channels;
  for (const ObservedValue &observed : observedValues(func)) {
    const KnownTensor &tensor = of[observed.value];
    if (tensor.scale)
      scales[observed.name] = *tensor.scale;
    if (tensor.channels)
      channels[observed.name] = *tensor.channels;
  }
  module->removeAttr("quantir.ranges");
  setActivationScales(module, scales);
  setActivationChannels(module, channels);
}
