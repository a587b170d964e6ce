#ifndef QUANTIR_PIPELINES_CALIBRATION_H
#define QUANTIR_PIPELINES_CALIBRATION_H

#include "mlir/IR/BuiltinOps.h"
#include "quantir/Calibrate/Estimators.h"
#include "quantir/Calibrate/Statistics.h"

namespace quantir {

/// Which tensors calibration looks at: those that 8-bit codes are made of, or
/// every one, for integer-only code.
enum class Observed { Activations, Everything };

/// Runs the float model `module` (as the import stage leaves it) on every
/// sample of `path`, as compiled code in this process, and adds what it saw to
/// `statistics`, which are of this model. Memory does not grow with the number
/// of samples, and the result does not depend on their order. What is wrong is
/// a diagnostic.
mlir::LogicalResult calibrate(mlir::ModuleOp module, llvm::StringRef path,
                              Observed observed, Statistics &statistics);

/// Names the model exactly, its weights included: the key of its statistics.
/// `module` is as the import stage leaves it.
std::string modelHash(mlir::ModuleOp module);

/// Chooses the scale of every observed tensor and attaches them to `module` for
/// the quantize stage. `statistics` are of this model; a tensor that was NaN or
/// infinite gets a warning and no scale.
mlir::LogicalResult chooseScales(mlir::ModuleOp module,
                                 const Statistics &statistics,
                                 const Estimator &estimator, Observed observed);

} // namespace quantir

#endif // QUANTIR_PIPELINES_CALIBRATION_H
