#ifndef QUANTIR_LIB_QUANTIZE_BIASCORRECTION_H
#define QUANTIR_LIB_QUANTIZE_BIASCORRECTION_H

#include "Quantir/QuantirOps.h"
#include "quantir/Quantize/WeightCodes.h"

namespace quantir {

/// Rounding weights shifts the mean of every output channel by
/// `E[(rounded - w) x]`. Returns what to add to the bias of `op`, a value an
/// output channel, so that the mean stays: `sum (w - rounded) * E[x]`, taps
/// outside the image counting as often as they are inside (Nagel et al.,
/// Data-free quantization, 2019; here the means are measured).
///
/// Nothing for matrix products of several rows: rows of a sequence have means
/// of their own, and correcting by the common one costs MiniLM 1 dB.
std::optional<std::vector<double>> biasCorrection(mlir::Operation *op,
                                                  const FloatElements &weights,
                                                  const WeightCodes &codes,
                                                  llvm::ArrayRef<float> means);

} // namespace quantir

#endif // QUANTIR_LIB_QUANTIZE_BIASCORRECTION_H
