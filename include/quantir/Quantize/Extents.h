#ifndef QUANTIR_QUANTIZE_EXTENTS_H
#define QUANTIR_QUANTIZE_EXTENTS_H

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/StringMap.h"

namespace quantir {

/// The smallest and the largest finite number that calibration saw.
struct Extent {
  double low, high;
};

/// Symmetric 16-bit codes with one bit of headroom for `extent`.
mlir::quant::QuantizedType wideCodes(mlir::MLIRContext *context, Extent extent);

/// By the names that `quantir-insert-observers` leaves in `quantir.observed`.
using Extents = llvm::StringMap<Extent>;

/// Writes the module attribute `quantir.extents`: `{name = array<f64: low,
/// high>, ...}`.
void setExtents(mlir::ModuleOp module, const Extents &extents);

/// Reads it; none when it is missing. A malformed entry is an error at the
/// module.
mlir::FailureOr<Extents> getExtents(mlir::ModuleOp module);

/// What the attribute `quantir.extent` of the op that makes `value`, or of the
/// function's argument, says.
std::optional<Extent> extentOf(mlir::Value value);

/// Writes that attribute.
void setExtent(mlir::Value value, Extent extent);

/// Moves it from the op that makes `from` to that of `to`.
void moveExtent(mlir::Value from, mlir::Value to);

/// Takes all of them away.
void removeExtents(mlir::ModuleOp module);

} // namespace quantir

#endif // QUANTIR_QUANTIZE_EXTENTS_H
