#ifndef QUANTIR_LIB_GPU_GPUBUILDER_H
#define QUANTIR_LIB_GPU_GPUBUILDER_H

#include "GpuKernel.h"

namespace quantir {

class QuadEvaluator;
struct QuadPosition;

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

/// The builder of ElementwiseMath.h that emits the code of a GPU's invocation:
/// the twin of the interpreter's.
///
/// The device rounds sums, products and conversions to nearest even (what does
/// not is refused when a model is loaded); fused multiply-adds, quotients and
/// roots are the device's own where it says that they are exact, else computed.
class GpuBuilder {
public:
  using Value = GpuLanes;

  /// \param lanes  1 or 4.
  GpuBuilder(GpuKernel &kernel, int64_t lanes);
};

} // namespace quantir

#endif // QUANTIR_LIB_GPU_GPUBUILDER_H
