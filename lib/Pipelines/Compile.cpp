#include "quantir/Pipelines/Compile.h"

#include "Describe.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "quantir/Artifact/Codegen.h"
#include "quantir/Artifact/WriteArtifact.h"
#include "quantir/Pipelines/Calibration.h"
#include "quantir/Pipelines/Pipelines.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace quantir;

llvm::Error quantir::addShape(ImportOptions &options, StringRef text) {
  auto [name, dims] = text.rsplit(':');
  SmallVector<StringRef> parts;
  if (!dims.empty())
    dims.split(parts, 'x');
  std::vector<int64_t> shape;
  for (StringRef part : parts) {
    int64_t size;
    if (part.getAsInteger(10, size) || size < 0)
      return llvm::createStringError("--shape=" + text + ": '" + part +
                                     "' is not a size; write NAME:1x3x224x224");
    shape.push_back(size);
  }
  if (name.size() == text.size())
    return llvm::createStringError("--shape=" + text +
                                   " names no shape; write NAME:1x3x224x224");
  options.shapes[name] = std::move(shape);
  return llvm::Error::success();
}

/// Runs what `build` adds to an empty pass manager.
static LogicalResult run(ModuleOp module,
                         function_ref<void(OpPassManager &)> build) {
  PassManager manager(module.getContext());
  build(manager);
  return manager.run(module);
}

static LogicalResult report(ModuleOp module, llvm::Error error) {
  if (!error)
    return success();
  return module.emitError(llvm::toString(std::move(error)));
}

/// Statistics from where the options say, saved where they say.
static FailureOr<Statistics> gather(ModuleOp module,
                                    const CompileOptions &options) {
  if (options.calibration.empty() && options.statisticsIn.empty())
    return module.emitError("static quantization needs sample data: give "
                            "--calib=DATA.npz (or saved "
                            "statistics: --calib-stats-in=FILE)");
  Statistics statistics;
  if (!options.calibration.empty()) {
    FailureOr<Statistics> gathered = calibrate(module, options.calibration);
    if (failed(gathered))
      return failure();
    statistics = std::move(*gathered);
  }
  if (!options.statisticsIn.empty()) {
    llvm::Expected<Statistics> saved = Statistics::load(options.statisticsIn);
    if (!saved)
      return report(module, saved.takeError());
    if (options.calibration.empty())
      statistics = std::move(*saved);
    else if (failed(report(module, statistics.merge(*saved))))
      return failure();
  }
  if (!options.statisticsOut.empty() &&
      failed(report(module, statistics.save(options.statisticsOut))))
    return failure();
  return statistics;
}

static LogicalResult quantize(ModuleOp module, const CompileOptions &options) {
  if (options.scheme == Scheme::None)
    return success();
  FailureOr<Statistics> statistics = gather(module, options);
  if (failed(statistics) ||
      failed(chooseScales(module, *statistics, options.estimator)))
    return failure();
  QuantizePipelineOptions chosen;
  for (const std::string &name : options.ignore)
    chosen.ignore.push_back(name);
  for (const std::string &name : options.only)
    chosen.only.push_back(name);
  LogicalResult result = run(module, [&](OpPassManager &manager) {
    buildQuantizePipeline(manager, chosen);
  });
  module->removeAttr("quantir.scales");
  return result;
}

static LogicalResult writeText(ModuleOp module, StringRef text,
                               StringRef output) {
  if (output == "-") {
    llvm::Error error = llvm::writeToOutput(output, [&](raw_ostream &os) {
      os << text;
      return llvm::Error::success();
    });
    return report(module, std::move(error));
  }
  return report(module, writeFileWhole(output, text));
}

static LogicalResult writeModule(ModuleOp module, StringRef output) {
  std::string text;
  llvm::raw_string_ostream os(text);
  module.print(os, OpPrintingFlags().enableDebugInfo());
  os << "\n";
  return writeText(module, text, output);
}

/// Machine code of a lowered module.
static LogicalResult writeCode(ModuleOp module,
                               const ArtifactDescription &description,
                               const CompileOptions &options,
                               StringRef output) {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(module, context);
  if (!code)
    return module.emitError("cannot be translated to LLVM IR");
  if (options.stage == Stage::Artifact)
    return report(module,
                  writeArtifact(*code, description, options.target, output));
  if (llvm::Error error = addDescription(*code, description, options.target))
    return report(module, std::move(error));
  if (llvm::Error error = optimizeModule(*code, options.target))
    return report(module, std::move(error));
  llvm::Expected<std::string> text = emitAssembly(*code, options.target);
  if (!text)
    return report(module, text.takeError());
  return writeText(module, *text, output);
}

LogicalResult quantir::compile(MLIRContext *context, StringRef modelPath,
                               const CompileOptions &options,
                               StringRef output) {
  bool sameFile = false;
  if (output != "-" &&
      !llvm::sys::fs::equivalent(modelPath, output, sameFile) && sameFile)
    return emitError(UnknownLoc::get(context))
           << output << " is the model itself; choose another output";
  FailureOr<OwningOpRef<ModuleOp>> imported =
      importOnnx(context, modelPath, options.import);
  if (failed(imported))
    return failure();
  ModuleOp module = **imported;
  if (options.stage == Stage::Onnx)
    return writeModule(module, output);
  if (failed(run(module, buildImportPipeline)))
    return failure();
  if (options.stage == Stage::Import)
    return writeModule(module, output);
  if (failed(quantize(module, options)))
    return failure();
  if (options.stage == Stage::Quantize)
    return writeModule(module, output);
  if (failed(run(module, buildFusePipeline)))
    return failure();
  if (options.stage == Stage::Fuse)
    return writeModule(module, output);
  // An artifact's symbols carry the name of its file.
  StringRef stem = options.stage == Stage::Artifact
                       ? llvm::sys::path::stem(output)
                       : llvm::sys::path::stem(modelPath);
  ArtifactDescription description = describe(module, stem);
  description.quantization = options.scheme == Scheme::W8A8 ? "w8a8" : "none";
  if (failed(run(module, [&](OpPassManager &manager) {
        buildLowerPipeline(manager, options.target);
      })))
    return failure();
  addMemory(module, description);
  if (options.stage == Stage::Linalg)
    return writeModule(module, output);
  if (failed(run(module, [&](OpPassManager &manager) {
        buildLLVMPipeline(manager, description.name);
      })))
    return failure();
  if (options.stage == Stage::Llvm)
    return writeModule(module, output);
  return writeCode(module, description, options, output);
}
