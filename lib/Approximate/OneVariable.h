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

/// The chain computed on codes by tables, or the reason why not.
struct Tabulated {
  mlir::Value result;
  /// The certificate: the largest error over all codes, in steps of the result.
  double stepsOff = 0;
  std::string reason;
};

/// From 8 bits to 8 a `lookup`. Else the best of three: an `interpolate` over
/// all codes; one over the codes between which the function changes, where it
/// is flat beyond them (sigmoid); or max(x, 0) and an `interpolate` of the
/// rest, which is flat far from zero (GELU, SiLU, softplus).
///
/// A GELU alone is that of the form `gelu`, in one table, and its certificate
/// counts from the definition.
/// \param codes  of 8 bits or 16 and one scale; 16 for results of 16.
Tabulated tabulate(mlir::OpBuilder &builder,
                   llvm::ArrayRef<mlir::Operation *> chain, mlir::Value codes,
                   mlir::quant::QuantizedType out,
                   approximate::GeluForm gelu = approximate::GeluForm::Table);

} // namespace quantir

#endif // QUANTIR_LIB_APPROXIMATE_ONEVARIABLE_H
