#include "quantir/Pipelines/Compile.h"

#include "ChosenTiles.h"
#include "CompileOutput.h"
#include "Describe.h"
#include "NodeNames.h"
#include "Remarks.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "quantir/Artifact/Codegen.h"
#include "quantir/Artifact/JoinLevels.h"
#include "quantir/Artifact/WriteArtifact.h"
#include "quantir/Gpu/PackConstants.h"
#include "quantir/Lower/MergeConstants.h"
#include "quantir/Lower/Passes.h"
#include "quantir/Pipelines/Calibration.h"
#include "quantir/Pipelines/Pipelines.h"
#include "quantir/Quantize/Extents.h"
#include "quantir/Target/GpuTarget.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
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

llvm::SmallVector<TargetSpec> CompileOptions::targets() const {
  llvm::SmallVector<TargetSpec> all{target};
  llvm::append_range(all, better);
  return all;
}

namespace {
/// One model on its way to one output.
class Compilation {
public:
  Compilation(const CompileOptions &options, CompileOutput &output)
      : options(options), output(output), tiles(options, output) {}

  LogicalResult run(ModuleOp imported, StringRef modelPath);

private:
  bool isIntegerOnly() const {
    return options.scheme == Scheme::W8A16 ||
           (options.scheme == Scheme::W8A8 && options.integerOnly);
  }
  Observed observed() const {
    return isIntegerOnly() ? Observed::Everything : Observed::Activations;
  }
  LogicalResult cannotWrite(llvm::Error error) {
    return output.cannotWrite(module.getContext(), std::move(error));
  }
  LogicalResult report(llvm::Error error);
  LogicalResult runPasses(Stage stage,
                          function_ref<void(OpPassManager &)> build) {
    return runPasses(stage, module, build);
  }
  LogicalResult runPasses(Stage stage, ModuleOp level,
                          function_ref<void(OpPassManager &)> build);
  LogicalResult addSaved(Statistics &statistics, StringRef path);
  FailureOr<Statistics> gather();
  LogicalResult quantize();
  LogicalResult quantizeOnSamples(QuantizePipelineOptions &chosen);
  LogicalResult compileForGpu();
  void packForGpu(GpuProgram &program, ArrayRef<MergedConstant> constants);
  LogicalResult checkInterface(const ArtifactDescription &description);
  LogicalResult lowerAndWrite(StringRef modelPath);
  LogicalResult lower(ArrayRef<ModuleOp> levels, ArrayRef<TargetSpec> targets,
                      ArtifactDescription &description);
  LogicalResult writeCode(ArrayRef<ModuleOp> levels,
                          ArrayRef<TargetSpec> targets,
                          ArtifactDescription &description,
                          ArrayRef<std::vector<StepDescription>> steps);

  const CompileOptions &options;
  CompileOutput &output;
  ModuleOp module;
  ChosenTiles tiles;
  std::optional<GpuProgram> gpu;
};
} // namespace

static bool isForGpuAlone(Stage stage) {
  return stage == Stage::Spirv || stage == Stage::SpirvCode;
}

LogicalResult Compilation::report(llvm::Error error) {
  if (!error)
    return success();
  return module.emitError(llvm::toString(std::move(error)));
}

