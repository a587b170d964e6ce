#ifndef QUANTIR_LOWER_MERGECONSTANTS_H
#define QUANTIR_LOWER_MERGECONSTANTS_H

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"

namespace quantir {

/// The globals of some modules, each constant once.
llvm::SmallVector<mlir::memref::GlobalOp>
distinctConstants(llvm::ArrayRef<mlir::ModuleOp> modules);

/// What `quantir-merge-constants` does, for the modules of several processors:
/// all of them then have the same merged constants, with what equals in some of
/// them there once.
void mergeConstants(llvm::ArrayRef<mlir::ModuleOp> modules);

} // namespace quantir

#endif // QUANTIR_LOWER_MERGECONSTANTS_H
