#include "quantir/Import/NodeLocation.h"
#include "quantir/Pipelines/Compile.h"
#include "quantir/Pipelines/Registration.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using quantir::Scheme;
using quantir::Stage;
namespace cl = llvm::cl;

/// Exit statuses; DESIGN.md lists what each promises.
enum { done = 0, refused = 1, wrongUse = 2 };

static cl::OptionCategory category("quant-compile");
static cl::opt<std::string> model(cl::Positional, cl::Required,
                                  cl::desc("MODEL.onnx"), cl::cat(category));
static cl::opt<std::string> output(
    "o",
    cl::desc("The library to write: .so, .o or .a, and its .h beside it; with "
             "--compile-to the text"),
    cl::value_desc("OUT"), cl::init("-"), cl::cat(category));
static cl::list<std::string> shapes("shape", cl::value_desc("NAME:1x3x224x224"),
                                    cl::desc("Shape of an input"),
                                    cl::cat(category));
static cl::opt<Stage> compileTo(
    "compile-to", cl::desc("Stop after a stage and print its IR:"),
    cl::values(clEnumValN(Stage::Onnx, "onnx", "the model as the file has it"),
               clEnumValN(Stage::Import, "import", "the float model"),
               clEnumValN(Stage::Quantize, "quantize", "the quantized model"),
               clEnumValN(Stage::Fuse, "fuse", "kernels"),
               clEnumValN(Stage::Linalg, "linalg", "vector code over buffers"),
               clEnumValN(Stage::Llvm, "llvm", "the LLVM dialect"),
               clEnumValN(Stage::Asm, "asm", "assembly")),
    cl::init(Stage::Artifact), cl::cat(category));
static cl::opt<Scheme> scheme(
    "quantize", cl::desc("Number formats:"),
    cl::values(clEnumValN(Scheme::None, "none", "as the model says (default)"),
               clEnumValN(Scheme::W8A8, "w8a8",
                          "8-bit weights and activations")),
    cl::init(Scheme::None), cl::cat(category));
static cl::opt<std::string> calibration(
    "calib", cl::value_desc("PATH"),
    cl::desc(
        "Sample data: .npz, .npy, a folder of them, or test_data_set folders"),
    cl::cat(category));
static cl::opt<std::string>
    method("calib-method", cl::value_desc("NAME"),
           cl::desc("minmax, percentile:99.99, mse (default) or entropy"),
           cl::init("mse"), cl::cat(category));
static cl::opt<std::string> statisticsIn("calib-stats-in",
                                         cl::value_desc("FILE"),
                                         cl::desc("Statistics to start from"),
                                         cl::cat(category));
static cl::opt<std::string>
    statisticsOut("calib-stats-out", cl::value_desc("FILE"),
                  cl::desc("Where to save the statistics"), cl::cat(category));
static cl::list<std::string>
    ignore("ignore", cl::value_desc("REGEX"),
           cl::desc("ONNX nodes that stay in floating point"),
           cl::cat(category));
static cl::list<std::string>
    only("only", cl::value_desc("REGEX"),
         cl::desc("ONNX nodes that alone are quantized"), cl::cat(category));
static cl::opt<std::string> triple("target", cl::value_desc("TRIPLE"),
                                   cl::desc("Target (default: this machine)"),
                                   cl::cat(category));
static cl::opt<std::string> cpu("mcpu", cl::value_desc("NAME"),
                                cl::desc("Processor, or host (default)"),
                                cl::cat(category));
static cl::opt<std::string>
    attributes("mattr", cl::value_desc("+a,-b"),
               cl::desc("Processor features to add or take"),
               cl::cat(category));
static cl::opt<unsigned> optLevel("O", cl::Prefix,
                                  cl::desc("Optimisation level, 0 to 3"),
                                  cl::init(2), cl::cat(category));

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

static int misuse(llvm::Error error) {
  llvm::WithColor::error() << std::move(error) << "\n";
  return wrongUse;
}

/// Fills `options` from the command line.
static llvm::Error readOptions(quantir::CompileOptions &options) {
  for (const std::string &shape : shapes)
    if (llvm::Error error = quantir::addShape(options.import, shape))
      return error;
  llvm::Expected<quantir::Estimator> estimator =
      quantir::Estimator::parse(method);
  if (!estimator)
    return estimator.takeError();
  llvm::Expected<quantir::TargetSpec> target =
      quantir::TargetSpec::resolve(triple, cpu, attributes, optLevel);
  if (!target)
    return target.takeError();
  if (compileTo == Stage::Artifact && output == "-")
    return llvm::createStringError(
        "no output: give -o LIBRARY.so (or .o, .a), or --compile-to=STAGE");
  options.scheme = scheme;
  options.calibration = calibration;
  options.estimator = *estimator;
  options.statisticsIn = statisticsIn;
  options.statisticsOut = statisticsOut;
  options.ignore = ignore;
  options.only = only;
  options.target = *target;
  options.stage = compileTo;
  return llvm::Error::success();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  if (!cl::ParseCommandLineOptions(argc, argv,
                                   "compiles ONNX models to libraries\n\n"
                                   "  quant-compile net.onnx -o net.so\n"
                                   "  quant-compile net.onnx --quantize=w8a8 "
                                   "--calib=samples.npz -o net.so\n",
                                   &llvm::errs()))
    return wrongUse;
  quantir::CompileOptions options;
  if (llvm::Error error = readOptions(options))
    return misuse(std::move(error));
  std::string modelPath = model, outputPath = output;
  // The linker registers options of its own under the same names.
  cl::ResetCommandLineParser();
  DialectRegistry registry;
  quantir::registerAllDialects(registry);
  MLIRContext context(registry);
  ScopedDiagnosticHandler handler(&context, print);
  return succeeded(quantir::compile(&context, modelPath, options, outputPath))
             ? done
             : refused;
}
