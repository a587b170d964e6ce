#ifndef QUANTIR_SLICES_H
#define QUANTIR_SLICES_H

#include "Quantir/QuantirOps.h"

namespace quantir {

/// True when `op` computes slice i along dimension 0 of its results from slice
/// i of its sliced operands and from its other operands whole, for every i.
/// Sliced operands and results are equally long there. Reshapes are not asked:
/// they keep slices in place when both lengths are multiples of the slices.
bool worksBySlices(mlir::Operation *op,
                   llvm::function_ref<bool(mlir::Value)> isSliced);

} // namespace quantir

#endif // QUANTIR_SLICES_H
