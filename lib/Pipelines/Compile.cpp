#include "quantir/Pipelines/Compile.h"

#include "Describe.h"
#include "NodeNames.h"
#include "Remarks.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "quantir/Artifact/Codegen.h"
#include "quantir/Artifact/WriteArtifact.h"
#include "quantir/Pipelines/Calibration.h"
#include "quantir/Pipelines/Pipelines.h"
#include "quantir/Pipelines/Tune.h"
#include "quantir/Quantize/Extents.h"
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

namespace {
/// One model on its way to one output.
class Compilation {
public:
  Compilation(const CompileOptions &options, StringRef output)
      : options(options), output(output) {}

  LogicalResult checkPaths(StringRef modelPath, MLIRContext *context);
  LogicalResult run(ModuleOp imported, StringRef modelPath);

  /// How it ended, when it failed.
  Outcome outcome = Outcome::Refused;

private:
  bool isIntegerOnly() const {
    return options.scheme == Scheme::W8A16 ||
           (options.scheme == Scheme::W8A8 && options.integerOnly);
  }
  Observed observed() const {
    return isIntegerOnly() ? Observed::Everything : Observed::Activations;
  }
  LogicalResult cannotWrite(llvm::Error error);
  LogicalResult report(llvm::Error error);
  LogicalResult runPasses(Stage stage,
                          function_ref<void(OpPassManager &)> build);
  LogicalResult addSaved(Statistics &statistics, StringRef path);
  FailureOr<Statistics> gather();
  LogicalResult quantize();
  LogicalResult quantizeOnSamples(QuantizePipelineOptions &chosen);
  LogicalResult readTuning();
  LogicalResult chooseTiles();
  LogicalResult checkInterface(const ArtifactDescription &description);
  LogicalResult writeText(StringRef text);
  LogicalResult writeModule();
  LogicalResult writeCode(const ArtifactDescription &description);

  const CompileOptions &options;
  StringRef output;
  ModuleOp module;
  /// What is known before this compilation tunes.
  Tuning tuning;
  std::map<std::string, TunedTile> tiles;
};
} // namespace

//===----------------------------------------------------------------------===//
// What goes wrong
//===----------------------------------------------------------------------===//

LogicalResult Compilation::cannotWrite(llvm::Error error) {
  if (!error)
    return success();
  outcome = Outcome::CannotWrite;
  return emitError(UnknownLoc::get(module.getContext()),
                   llvm::toString(std::move(error)));
}

