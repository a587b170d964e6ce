#ifndef QUANTIR_LIB_QUANTIZE_DEFERREDDIVISION_H
#define QUANTIR_LIB_QUANTIZE_DEFERREDDIVISION_H

#include "Quantir/QuantirOps.h"

namespace quantir {

/// The softmax whose rows `op` weighs its second operand with, when the
/// division by their sums can wait until after the product; or null.
///
/// Probabilities of many keys are small and would share a few codes. The
/// exponentials before the division reach 1 in every row and use all codes.
SoftmaxOp deferrableSoftmax(mlir::Operation *op);

/// `product` over the row sums of `codes`, the 8-bit exponentials that it was
/// computed from: their exact sums, so that each row's weights add up to 1.
mlir::Value buildDivision(mlir::OpBuilder &builder, mlir::Value product,
                          mlir::Value codes);

} // namespace quantir

#endif // QUANTIR_LIB_QUANTIZE_DEFERREDDIVISION_H
