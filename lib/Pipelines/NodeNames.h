#ifndef QUANTIR_LIB_PIPELINES_NODENAMES_H
#define QUANTIR_LIB_PIPELINES_NODENAMES_H

#include "mlir/IR/BuiltinOps.h"

namespace quantir {

/// Fails, naming the nearest node, for each of `patterns` (regular expressions,
/// the values of `flag`) that matches no node of `module`.
mlir::LogicalResult checkNodeNames(mlir::ModuleOp module, llvm::StringRef flag,
                                   llvm::ArrayRef<std::string> patterns);

} // namespace quantir

#endif // QUANTIR_LIB_PIPELINES_NODENAMES_H
