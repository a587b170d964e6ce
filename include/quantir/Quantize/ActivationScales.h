#ifndef QUANTIR_QUANTIZE_ACTIVATIONSCALES_H
#define QUANTIR_QUANTIZE_ACTIVATIONSCALES_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace quantir {

/// How the codes of one observed tensor may be chosen. Which form is used is
/// the reader's choice: the second activation of a matrix product is symmetric.
struct ActivationScale {
  /// u8 codes: real = scale * (code - zeroPoint).
  float scale;
  int32_t zeroPoint;
  /// i8 codes in [-127, 127]: real = symmetricScale * code.
  float symmetricScale;
};

/// By the names that `quantir-insert-observers` leaves in `quantir.observed`.
using ActivationScales = llvm::StringMap<ActivationScale>;

/// Both forms for values in [low, high], as min-max calibration chooses them.
ActivationScale scaleOfRange(double low, double high);

/// Writes `scales` into the module attribute `quantir.scales`:
/// `{name = {scale = f32, zero_point = i32, symmetric = f32}, ...}`.
void setActivationScales(mlir::ModuleOp module, const ActivationScales &scales);

/// Reads `quantir.ranges` (`{name = array<f64: low, high>, ...}`), then
/// `quantir.scales`, which wins. A malformed entry, or neither attribute, is an
/// error at the module.
mlir::FailureOr<ActivationScales> getActivationScales(mlir::ModuleOp module);

} // namespace quantir

#endif // QUANTIR_QUANTIZE_ACTIVATIONSCALES_H
