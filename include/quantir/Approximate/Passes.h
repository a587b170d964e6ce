#ifndef QUANTIR_APPROXIMATE_PASSES_H
#define QUANTIR_APPROXIMATE_PASSES_H

#include "Quantir/QuantirDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace quantir {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantir/Approximate/Passes.h.inc"

} // namespace quantir

#endif // QUANTIR_APPROXIMATE_PASSES_H
