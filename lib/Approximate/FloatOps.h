#ifndef QUANTIR_LIB_APPROXIMATE_FLOATOPS_H
#define QUANTIR_LIB_APPROXIMATE_FLOATOPS_H

#include "Quantir/QuantirOps.h"

namespace quantir {

inline bool isFloat(mlir::Value value) {
  return mlir::getElementTypeOrSelf(value.getType()).isF32();
}

/// Reads or makes real numbers.
inline bool touchesFloat(mlir::Operation *op) {
  return llvm::any_of(op->getOperands(), isFloat) ||
         llvm::any_of(op->getResults(), isFloat);
}

/// Rearranges or selects elements without computing with them.
inline bool moves(mlir::Operation *op) {
  auto asked = mlir::dyn_cast<QuantizationInterface>(op);
  return asked && asked.movesElements();
}

} // namespace quantir

#endif // QUANTIR_LIB_APPROXIMATE_FLOATOPS_H
