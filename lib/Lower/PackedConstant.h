#ifndef QUANTIR_LIB_LOWER_PACKEDCONSTANT_H
#define QUANTIR_LIB_LOWER_PACKEDCONSTANT_H

#include "KernelFunction.h"
#include "quantir/Lower/PackedOrder.h"

namespace quantir {

/// A constant of `count` elements of type `storage` that are those of `weights`
/// in another order, seen from a kernel. Codes may be widened. The constant
/// says what it holds, for whoever needs the weights in yet another order.
mlir::Value packedConstant(KernelFunction &kernel,
                           mlir::DenseElementsAttr weights,
                           const PackedOrder &order, mlir::Type storage,
                           int64_t count);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_PACKEDCONSTANT_H
