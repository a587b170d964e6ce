#ifndef QUANTIR_LIB_PIPELINES_DESCRIBE_H
#define QUANTIR_LIB_PIPELINES_DESCRIBE_H

#include "mlir/IR/BuiltinOps.h"
#include "quantir/Artifact/ArtifactDescription.h"
#include "quantir/Calibrate/ArrayInfo.h"

namespace quantir {

/// Names, types and shapes of what main takes and gives. `module` is one of
/// tensors: before it is lowered.
ArtifactDescription describe(mlir::ModuleOp module, llvm::StringRef name);

/// The steps of a lowered module.
std::vector<StepDescription> stepsOf(mlir::ModuleOp module);

/// Completes the description with what lowering decided: the arena, the size
/// and hash of the constants, and the steps, which are those of the first of
/// the levels.
void addLowered(llvm::ArrayRef<mlir::ModuleOp> levels,
                ArtifactDescription &description);

/// Bytes of one input or output.
size_t byteSize(const TensorDescription &tensor);

/// The same tensors as sample readers name them.
std::vector<ArrayInfo> arrayInfos(llvm::ArrayRef<TensorDescription> tensors);

} // namespace quantir

#endif // QUANTIR_LIB_PIPELINES_DESCRIBE_H
