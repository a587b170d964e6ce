#ifndef QUANTIR_QUANTIZE_REMARKS_H
#define QUANTIR_QUANTIZE_REMARKS_H

#include "mlir/IR/Operation.h"

namespace quantir {

/// The category of all remarks on what is quantized.
constexpr llvm::StringLiteral kQuantizeCategory = "quantir-quantize";

/// `op` stays in floating point: why.
void remarkStaysFloat(mlir::Operation *op, llvm::StringRef reason);

/// `op` does `what`, such as "computes on 8-bit codes".
void remarkQuantized(mlir::Operation *op, llvm::StringRef what);

} // namespace quantir

#endif // QUANTIR_QUANTIZE_REMARKS_H
