#ifndef QUANTIR_GPU_PASSES_H
#define QUANTIR_GPU_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "quantir/Gpu/GpuLimits.h"

namespace quantir {

#define GEN_PASS_DECL
#include "quantir/Gpu/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "quantir/Gpu/Passes.h.inc"

} // namespace quantir

#endif // QUANTIR_GPU_PASSES_H
