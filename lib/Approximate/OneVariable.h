#ifndef QUANTIR_LIB_APPROXIMATE_ONEVARIABLE_H
#define QUANTIR_LIB_APPROXIMATE_ONEVARIABLE_H

#include "Quantir/QuantirOps.h"
#include "quantir/Approximate/Gelu.h"

namespace quantir {

/// The operand of an f32 elementwise op that alone varies from element to
/// element: that of a function, or of a binary op whose other operand is one
/// constant number. Null for other ops.
mlir::Value variableOf(mlir::Operation *op);

/// True for functions proper, not sums, products and clamps.
bool isFunction(mlir::Operation *op);

/// A chain of ops of one variable, the first to be applied first.
using Chain = llvm::SmallVector<mlir::Operation *>;

/// What the chain makes of `values`; failure with a diagnostic.
mlir::FailureOr<std::vector<float>>
applyChain(llvm::ArrayRef<mlir::Operation *> chain,
           llvm::ArrayRef<float> values);

/// Computes the chain on codes as a table; says why it cannot. A GELU alone is
/// that of the form `gelu`, and the certificate counts from the definition.
/// \param codes  8 bits or 16, of one scale
/// \param off    the certificate: steps of the result
struct Tabulated {
  mlir::Value result;
  double stepsOff = 0;
  std::string reason;
};
Tabulated tabulate(mlir::OpBuilder &builder,
                   llvm::ArrayRef<mlir::Operation *> chain, mlir::Value codes,
                   mlir::quant::QuantizedType out,
                   approximate::GeluForm gelu = approximate::GeluForm::Table);

} // namespace quantir

#endif // QUANTIR_LIB_APPROXIMATE_ONEVARIABLE_H
