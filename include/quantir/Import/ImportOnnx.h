#ifndef QUANTIR_IMPORT_IMPORTONNX_H
#define QUANTIR_IMPORT_IMPORTONNX_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringMap.h"

#include <vector>

namespace quantir {

/// Limits on what a model file may ask for.
struct ImportLimits {
  int64_t fileBytes = (int64_t(1) << 31) - 1; ///< protobuf's own limit
  int64_t tensorBytes = int64_t(4) << 30;
  int64_t rank = 32;
  int64_t nodes = 1000000;
  unsigned errors = 20; ///< reported before giving up
};

struct ImportOptions {
  /// Shapes of inputs by name; they replace what the model says.
  llvm::StringMap<std::vector<int64_t>> shapes;
  ImportLimits limits;
};

/// Reads the ONNX model at `path` into a module with one function `@main`.
/// Every shape is static: a dynamic first dimension becomes 1, other dynamic
/// ones must be given. Arguments and results carry `quantir.name`, the module
/// `quantir.model` (the file's stem) and `quantir.hash` (SHA-256 of the file).
/// Everything wrong with the model is a diagnostic that names the node.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
importOnnx(mlir::MLIRContext *context, llvm::StringRef path,
           const ImportOptions &options = {});

/// The same from memory; `path` names the model and the folder that holds its
/// external data.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
importOnnx(mlir::MLIRContext *context, llvm::StringRef bytes,
           llvm::StringRef path, const ImportOptions &options);

} // namespace quantir

#endif // QUANTIR_IMPORT_IMPORTONNX_H
