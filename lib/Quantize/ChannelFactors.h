#ifndef QUANTIR_LIB_QUANTIZE_CHANNELFACTORS_H
#define QUANTIR_LIB_QUANTIZE_CHANNELFACTORS_H

#include "Quantir/QuantirOps.h"
#include "quantir/Quantize/ActivationChannels.h"

namespace quantir {

/// True when weights of `op` belong to one input channel each, so that a factor
/// of that channel can be divided out of them: depthwise convolutions, and
/// products of several rows with a constant matrix.
bool takesFactors(mlir::Operation *op);

/// What to multiply each channel by that `readers` (all of one kind, for which
/// `takesFactors` holds) read; nothing where the channels are alike already.
///
/// Depthwise: every channel gets the range of the largest, as if it had a scale
/// of its own, since its weights have one. Products: `max|w|^(1-a) / max|x|^a`
/// with a = 3/4 (Xiao et al., SmoothQuant, 2022), which hands part of the
/// largest channels to the weights.
std::optional<llvm::SmallVector<double>>
chooseFactors(llvm::ArrayRef<mlir::Operation *> readers,
              const ActivationChannels &channels);

/// Divides the weights of every input channel of `op` by its factor.
void divideInputs(mlir::Operation *op, llvm::ArrayRef<double> factors);

/// Multiplies every output channel of `op`, a convolution, a product or a
/// norm, by changing its constants; false, and nothing done, when they are not
/// constant.
bool scaleOutputs(mlir::Operation *op, llvm::ArrayRef<double> factors);

} // namespace quantir

#endif // QUANTIR_LIB_QUANTIZE_CHANNELFACTORS_H
