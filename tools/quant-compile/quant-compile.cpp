#include "quantir/Import/NodeLocation.h"
#include "quantir/Pipelines/Compile.h"
#include "quantir/Pipelines/Registration.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
namespace cl = llvm::cl;

/// Exit statuses; DESIGN.md lists what each promises.
enum { done = 0, refused = 1, wrongUse = 2, failedToWrite = 4 };

static cl::OptionCategory category("quant-compile");
static cl::opt<std::string> model(cl::Positional, cl::Required,
                                  cl::desc("MODEL.onnx"), cl::cat(category));
static cl::opt<std::string> output("o", cl::desc("Where to write"),
                                   cl::value_desc("OUT"), cl::init("-"),
                                   cl::cat(category));
static cl::list<std::string> shapes("shape", cl::value_desc("NAME:1x3x224x224"),
                                    cl::desc("Shape of an input"),
                                    cl::cat(category));
enum class Stage { onnx, import };
static cl::opt<Stage> compileTo(
    "compile-to", cl::desc("Stop after a stage and print its IR"),
    cl::values(clEnumValN(Stage::onnx, "onnx", "the model as the file has it"),
               clEnumValN(Stage::import, "import", "the float model")),
    cl::Required, cl::cat(category));

/// `model.onnx: node 'conv1': error: ...`
static void print(Diagnostic &diagnostic) {
  raw_ostream &os = llvm::errs();
  std::string file = quantir::fileBehind(diagnostic.getLocation());
  std::string nodes = quantir::nodesBehind(diagnostic.getLocation());
  if (!file.empty())
    os << file << ": ";
  if (!nodes.empty())
    os << "'" << nodes << "': ";
  switch (diagnostic.getSeverity()) {
  case DiagnosticSeverity::Error:
    llvm::WithColor::error(os);
    break;
  case DiagnosticSeverity::Warning:
    llvm::WithColor::warning(os);
    break;
  default:
    llvm::WithColor::remark(os);
  }
  os << diagnostic << "\n";
}

/// Writes the whole text or nothing: a temporary file, then a rename.
static int write(ModuleOp module) {
  if (llvm::sys::fs::equivalent(model, output)) {
    llvm::WithColor::error() << output << " is the model itself\n";
    return wrongUse;
  }
  llvm::Error error =
      llvm::writeToOutput(output, [&](llvm::raw_ostream &os) -> llvm::Error {
        module.print(os, OpPrintingFlags().enableDebugInfo());
        os << "\n";
        return llvm::Error::success();
      });
  if (!error)
    return done;
  llvm::WithColor::error() << output << ": " << std::move(error) << "\n";
  return failedToWrite;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  if (!cl::ParseCommandLineOptions(
          argc, argv, "compiles ONNX models to libraries\n", &llvm::errs()))
    return wrongUse;
  quantir::CompileOptions options;
  for (const std::string &shape : shapes)
    if (llvm::Error error = quantir::addShape(options.import, shape)) {
      llvm::WithColor::error() << std::move(error) << "\n";
      return wrongUse;
    }
  DialectRegistry registry;
  quantir::registerAllDialects(registry);
  MLIRContext context(registry);
  ScopedDiagnosticHandler handler(&context, print);
  auto module = compileTo == Stage::onnx
                    ? quantir::importOnnx(&context, model, options.import)
                    : quantir::compileToImport(&context, model, options);
  return failed(module) ? refused : write(**module);
}