LogicalResult
Compilation::runPasses(Stage stage, ModuleOp level,
                       function_ref<void(OpPassManager &)> build) {
  PassManager manager(level.getContext());
  if (options.instrument && failed(options.instrument(manager)))
    return failure();
  build(manager);
  if (options.addPasses)
    options.addPasses(stage, manager);
  // What is true of the processor's code as well is said once.
  bool isSaid = stage != Stage::Spirv || isForGpuAlone(options.stage);
  ScopedRemarks remarks(module.getContext(),
                        isSaid ? options.remarks : RemarkFilter());
  return manager.run(level);
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

LogicalResult Compilation::lower(ArrayRef<ModuleOp> levels,
                                 ArrayRef<TargetSpec> targets,
                                 ArtifactDescription &description) {
  // The best level's packings of weights are for the others to read.
  Attribute packings;
  if (levels.size() > 1)
    packings = DictionaryAttr::get(module.getContext());
  for (auto [level, target] :
       llvm::zip(llvm::reverse(levels), llvm::reverse(targets))) {
    tiles.set(level, target);
    if (packings)
      level->setAttr(kPackingsAttr, packings);
    if (failed(runPasses(Stage::Linalg, level, [&](OpPassManager &manager) {
          buildLowerPipeline(manager, target);
        })))
      return failure();
    if (packings)
      packings = level->removeAttr(kPackingsAttr);
  }
  addLowered(levels, description);
  return success();
}

/// Machine code of the lowered modules.
LogicalResult
Compilation::writeCode(ArrayRef<ModuleOp> levels, ArrayRef<TargetSpec> targets,
                       ArtifactDescription &description,
                       ArrayRef<std::vector<StepDescription>> steps) {
  llvm::LLVMContext context;
  std::vector<LevelCode> code;
  for (auto [level, target, levelSteps] : llvm::zip(levels, targets, steps)) {
    code.push_back(
        {translateModuleToLLVMIR(level, context), target, levelSteps});
    if (!code.back().module)
      return module.emitError("cannot be translated to LLVM IR");
  }
  llvm::Expected<std::unique_ptr<llvm::Module>> joined =
      joinLevels(std::move(code), description);
  if (!joined)
    return report(joined.takeError());
  if (options.stage == Stage::Artifact)
    return output.report(module, writeOptimized(**joined, description,
                                                options.target, output.path));
  if (options.stage == Stage::LlvmIR)
    return output.writeText(module.getContext(), printModule(**joined));
  llvm::Expected<std::string> text = emitAssembly(**joined, options.target);
  return text ? output.writeText(module.getContext(), *text)
              : report(text.takeError());
}

/// The program of a copy, or its modules if these are all that is asked for.
LogicalResult Compilation::compileForGpu() {
  bool isAll = isForGpuAlone(options.stage);
  if (!isAll && (!options.gpu || options.stage < Stage::LlvmIR))
    return success();
  if (failed(checkInterface(describe(module, "model"))))
    return failure();
  OwningOpRef<ModuleOp> copy = cast<ModuleOp>(module->clone());
  auto main = copy->lookupSymbol<func::FuncOp>("main");
  FunctionType type = main.getFunctionType();
  StringRef family = options.gpu ? options.gpu->name : "generic";
  if (failed(runPasses(Stage::Spirv, *copy, [&](OpPassManager &manager) {
        buildGpuPipeline(manager, family);
      })))
    return failure();
  if (options.stage == Stage::Spirv)
    return output.writeModule(*copy);
  FailureOr<GpuProgram> program =
      gpuProgramOf(*copy, type.getInputs(), type.getResults());
  if (failed(program))
    return failure();
  if (options.stage == Stage::SpirvCode)
    return output.writeSpirv(*copy, *program);
  gpu = std::move(*program);
  return success();
}

/// Has the program read its constants where the processor's code has them.
void Compilation::packForGpu(GpuProgram &program,
                             ArrayRef<MergedConstant> constants) {
  PackedConstants sizes = packConstants(program, constants);
  if (sizes.shared + sizes.own == 0)
    return;
  ScopedRemarks remarks(module.getContext(), options.remarks);
  remark::passed(
      module.getLoc(),
      remark::RemarkOpts::name("ConstantsShared").category("quantir-gpu"))
      << remark::add("{0} of {1} bytes of the GPU's constants are the "
                     "processor's, put into another order when it is loaded; "
                     "of the others the artifact holds {2}",
                     sizes.shared, sizes.shared + sizes.own,
                     program.literals.size());
}

LogicalResult Compilation::run(ModuleOp imported, StringRef modelPath) {
  module = imported;
  if (options.stage == Stage::Onnx)
    return output.writeModule(module);
  bool isOne = options.stage == Stage::Linalg || options.stage == Stage::Llvm;
  if (isOne && !options.better.empty())
    return module.emitError("this stage is one processor's; name one with "
                            "--mcpu");
  if (failed(tiles.read(module)))
    return failure();
  if (failed(runPasses(Stage::Import, [&](OpPassManager &manager) {
        buildImportPipeline(manager, isIntegerOnly());
      })))
    return failure();
  if (options.stage == Stage::Import)
    return output.writeModule(module);
  if (failed(quantize()))
    return failure();
  if (options.stage == Stage::Quantize)
    return output.writeModule(module);
  if (failed(compileForGpu()))
    return failure();
  if (isForGpuAlone(options.stage))
    return success();
  if (failed(runPasses(Stage::Fuse, [&](OpPassManager &manager) {
        buildFusePipeline(manager, &options.target);
      })))
    return failure();
  if (options.stage == Stage::Fuse)
    return output.writeModule(module);
  return lowerAndWrite(modelPath);
}

/// From kernels to the output, for each processor.
LogicalResult Compilation::lowerAndWrite(StringRef modelPath) {
  // Symbols carry the name of the file of code.
  bool isCode = options.stage >= Stage::LlvmIR && output.path != "-";
  StringRef stem = llvm::sys::path::stem(isCode ? output.path : modelPath);
  ArtifactDescription description = describe(module, stem);
  description.quantization = nameOf(options.scheme);
  description.gpu = std::move(gpu);
  if (failed(checkInterface(description)) || failed(tiles.time(module)))
    return failure();
  SmallVector<TargetSpec> targets = options.targets();
  SmallVector<OwningOpRef<ModuleOp>> copies;
  SmallVector<ModuleOp> levels{module};
  for (size_t i = 1; i < targets.size(); ++i)
    levels.push_back(*copies.emplace_back(cast<ModuleOp>(module->clone())));
  if (failed(lower(levels, targets, description)))
    return failure();
  if (options.stage == Stage::Linalg)
    return output.writeModule(module);
  auto steps = llvm::map_to_vector(levels, stepsOf);
  SmallVector<MergedConstant> constants = mergeConstants(levels);
  if (description.gpu)
    packForGpu(*description.gpu, constants);
  for (ModuleOp level : levels)
    if (failed(runPasses(Stage::Llvm, level, [&](OpPassManager &manager) {
          buildLLVMPipeline(manager, description.name, /*isMerged=*/true);
        })))
      return failure();
  if (options.stage == Stage::Llvm)
    return output.writeModule(module);
  return writeCode(levels, targets, description, steps);
}

Outcome quantir::compile(MLIRContext *context, StringRef modelPath,
                         const CompileOptions &options, StringRef path) {
  CompileOutput output(path);
  if (failed(output.checkPaths(modelPath, options, context)))
    return output.outcome;
  FailureOr<OwningOpRef<ModuleOp>> imported =
      importOnnx(context, modelPath, options.import);
  if (failed(imported) ||
      failed(Compilation(options, output).run(**imported, modelPath)))
    return output.outcome;
  return Outcome::Done;
}
