#ifndef QUANTIR_LIB_GPU_DECORATEBINDINGS_H
#define QUANTIR_LIB_GPU_DECORATEBINDINGS_H

#include "mlir/IR/BuiltinOps.h"

namespace quantir {

/// Tells drivers which bindings of the SPIR-V modules no dispatch writes
/// (NonWritable), so that loads of them need not wait for stores and may go
/// through caches, and whether what one binding writes another one sees
/// (Aliased, else Restrict; a driver that is told nothing may take it for
/// that).
void decorateBindings(mlir::ModuleOp module);

} // namespace quantir

#endif // QUANTIR_LIB_GPU_DECORATEBINDINGS_H
