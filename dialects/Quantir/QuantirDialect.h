#ifndef QUANTIR_DIALECT_H
#define QUANTIR_DIALECT_H

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/IR/Dialect.h"

#include "Quantir/QuantirDialect.h.inc"

#endif // QUANTIR_DIALECT_H
