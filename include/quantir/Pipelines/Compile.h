#ifndef QUANTIR_PIPELINES_COMPILE_H
#define QUANTIR_PIPELINES_COMPILE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "quantir/Import/ImportOnnx.h"

namespace quantir {

/// What a caller may choose; nothing is read from global flags.
struct CompileOptions {
  ImportOptions import;
};

/// The first stage: reads an ONNX model and runs the import pipeline. What is
/// wrong with the model comes out as diagnostics.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
compileToImport(mlir::MLIRContext *context, llvm::StringRef modelPath,
                const CompileOptions &options);

/// Parses `NAME:1x3x224x224`, the value of --shape.
llvm::Error addShape(ImportOptions &options, llvm::StringRef text);

} // namespace quantir

#endif // QUANTIR_PIPELINES_COMPILE_H
