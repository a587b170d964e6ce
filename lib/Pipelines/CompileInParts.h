#ifndef QUANTIR_LIB_PIPELINES_COMPILEINPARTS_H
#define QUANTIR_LIB_PIPELINES_COMPILEINPARTS_H

#include "mlir/IR/BuiltinOps.h"
#include "quantir/Target/TargetSpec.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace quantir {

/// Compiles `module`, of the LLVM dialect, on the context's threads: objects
/// that use each other's functions and do what one would.
llvm::Expected<std::vector<std::string>>
compileInParts(mlir::ModuleOp module, const TargetSpec &target);

} // namespace quantir

#endif // QUANTIR_LIB_PIPELINES_COMPILEINPARTS_H
