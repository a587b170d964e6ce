#include "../ExitStatus.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/Timing.h"
#include "quantir/Artifact/ArtifactDescription.h"
#include "quantir/Artifact/FileKind.h"
#include "quantir/Import/NodeLocation.h"
#include "quantir/Pipelines/Compile.h"
#include "quantir/Pipelines/Registration.h"
#include "quantir/Target/GpuTarget.h"
#include "quantir/Target/Levels.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using quantir::Outcome;
using quantir::Scheme;
using quantir::Stage;
namespace cl = llvm::cl;

static cl::OptionCategory category("quant-compile");
static cl::opt<std::string> model(cl::Positional, cl::Required,
                                  cl::desc("MODEL.onnx"), cl::cat(category));
static cl::opt<std::string> output(
    "o",
    cl::desc("The library to write: .so (.dylib, .dll, .wasm), .o or .a, and "
             "its .h beside it; with --compile-to and --emit the text, or "
             ".mlirbc: the bytecode; with --emit=spirv a folder"),
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
               clEnumValN(Stage::Spirv, "spirv",
                          "a GPU's kernels and dispatches")),
    cl::init(Stage::Artifact), cl::cat(category));
static cl::opt<Stage>
    emit("emit", cl::desc("Write no library but its code as text:"),
         cl::values(clEnumValN(Stage::Asm, "asm", "assembly"),
                    clEnumValN(Stage::LlvmIR, "llvm", "LLVM IR, optimised"),
                    clEnumValN(Stage::SpirvCode, "spirv",
                               "a GPU's kernels; -o FOLDER: as .spv files")),
         cl::init(Stage::Artifact), cl::cat(category));
static cl::opt<Scheme> scheme(
    "quantize", cl::desc("Number formats:"),
    cl::values(
        clEnumValN(Scheme::None, "none", "as the model says (default)"),
        clEnumValN(Scheme::W8A8, "w8a8", "8-bit weights and activations"),
        clEnumValN(Scheme::W8A16, "w8a16",
                   "8-bit weights, 16-bit activations; implies "
                   "--integer-only"),
        clEnumValN(Scheme::Bf16, "bf16",
                   "products of bf16 numbers, sums of f32"),
        clEnumValN(Scheme::F16, "fp16", "weights of fp16, all else f32")),
    cl::init(Scheme::None), cl::cat(category));
static cl::opt<bool>
    integerOnly("integer-only",
                cl::desc("Integers alone between the conversions of inputs and "
                         "outputs"),
                cl::cat(category));
static cl::opt<bool> verifyIntegerOnly(
    "verify-integer-only",
    cl::desc("Refuse models that keep floating point there; names the nodes"),
    cl::cat(category));
static cl::opt<std::string> softmaxForm(
    "softmax", cl::value_desc("NAME"),
    cl::desc("Whose softmax --integer-only takes: house (default), ibert, "
             "shiftmax, log2, hyq, litert, litert16, index, xnnpack"),
    cl::init("house"), cl::cat(category));
static cl::opt<std::string>
    geluForm("gelu", cl::value_desc("NAME"),
             cl::desc("Whose GELU: table (default), ibert, shiftgelu"),
             cl::init("table"), cl::cat(category));
static cl::opt<std::string>
    normForm("norm", cl::value_desc("NAME"),
             cl::desc("Whose layer norm: house (default), ibert, ivit"),
             cl::init("house"), cl::cat(category));
static cl::opt<std::string> calibration(
    "calib", cl::value_desc("PATH"),
    cl::desc(
        "Sample data: .npz, .npy, a folder of them, or test_data_set folders"),
    cl::cat(category));
static cl::opt<std::string>
    method("calib-method", cl::value_desc("NAME"),
           cl::desc("auto (default: mse for images, minmax for sequences), "
                    "minmax, percentile:99.99, mse or entropy"),
           cl::init("auto"), cl::cat(category));
