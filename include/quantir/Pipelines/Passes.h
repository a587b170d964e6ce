#ifndef QUANTIR_PIPELINES_PASSES_H
#define QUANTIR_PIPELINES_PASSES_H

#include "Quantir/QuantirDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace quantir {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantir/Pipelines/Passes.h.inc"

} // namespace quantir

#endif // QUANTIR_PIPELINES_PASSES_H
