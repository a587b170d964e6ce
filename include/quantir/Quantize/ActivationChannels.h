#ifndef QUANTIR_QUANTIZE_ACTIVATIONCHANNELS_H
#define QUANTIR_QUANTIZE_ACTIVATIONCHANNELS_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace quantir {

/// What calibration saw of each channel (the last dimension) of one observed
/// tensor.
struct ActivationChannels {
  llvm::SmallVector<float> low, high, mean;
  /// Noise / signal (energies) at the model's outputs when this tensor alone is
  /// rounded to 8 bits, where that was measured.
  std::optional<float> outputNoise;
  size_t size() const { return mean.size(); }

  /// What reads a tensor that leaves the outputs less than 27 dB stays in
  /// floating point. The measure gives each channel and sample its own range;
  /// one range for all costs up to 10 dB more. YOLOX-Nano has one such tensor,
  /// at 24.0 dB; in all else that was measured the least is 32.6.
  static constexpr float mostNoise = 0.002f;
  bool isSensitive() const { return outputNoise.value_or(0) > mostNoise; }
};

/// By the names that `quantir-insert-observers` leaves in `quantir.observed`.
using ChannelsByName = llvm::StringMap<ActivationChannels>;

/// Writes `channels` into the module attribute `quantir.channels`:
/// `{name = {low = array<f32: ...>, high = ..., mean = ..., output_noise =
/// f32},
/// ...}`, the noise where it is known.
void setActivationChannels(mlir::ModuleOp module,
                           const ChannelsByName &channels);

/// Reads that attribute; nothing is known where there is none. A malformed
/// entry is an error at the module.
mlir::FailureOr<ChannelsByName> getActivationChannels(mlir::ModuleOp module);

} // namespace quantir

#endif // QUANTIR_QUANTIZE_ACTIVATIONCHANNELS_H
