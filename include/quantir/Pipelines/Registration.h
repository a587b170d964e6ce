#ifndef QUANTIR_PIPELINES_REGISTRATION_H
#define QUANTIR_PIPELINES_REGISTRATION_H

#include "mlir/IR/DialectRegistry.h"

namespace quantir {

/// Registers the Quantir dialect and every upstream dialect that a stage of
/// the compiler may contain.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Registers every pass and every named pipeline. The tools call only this.
void registerAllPasses();

} // namespace quantir

#endif // QUANTIR_PIPELINES_REGISTRATION_H
