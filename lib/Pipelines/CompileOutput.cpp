#include "CompileOutput.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"
#include "quantir/Artifact/WriteArtifact.h"
#include "quantir/Artifact/WriteFolder.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace quantir;

LogicalResult CompileOutput::cannotWrite(MLIRContext *context,
                                         llvm::Error error) {
  if (!error)
    return success();
  outcome = Outcome::CannotWrite;
  return emitError(UnknownLoc::get(context), llvm::toString(std::move(error)));
}

/// Errors that carry a code are those of the system.
static bool isSystemError(const llvm::Error &error) {
  bool is = false;
  llvm::visitErrors(error, [&](const llvm::ErrorInfoBase &info) {
    is |= info.convertToErrorCode() != llvm::inconvertibleErrorCode();
  });
  return is;
}

LogicalResult CompileOutput::report(ModuleOp module, llvm::Error error) {
  if (!error)
    return success();
  if (isSystemError(error))
    return cannotWrite(module.getContext(), std::move(error));
  return module.emitError(llvm::toString(std::move(error)));
}

/// What would fail after minutes fails at once.
static std::error_code checkWritable(StringRef path) {
  namespace fs = llvm::sys::fs;
  fs::file_status status;
  if (!fs::status(path, status) && fs::is_directory(status))
    return std::make_error_code(std::errc::is_a_directory);
  if (fs::is_other(status)) // written in place
    return fs::access(path, fs::AccessMode::Write);
  StringRef folder = llvm::sys::path::parent_path(path);
  return fs::access(folder.empty() ? "." : folder, fs::AccessMode::Write);
}

LogicalResult CompileOutput::checkPaths(StringRef modelPath,
                                        const CompileOptions &options,
                                        MLIRContext *context) {
  Location nowhere = UnknownLoc::get(context);
  for (StringRef written :
       {path, StringRef(options.statisticsOut), StringRef(options.tune)}) {
    if (written.empty() || written == "-")
      continue;
    for (StringRef input : {modelPath, StringRef(options.calibration)}) {
      bool same = false;
      if (!llvm::sys::fs::equivalent(input, written, same) && same)
        return emitError(nowhere)
               << written << " is an input; choose another output";
    }
    if (written == path && options.stage == Stage::SpirvCode) {
      if (failed(cannotWrite(context, checkFolder(path, ".spv"))))
        return failure();
      continue;
    }
    if (std::error_code code = checkWritable(written)) {
      outcome = Outcome::CannotWrite;
      return emitError(nowhere)
             << "cannot write '" << written << "': " << code.message();
    }
  }
  return success();
}

LogicalResult CompileOutput::writeText(MLIRContext *context, StringRef text) {
  if (path == "-")
    return cannotWrite(context, llvm::writeToOutput(path, [&](raw_ostream &os) {
                         os << text;
                         return llvm::Error::success();
                       }));
  return cannotWrite(context, writeFileWhole(path, text));
}

LogicalResult CompileOutput::writeSpirv(ModuleOp module,
                                        const GpuProgram &program) {
  if (path == "-") {
    std::string text;
    llvm::raw_string_ostream os(text);
    for (auto kernel : module.getOps<spirv::ModuleOp>())
      os << *kernel << "\n";
    return writeText(module.getContext(), text);
  }
  std::map<std::string, StringRef> files;
  for (const GpuProgram::Kernel &kernel : program.kernels)
    for (const GpuProgram::Form &form : kernel.forms)
      files[form.name + ".spv"] =
          StringRef(reinterpret_cast<const char *>(form.words.data()),
                    form.words.size() * sizeof(uint32_t));
  return cannotWrite(module.getContext(),
                     writeFolderWhole(path, ".spv", files));
}

LogicalResult CompileOutput::writeModule(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (path.ends_with(".mlirbc")) {
    if (failed(writeBytecodeToFile(module, os)))
      return module.emitError("has no form as bytecode");
    return writeText(module.getContext(), text);
  }
  module.print(os, OpPrintingFlags().enableDebugInfo());
  os << "\n";
  return writeText(module.getContext(), text);
}
