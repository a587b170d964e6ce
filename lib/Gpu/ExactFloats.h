#ifndef QUANTIR_LIB_GPU_EXACTFLOATS_H
#define QUANTIR_LIB_GPU_EXACTFLOATS_H

#include "WordCode.h"

/// Floating-point arithmetic of f32 lanes by integers, for devices whose own is
/// not rounded correctly: every result is, subnormal ones and those of infinity
/// and NaN included, whatever the device does with subnormal numbers.
namespace quantir {

/// a * b + c, rounded once.
mlir::Value computeFma(WordCode &w, mlir::Value a, mlir::Value b,
                       mlir::Value c);

/// a / b, of which the device need know a few digits.
mlir::Value computeQuotient(WordCode &w, mlir::Value a, mlir::Value b);

/// The square root likewise.
mlir::Value computeRoot(WordCode &w, mlir::Value a);

/// i64 lanes, rounded once.
mlir::Value roundToFloat(WordCode &w, GpuLanes x);

} // namespace quantir

#endif // QUANTIR_LIB_GPU_EXACTFLOATS_H