static cl::list<std::string>
    statisticsIn("calib-stats-in", cl::value_desc("FILE"),
                 cl::desc("Saved statistics; several, and those of --calib, "
                          "are merged"),
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
enum class SlowCodes { Allow, Avoid, AvoidAll };
static cl::opt<SlowCodes> neverSlower(
    "never-slower",
    cl::desc("Leave products in floating point where the target is faster so:"),
    cl::values(clEnumValN(SlowCodes::Allow, "no",
                          "none: the same codes for every target"),
               clEnumValN(SlowCodes::Avoid, "sure",
                          "three times as fast, or measured (default)"),
               clEnumValN(SlowCodes::AvoidAll, "yes", "by the model of cost")),
    cl::init(SlowCodes::Avoid), cl::cat(category));
static cl::opt<std::string> triple("target", cl::value_desc("TRIPLE"),
                                   cl::desc("Target (default: this machine)"),
                                   cl::cat(category));
static cl::opt<std::string>
    cpu("mcpu", cl::value_desc("NAMES"),
        cl::desc("Processor, or host (default; without AMX in objects); "
                 "several, separated by commas, for an artifact that chooses "
                 "when it runs"),
        cl::cat(category));
static cl::opt<std::string>
    attributes("mattr", cl::value_desc("+a,-b"),
               cl::desc("Processor features to add or take"),
               cl::cat(category));
static cl::opt<std::string> gpu(
    "gpu", cl::value_desc("vulkan[:FAMILY]"),
    cl::desc("Also compile for GPUs: of any family (vulkan), or best for mali, "
             "adreno or generic (vulkan:mali)"),
    cl::cat(category));
static cl::opt<unsigned> optLevel("O", cl::Prefix,
                                  cl::desc("Optimisation level, 0 to 3"),
                                  cl::init(2), cl::cat(category));

static cl::opt<std::string>
    tuning("tuning", cl::value_desc("FILE"),
           cl::desc("Tile sizes that --tune wrote, here or on another machine "
                    "with this target"),
           cl::cat(category));
static cl::opt<std::string> tune(
    "tune", cl::value_desc("FILE"), cl::ValueOptional,
    cl::desc("Time tile sizes on this machine, use the best and add them to "
             "FILE (default: OUT.tuning.json)"),
    cl::cat(category));
static cl::opt<double> tuneSeconds("tune-time", cl::value_desc("SECONDS"),
                                   cl::desc("How long about (default: 60)"),
                                   cl::init(60), cl::cat(category));

static cl::opt<std::string>
    passed("Rpass", cl::value_desc("REGEX"),
           cl::desc("Say what passes of these categories did: quantir-import, "
                    "quantir-quantize, quantir-fuse"),
           cl::cat(category));
static cl::opt<std::string>
    missed("Rpass-missed", cl::value_desc("REGEX"),
           cl::desc("Say what they left, and why: nodes that stay in float"),
           cl::cat(category));
static cl::opt<std::string>
    analysis("Rpass-analysis", cl::value_desc("REGEX"),
             cl::desc("Say what they found: bounds of accumulators, sizes of "
                      "memory"),
             cl::cat(category));
static cl::opt<bool> explain("explain", cl::desc("All three of every category"),
                             cl::cat(category));

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
  llvm::handleAllErrors(std::move(error), [](const llvm::ErrorInfoBase &each) {
    llvm::WithColor::error() << each.message() << "\n";
  });
  return quantir::WrongUse;
}

/// Every problem of the command line that does not stop the others.
static llvm::Error checkUse() {
  using llvm::createStringError;
  llvm::Error errors = llvm::Error::success();
  auto add = [&](const Twine &problem) {
    errors = joinErrors(std::move(errors), createStringError(problem));
  };
  auto checkRegex = [&](StringRef flag, StringRef text) {
    std::string problem;
    if (!llvm::Regex(text).isValid(problem))
      add(flag + "=" + text + " is not a regular expression: " + problem);
  };
  for (const std::string &text : ignore)
    checkRegex("--ignore", text);
  for (const std::string &text : only)
    checkRegex("--only", text);
  if (!passed.empty())
    checkRegex("-Rpass", passed);
  if (!missed.empty())
    checkRegex("-Rpass-missed", missed);
  if (!analysis.empty())
    checkRegex("-Rpass-analysis", analysis);
  if (!(tuneSeconds >= 0 && tuneSeconds <= 86400))
    add("--tune-time takes a number of seconds, up to a day");
  if (compileTo != Stage::Artifact && emit != Stage::Artifact)
    add("--compile-to and --emit exclude each other");
  if (emit == Stage::SpirvCode && StringRef(output).ends_with(".spv"))
    add("--emit=spirv writes a file for each kernel; give -o FOLDER");
  if (compileTo != Stage::Artifact || emit != Stage::Artifact)
    return errors;
  if (output == "-")
    add("no output: give -o LIBRARY.so (or .o, .a), --compile-to=STAGE or "
        "--emit=asm");
  return errors;
}

static void warnOfUnused() {
  auto warn = [](StringRef flag) {
    llvm::WithColor::warning()
        << flag << " has no effect without --quantize=w8a8 or w8a16\n";
  };
  if (scheme == Scheme::W8A8 || scheme == Scheme::W8A16)
    return;
  if (!calibration.empty())
    warn("--calib");
  if (!statisticsIn.empty())
    warn("--calib-stats-in");
  if (!statisticsOut.empty())
    warn("--calib-stats-out");
  if (integerOnly)
    warn("--integer-only");
  if (scheme != Scheme::None)
    return;
  if (!ignore.empty())
    warn("--ignore");
  if (!only.empty())
    warn("--only");
}

/// Where the timed tiles go; empty when none are to be timed.
static std::string tuneFile() {
  if (tune.getNumOccurrences() == 0 || !tune.empty())
    return tune;
  return (StringRef(output == "-" ? model : output) + ".tuning.json").str();
}

/// What the code is for. A program that links an object may not have asked the
/// system for the registers of AMX, as the loader of libraries does: unless it
/// is named, code for this machine uses none there.
static llvm::Expected<std::vector<quantir::TargetSpec>> readLevels() {
  auto levels = quantir::resolveLevels(triple, cpu, attributes, optLevel);
  if (!levels || compileTo != Stage::Artifact || emit != Stage::Artifact)
    return levels;
  llvm::Expected<quantir::FileKind> kind =
      quantir::fileKind(output, levels->front());
  if (!kind)
    return kind.takeError();
  bool isLinked = *kind == quantir::FileKind::Object ||
                  *kind == quantir::FileKind::StaticLibrary;
  if (!isLinked || !cpu.empty() || !levels->front().has("amx-tile"))
    return levels;
  return quantir::resolveLevels(triple, cpu, "-amx-tile," + attributes,
                                optLevel);
}

