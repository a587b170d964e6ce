#ifndef QUANTIR_FUSE_PASSES_H
#define QUANTIR_FUSE_PASSES_H

#include "Quantir/QuantirDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace quantir {

/// Which attentions become one kernel; see `AttentionInWords`.
enum class AttentionKernels { Any, InWords, None };

/// For how many samples, one after the other, a function of one stands.
inline constexpr llvm::StringLiteral kBatchAttr = "quantir.batch";

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantir/Fuse/Passes.h.inc"

} // namespace quantir

#endif // QUANTIR_FUSE_PASSES_H
