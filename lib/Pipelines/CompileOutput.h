#ifndef QUANTIR_LIB_PIPELINES_COMPILEOUTPUT_H
#define QUANTIR_LIB_PIPELINES_COMPILEOUTPUT_H

#include "quantir/Gpu/GpuProgram.h"
#include "quantir/Pipelines/Compile.h"

namespace quantir {

/// Where a compilation writes, and how it ended when it failed.
class CompileOutput {
public:
  explicit CompileOutput(llvm::StringRef path) : path(path) {}

  /// Refuses, before anything is done, files that cannot be written or are
  /// inputs.
  mlir::LogicalResult checkPaths(llvm::StringRef modelPath,
                                 const CompileOptions &options,
                                 mlir::MLIRContext *context);

  /// Reports an error of the system.
  mlir::LogicalResult cannotWrite(mlir::MLIRContext *context,
                                  llvm::Error error);
  /// Reports an error: one of the system, or one about `module`.
  mlir::LogicalResult report(mlir::ModuleOp module, llvm::Error error);

  mlir::LogicalResult writeText(mlir::MLIRContext *context,
                                llvm::StringRef text);
  /// As text, or as bytecode if the path says so.
  mlir::LogicalResult writeModule(mlir::ModuleOp module);
  /// The SPIR-V of a program as files of a folder, or of the module that it was
  /// made from as text.
  mlir::LogicalResult writeSpirv(mlir::ModuleOp module,
                                 const GpuProgram &program);

  llvm::StringRef path; ///< "-" is standard output
  Outcome outcome = Outcome::Refused;
};

} // namespace quantir

#endif // QUANTIR_LIB_PIPELINES_COMPILEOUTPUT_H
