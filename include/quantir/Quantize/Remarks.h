#ifndef QUANTIR_QUANTIZE_REMARKS_H
#define QUANTIR_QUANTIZE_REMARKS_H

#include "mlir/IR/Operation.h"
#include <optional>
#include <string>

namespace quantir {

/// The category of all remarks on what is quantized.
constexpr llvm::StringLiteral kQuantizeCategory = "quantir-quantize";

/// `op` stays in floating point: why.
void remarkStaysFloat(mlir::Operation *op, llvm::StringRef reason);

/// Notes on `op` why it stays in floating point, for a later pass that may take
/// it up after all.
void noteStaysFloat(mlir::Operation *op, llvm::StringRef reason);

/// Takes that note away; nothing when there is none.
std::optional<std::string> takeStaysFloat(mlir::Operation *op);

/// `op` does `what`, such as "computes on 8-bit codes".
void remarkQuantized(mlir::Operation *op, llvm::StringRef what);

} // namespace quantir

#endif // QUANTIR_QUANTIZE_REMARKS_H