/// Fills `options` from the command line.
static llvm::Error readOptions(quantir::CompileOptions &options) {
  if (llvm::Error error = checkUse())
    return error;
  for (const std::string &shape : shapes)
    if (llvm::Error error = quantir::addShape(options.import, shape))
      return error;
  llvm::Expected<quantir::Estimator> estimator =
      quantir::Estimator::parse(method);
  if (!estimator)
    return estimator.takeError();
  auto levels = readLevels();
  if (!levels)
    return levels.takeError();
  if (gpu.getNumOccurrences())
    if (llvm::Error error = quantir::GpuTarget::parse(gpu, levels->front())
                                .moveInto(options.gpu))
      return error;
  options.scheme = scheme;
  options.integerOnly = integerOnly;
  options.verifyIntegerOnly = verifyIntegerOnly;
  options.softmax = softmaxForm;
  options.gelu = geluForm;
  options.norm = normForm;
  options.calibration = calibration;
  options.estimator = *estimator;
  options.statisticsIn = statisticsIn;
  options.statisticsOut = statisticsOut;
  options.ignore = ignore;
  options.only = only;
  options.neverSlower = neverSlower == SlowCodes::Allow   ? 0
                        : neverSlower == SlowCodes::Avoid ? 3
                                                          : 1.1;
  options.target = levels->front();
  options.better.assign(levels->begin() + 1, levels->end());
  options.tuning = tuning;
  options.tune = tuneFile();
  options.tuneSeconds = tuneSeconds;
  options.stage = emit != Stage::Artifact ? emit : compileTo;
  options.remarks = {passed, missed, analysis};
  if (explain)
    options.remarks = {".", ".", "."};
  return llvm::Error::success();
}

/// --help shows this tool's options, --help-hidden MLIR's too, and nothing
/// LLVM's.
static void hideOtherOptions() {
  for (auto &entry : cl::getRegisteredOptions()) {
    StringRef name = entry.first;
    bool isMlir = name.starts_with("mlir-");
    if (!llvm::is_contained(entry.second->Categories, &category) &&
        !llvm::is_contained({"help", "version"}, name))
      entry.second->setHiddenFlag(isMlir ? cl::Hidden : cl::ReallyHidden);
  }
}

/// The linker registers options of its own under the same names.
static void forgetOptions() {
  SmallVector<cl::Option *> ours{&model};
  for (auto &entry : cl::getRegisteredOptions())
    if (llvm::is_contained(entry.second->Categories, &category))
      ours.push_back(entry.second);
  for (cl::Option *option : ours)
    option->removeArgument();
}

static int exitStatus(Outcome outcome) {
  switch (outcome) {
  case Outcome::Done:
    return quantir::Done;
  case Outcome::Refused:
    return quantir::Refused;
  case Outcome::CannotWrite:
    return quantir::NoIO;
  }
  llvm_unreachable("unknown outcome");
}

int main(int argc, char **argv) {
  quantir::ToolProcess process(argc, argv);
  registerAsmPrinterCLOptions();
  registerMLIRContextCLOptions();
  registerPassManagerCLOptions();
  registerDefaultTimingManagerCLOptions();
  hideOtherOptions();
  cl::SetVersionPrinter(
      [](raw_ostream &os) { os << quantir::compilerVersion() << "\n"; });
  if (!cl::ParseCommandLineOptions(
          argc, argv,
          "compiles ONNX models to libraries\n\n"
          "  quant-compile net.onnx -o net.so\n"
          "  quant-compile net.onnx --quantize=w8a8 --calib=samples.npz -o "
          "net.so\n"
          "  quant-compile net.onnx --compile-to=fuse "
          "--mlir-elide-elementsattrs-if-larger=8\n\n"
          "Exit status: 0 done, 1 the model or the data were refused, 2 wrong "
          "use, 4 cannot write or no memory, 70 a fault of Quantir.\n"
          "--help-hidden lists MLIR's options too, such as --mlir-timing.\n",
          &llvm::errs()))
    return quantir::WrongUse;
  quantir::CompileOptions options;
  if (llvm::Error error = readOptions(options))
    return misuse(std::move(error));
  warnOfUnused();
  DefaultTimingManager timing;
  applyDefaultTimingManagerCLOptions(timing);
  TimingScope scope = timing.getRootScope();
  options.instrument = [&](PassManager &manager) {
    manager.enableTiming(scope);
    return applyPassManagerCLOptions(manager);
  };
  DialectRegistry registry;
  quantir::registerAllDialects(registry);
  MLIRContext context(registry);
  ScopedDiagnosticHandler handler(&context, print);
  forgetOptions();
  return exitStatus(quantir::compile(&context, model, options, output));
}
