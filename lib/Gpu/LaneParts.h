#ifndef QUANTIR_LIB_GPU_LANEPARTS_H
#define QUANTIR_LIB_GPU_LANEPARTS_H

#include "QuadEvaluator.h"

namespace quantir {

/// The values that lanes consist of, as loops carry them, and the lanes that
/// consist of them.
inline llvm::SmallVector<mlir::Value> partsOf(const GpuLanes &lanes) {
  if (lanes.high)
    return {lanes.bits, lanes.high};
  return {lanes.bits};
}
inline GpuLanes lanesOf(mlir::ValueRange parts) {
  return {parts[0], parts.size() > 1 ? parts[1] : mlir::Value()};
}

/// Lane `i` of four.
GpuLanes laneOf(GpuKernel &kernel, const GpuLanes &lanes, int64_t i);

/// One lane as four.
GpuLanes repeatLane(GpuKernel &kernel, const GpuLanes &one);

/// The element of `value` at a row and column of `evaluator`'s shape, which is
/// its own, as one lane: a load, or what its quad is computed to be.
mlir::FailureOr<GpuLanes> elementOf(GpuKernel &kernel, QuadEvaluator &evaluator,
                                    mlir::Value value, mlir::Value row,
                                    mlir::Value column);

/// Byte j of word i becomes byte i of word j, of four words.
llvm::SmallVector<mlir::Value>
transposeBytes(GpuKernel &kernel, llvm::ArrayRef<mlir::Value> words);

} // namespace quantir

#endif // QUANTIR_LIB_GPU_LANEPARTS_H
