#ifndef QUANTIR_LIB_GPU_GPULANES_H
#define QUANTIR_LIB_GPU_GPULANES_H

#include "mlir/IR/Value.h"

namespace quantir {

/// Lanes of a GPU's invocation: f32, i32 or i1, or i64, whose upper halves are
/// i32 lanes of their own, since no phone need have wider integers. One lane is
/// a scalar, four are a vector.
struct GpuLanes {
  GpuLanes(mlir::Value bits = {}, mlir::Value high = {})
      : bits(bits), high(high) {}
  operator mlir::Value() const { return bits; }

  mlir::Value bits;
  mlir::Value high; ///< null unless these are i64 lanes
};

} // namespace quantir

#endif // QUANTIR_LIB_GPU_GPULANES_H
