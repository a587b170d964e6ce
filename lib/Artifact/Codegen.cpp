#include "quantir/Artifact/Codegen.h"

#include "Builtins.h"
#include "quantir/Target/Processors.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;
using namespace quantir;

namespace {

/// While it lives, LLVM's errors about a module end here: its own handler would
/// print them and end the program.
class CollectErrors : public DiagnosticHandler {
public:
  static Error during(Module &module, function_ref<void()> work) {
    LLVMContext &context = module.getContext();
    auto errors = std::make_shared<std::string>();
    std::unique_ptr<DiagnosticHandler> before = context.getDiagnosticHandler();
    context.setDiagnosticHandler(std::make_unique<CollectErrors>(errors));
    work();
    context.setDiagnosticHandler(std::move(before));
    if (errors->empty())
      return Error::success();
    return createStringError("internal error: LLVM refused the code: " +
                             *errors);
  }

  explicit CollectErrors(std::shared_ptr<std::string> errors)
      : errors(std::move(errors)) {}
  bool handleDiagnostics(const DiagnosticInfo &info) override {
    if (info.getSeverity() == DS_Error && errors->empty()) {
      raw_string_ostream stream(*errors);
      DiagnosticPrinterRawOStream printer(stream);
      info.print(printer);
    }
    return true;
  }

private:
  std::shared_ptr<std::string> errors;
};

} // namespace

/// Only these may be called: the artifact needs no C library.
static TargetLibraryInfoImpl freestandingLibrary(const Triple &triple) {
  TargetLibraryInfoImpl library(triple);
  library.disableAllFunctions();
  for (LibFunc function : {LibFunc_memcpy, LibFunc_memmove, LibFunc_memset})
    library.setAvailable(function);
  return library;
}

static void setFunctionAttributes(Module &module, const TargetSpec &target) {
  StringRef tuning = processorOf(target).tuning;
  bool isEither = target.features.empty() || tuning.empty();
  std::string features = target.features + (isEither ? "" : ",") + tuning.str();
  for (Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.cpu);
    function.addFnAttr("target-features", features);
    // Nothing throws, and unwind tables would double a small artifact.
    function.addFnAttr(Attribute::NoUnwind);
    function.removeFnAttr(Attribute::UWTable);
  }
}

static OptimizationLevel levelOf(const TargetSpec &target) {
  switch (target.optLevel) {
  case 0:
    return OptimizationLevel::O0;
  case 1:
    return OptimizationLevel::O1;
  case 2:
    return OptimizationLevel::O2;
  default:
    return OptimizationLevel::O3;
  }
}

static void runPipeline(Module &module, TargetMachine &machine,
                        OptimizationLevel level) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager callGraph;
  ModuleAnalysisManager modules;
  // Kernels come in vectors.
  PipelineTuningOptions tuning;
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  PassBuilder builder(&machine, tuning);
  functions.registerPass([&] {
    return TargetLibraryAnalysis(
        freestandingLibrary(machine.getTargetTriple()));
  });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  ModulePassManager passes = level == OptimizationLevel::O0
                                 ? builder.buildO0DefaultPipeline(level)
                                 : builder.buildPerModuleDefaultPipeline(level);
  passes.run(module, modules);
}

Error quantir::optimizeModule(Module &module, const TargetSpec &target) {
  Expected<std::unique_ptr<TargetMachine>> machine =
      target.createTargetMachine();
  if (!machine)
    return machine.takeError();
  module.setTargetTriple((*machine)->getTargetTriple());
  module.setDataLayout((*machine)->createDataLayout());
  setFunctionAttributes(module, target);
  std::string broken;
  raw_string_ostream stream(broken);
  if (verifyModule(module, &stream))
    return createStringError("internal error: the LLVM module is not valid: " +
                             broken);
  return CollectErrors::during(module, [&] {
    runPipeline(module, **machine, levelOf(target));
    addBuiltins(module, target);
    setFunctionAttributes(module, target);
  });
}

static Expected<std::string> emit(Module &module, const TargetSpec &target,
                                  CodeGenFileType type) {
  Expected<std::unique_ptr<TargetMachine>> machine =
      target.createTargetMachine();
  if (!machine)
    return machine.takeError();
  SmallString<0> bytes;
  raw_svector_ostream stream(bytes);
  legacy::PassManager passes;
  passes.add(new TargetLibraryInfoWrapperPass(
      freestandingLibrary((*machine)->getTargetTriple())));
  if ((*machine)->addPassesToEmitFile(passes, stream, nullptr, type))
    return createStringError("internal error: LLVM makes no file of this type "
                             "for " +
                             target.triple);
  if (Error error = CollectErrors::during(module, [&] { passes.run(module); }))
    return error;
  return bytes.str().str();
}

Expected<std::string> quantir::emitObject(Module &module,
                                          const TargetSpec &target) {
  return emit(module, target, CodeGenFileType::ObjectFile);
}

Expected<std::string> quantir::emitAssembly(Module &module,
                                            const TargetSpec &target) {
  return emit(module, target, CodeGenFileType::AssemblyFile);
}

std::string quantir::printModule(const Module &module) {
  std::string text;
  raw_string_ostream stream(text);
  module.print(stream, nullptr);
  return text;
}
