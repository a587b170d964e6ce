#ifndef QUANTIR_GPU_PASSES_H
#define QUANTIR_GPU_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace quantir {

/// On a dispatch: the number of the result that it writes a part of, which
/// dispatches with the same number do not touch.
inline constexpr llvm::StringLiteral kPartOfAttr = "quantir.part_of";

#define GEN_PASS_DECL
#include "quantir/Gpu/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "quantir/Gpu/Passes.h.inc"

} // namespace quantir

#endif // QUANTIR_GPU_PASSES_H
