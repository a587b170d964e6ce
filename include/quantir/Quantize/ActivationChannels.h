#ifndef QUANTIR_QUANTIZE_ACTIVATIONCHANNELS_H
#define QUANTIR_QUANTIZE_ACTIVATIONCHANNELS_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace quantir {

/// What calibration saw of each channel (the last dimension) of one observed
/// tensor.
struct ActivationChannels {
  llvm::SmallVector<float> low, high, mean;
  size_t size() const { return mean.size(); }
};

/// By the names that `quantir-insert-observers` leaves in `quantir.observed`.
using ChannelsByName = llvm::StringMap<ActivationChannels>;

/// Writes `channels` into the module attribute `quantir.channels`:
/// `{name = {low = array<f32: ...>, high = ..., mean = ...}, ...}`.
void setActivationChannels(mlir::ModuleOp module,
                           const ChannelsByName &channels);

/// Reads that attribute; nothing is known where there is none. A malformed
/// entry is an error at the module.
mlir::FailureOr<ChannelsByName> getActivationChannels(mlir::ModuleOp module);

} // namespace quantir

#endif // QUANTIR_QUANTIZE_ACTIVATIONCHANNELS_H
