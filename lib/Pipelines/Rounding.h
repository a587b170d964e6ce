#ifndef QUANTIR_LIB_PIPELINES_ROUNDING_H
#define QUANTIR_LIB_PIPELINES_ROUNDING_H

#include "quantir/Artifact/ArtifactDescription.h"
#include "llvm/ADT/ArrayRef.h"

namespace quantir {

/// Rounds every channel (the last dimension) of `values` to 255 steps over its
/// own range: the best that 8-bit codes with a scale a channel could keep.
void roundChannels(llvm::MutableArrayRef<float> values, size_t channels);

/// The f32 outputs of one run.
std::vector<std::vector<float>>
floatOutputs(llvm::ArrayRef<void *> outputs,
             llvm::ArrayRef<TensorDescription> descriptions);

/// Energy of the difference over the energy of `reference`, of the output where
/// that is largest; 0 when there are none.
double noiseToSignal(llvm::ArrayRef<std::vector<float>> outputs,
                     llvm::ArrayRef<std::vector<float>> reference);

/// True for one sample in sixteen, told by its bytes, so that any split and any
/// order of the samples chooses the same ones.
bool isMeasured(llvm::ArrayRef<void *> inputs,
                llvm::ArrayRef<TensorDescription> descriptions);

} // namespace quantir

#endif // QUANTIR_LIB_PIPELINES_ROUNDING_H