LogicalResult Compilation::report(llvm::Error error) {
  if (!error)
    return success();
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

LogicalResult Compilation::checkPaths(StringRef modelPath,
                                      MLIRContext *context) {
  Location nowhere = UnknownLoc::get(context);
  for (StringRef path :
       {output, StringRef(options.statisticsOut), StringRef(options.tune)}) {
    if (path.empty() || path == "-")
      continue;
    for (StringRef input : {modelPath, StringRef(options.calibration)}) {
      bool same = false;
      if (!llvm::sys::fs::equivalent(input, path, same) && same)
        return emitError(nowhere)
               << path << " is an input; choose another output";
    }
    if (std::error_code code = checkWritable(path)) {
      outcome = Outcome::CannotWrite;
      return emitError(nowhere)
             << "cannot write '" << path << "': " << code.message();
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

LogicalResult
Compilation::runPasses(Stage stage, function_ref<void(OpPassManager &)> build) {
  PassManager manager(module.getContext());
  if (options.instrument && failed(options.instrument(manager)))
    return failure();
  build(manager);
  if (options.addPasses)
    options.addPasses(stage, manager);
  ScopedRemarks remarks(module.getContext(), options.remarks);
  return manager.run(module);
}

LogicalResult Compilation::addSaved(Statistics &statistics, StringRef path) {
  llvm::Expected<Statistics> saved = Statistics::load(path);
  if (!saved)
    return report(saved.takeError());
  if (saved->modelHash() != statistics.modelHash())
    return module.emitError("'")
           << path
           << "' holds statistics of another model; calibrate this one with "
              "--calib=DATA.npz --calib-stats-out="
           << path;
  return report(statistics.merge(*saved));
}

/// Statistics from where the options say, saved where they say.
FailureOr<Statistics> Compilation::gather() {
  if (options.calibration.empty() && options.statisticsIn.empty())
    return module.emitError("static quantization needs sample data: give "
                            "--calib=DATA.npz (or saved "
                            "statistics: --calib-stats-in=FILE)");
  Statistics statistics(modelHash(module));
  for (const std::string &path : options.statisticsIn)
    if (failed(addSaved(statistics, path)))
      return failure();
  if (!options.calibration.empty() &&
      failed(calibrate(module, options.calibration, observed(), statistics)))
    return failure();
  if (!options.statisticsOut.empty() &&
      failed(cannotWrite(statistics.save(options.statisticsOut))))
    return failure();
  return statistics;
}

LogicalResult Compilation::quantize() {
  if (options.scheme == Scheme::None)
    return success();
  // Both, so that all is said at once.
  bool named = succeeded(checkNodeNames(module, "--ignore", options.ignore));
  named &= succeeded(checkNodeNames(module, "--only", options.only));
  if (!named)
    return failure();
  QuantizePipelineOptions chosen;
  for (const std::string &name : options.ignore)
    chosen.ignore.push_back(name);
  for (const std::string &name : options.only)
    chosen.only.push_back(name);
  if (options.scheme == Scheme::F16 || options.scheme == Scheme::Bf16)
    return runPasses(Stage::Quantize, [&](OpPassManager &manager) {
      buildShortenPipeline(manager, chosen,
                           options.scheme == Scheme::F16 ? "f16" : "bf16");
    });
  return quantizeOnSamples(chosen);
}

LogicalResult Compilation::quantizeOnSamples(QuantizePipelineOptions &chosen) {
  FailureOr<Statistics> statistics = gather();
  if (failed(statistics) ||
      failed(chooseScales(module, *statistics, options.estimator, observed())))
    return failure();
  chosen.integerOnly = options.integerOnly;
  chosen.wideActivations = options.scheme == Scheme::W8A16;
  chosen.verifyIntegerOnly = options.verifyIntegerOnly;
  chosen.neverSlower = options.neverSlower;
  chosen.triple = options.target.triple;
  chosen.cpu = options.target.cpu;
  chosen.features = options.target.features;
  chosen.tuning = options.tuning;
  chosen.softmax = options.softmax;
  chosen.gelu = options.gelu;
  chosen.norm = options.norm;
  LogicalResult result =
      runPasses(Stage::Quantize, [&](OpPassManager &manager) {
        buildQuantizePipeline(manager, chosen);
      });
  module->removeAttr("quantir.scales");
  module->removeAttr("quantir.channels");
  removeExtents(module);
  return result;
}

/// What would be refused after minutes is refused at once.
LogicalResult Compilation::readTuning() {
  if (!options.tuning.empty()) {
    llvm::Expected<Tuning> read = Tuning::load(options.tuning);
    if (!read)
      return report(read.takeError());
    llvm::Expected<const TunedTarget *> choices =
        read->choicesFor(options.target, options.tuning);
    if (!choices)
      return report(choices.takeError());
    tiles = (*choices)->tiles;
  }
  if (options.tune.empty())
    return success();
  if (llvm::Error error = checkIsThisMachine(options.target))
    return report(std::move(error));
  if (!llvm::sys::fs::exists(options.tune))
    return success();
  llvm::Expected<Tuning> known = Tuning::load(options.tune);
  if (!known)
    return report(known.takeError());
  tuning = std::move(*known);
  return success();
}

/// The tiles of this compilation: those that are timed now, then those of a
/// file, then the cost model's.
LogicalResult Compilation::chooseTiles() {
  if (!options.tune.empty()) {
    ScopedRemarks remarks(module.getContext(), options.remarks);
    auto timed = tuneTiles(module, options.target, options.tuneSeconds);
    if (failed(timed))
      return failure();
    for (const auto &[key, tuned] : *timed)
      tiles.insert_or_assign(key, tuned);
    tuning.add(options.target, *timed);
    if (failed(cannotWrite(writeFileWhole(options.tune, tuning.text()))))
      return failure();
  }
  if (!tiles.empty())
    setTiles(module, tiles);
  return success();
}

static StringRef nameOf(Scheme scheme) {
  switch (scheme) {
  case Scheme::None:
    return "none";
  case Scheme::W8A8:
    return "w8a8";
  case Scheme::W8A16:
    return "w8a16";
  case Scheme::F16:
    return "fp16";
  case Scheme::Bf16:
    return "bf16";
  }
  llvm_unreachable("unknown scheme");
}

/// A library's inputs and outputs are memory of some bytes.
LogicalResult
Compilation::checkInterface(const ArtifactDescription &description) {
  LogicalResult result = success();
  auto check = [&](StringRef role, ArrayRef<TensorDescription> tensors) {
    for (const TensorDescription &tensor : tensors)
      if (llvm::is_contained(tensor.shape, 0))
        result = module.emitError(role)
                 << " '" << tensor.name << "' has no elements: its shape is "
                 << shapeString(tensor.shape)
                 << "; give the inputs other shapes with --shape";
  };
  check("input", description.inputs);
  check("output", description.outputs);
  return result;
}

LogicalResult Compilation::writeText(StringRef text) {
  if (output == "-")
    return cannotWrite(llvm::writeToOutput(output, [&](raw_ostream &os) {
      os << text;
      return llvm::Error::success();
    }));
  return cannotWrite(writeFileWhole(output, text));
}

LogicalResult Compilation::writeModule() {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (output.ends_with(".mlirbc")) {
    if (failed(writeBytecodeToFile(module, os)))
      return module.emitError("has no form as bytecode");
    return writeText(text);
  }
  module.print(os, OpPrintingFlags().enableDebugInfo());
  os << "\n";
  return writeText(text);
}

/// Errors that carry a code are those of the system.
static bool isSystemError(const llvm::Error &error) {
  bool is = false;
  llvm::visitErrors(error, [&](const llvm::ErrorInfoBase &info) {
    is |= info.convertToErrorCode() != llvm::inconvertibleErrorCode();
  });
  return is;
}

/// Machine code of the lowered module.
LogicalResult Compilation::writeCode(const ArtifactDescription &description) {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(module, context);
  if (!code)
    return module.emitError("cannot be translated to LLVM IR");
  if (options.stage == Stage::Artifact) {
    llvm::Error error =
        writeArtifact(*code, description, options.target, output);
    return isSystemError(error) ? cannotWrite(std::move(error))
                                : report(std::move(error));
  }
  if (llvm::Error error = addDescription(*code, description, options.target))
    return report(std::move(error));
  if (llvm::Error error = optimizeModule(*code, options.target))
    return report(std::move(error));
  if (options.stage == Stage::LlvmIR)
    return writeText(printModule(*code));
  llvm::Expected<std::string> text = emitAssembly(*code, options.target);
  return text ? writeText(*text) : report(text.takeError());
}

LogicalResult Compilation::run(ModuleOp imported, StringRef modelPath) {
  module = imported;
  if (options.stage == Stage::Onnx)
    return writeModule();
  if (failed(readTuning()))
    return failure();
  if (failed(runPasses(Stage::Import, [&](OpPassManager &manager) {
        buildImportPipeline(manager, isIntegerOnly());
      })))
    return failure();
  if (options.stage == Stage::Import)
    return writeModule();
  if (failed(quantize()))
    return failure();
  if (options.stage == Stage::Quantize)
    return writeModule();
  if (failed(runPasses(Stage::Fuse, [&](OpPassManager &manager) {
        buildFusePipeline(manager, &options.target);
      })))
    return failure();
  if (options.stage == Stage::Fuse)
    return writeModule();
  // Symbols carry the name of the file of code.
  bool isCode = options.stage >= Stage::LlvmIR && output != "-";
  StringRef stem = llvm::sys::path::stem(isCode ? output : modelPath);
  ArtifactDescription description = describe(module, stem);
  description.quantization = nameOf(options.scheme);
  if (failed(checkInterface(description)) || failed(chooseTiles()))
    return failure();
  if (failed(runPasses(Stage::Linalg, [&](OpPassManager &manager) {
        buildLowerPipeline(manager, options.target);
      })))
    return failure();
  addLowered(module, description);
  if (options.stage == Stage::Linalg)
    return writeModule();
  if (failed(runPasses(Stage::Llvm, [&](OpPassManager &manager) {
        buildLLVMPipeline(manager, description.name);
      })))
    return failure();
  if (options.stage == Stage::Llvm)
    return writeModule();
  return writeCode(description);
}

Outcome quantir::compile(MLIRContext *context, StringRef modelPath,
                         const CompileOptions &options, StringRef output) {
  Compilation compilation(options, output);
  if (failed(compilation.checkPaths(modelPath, context)))
    return compilation.outcome;
  FailureOr<OwningOpRef<ModuleOp>> imported =
      importOnnx(context, modelPath, options.import);
  if (failed(imported) || failed(compilation.run(**imported, modelPath)))
    return compilation.outcome;
  return Outcome::Done;
}
