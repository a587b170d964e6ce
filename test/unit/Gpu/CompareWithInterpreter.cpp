#include "CompareWithInterpreter.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "quantir/Gpu/PackConstants.h"
#include "quantir/Pipelines/Pipelines.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace quantir;
using namespace quantir::test;

/// What stands in outputs before a run.
static constexpr uint8_t kUnwritten = 0xA5;

static quantir_error openError;

quantir_gpu *quantir::test::testGpu() {
  static quantir_gpu *gpu = quantir_gpu_open(-1, &openError);
  return gpu;
}

void OnGpu::SetUp() {
  if (!testGpu())
    GTEST_SKIP() << openError.message;
}

/// What spirv-val says of some words; nothing when they are valid, or when
/// there is no spirv-val.
static std::string faultsOf(llvm::ArrayRef<uint32_t> words,
                            llvm::StringRef environment) {
  static llvm::ErrorOr<std::string> tool =
      llvm::sys::findProgramByName("spirv-val");
  if (!tool)
    return "";
  llvm::SmallString<64> module, report;
  int fd = -1;
  if (llvm::sys::fs::createTemporaryFile("kernel", "spv", fd, module) ||
      llvm::sys::fs::createTemporaryFile("faults", "txt", report))
    return "no temporary file";
  llvm::raw_fd_ostream(fd, /*shouldClose=*/true)
      .write(reinterpret_cast<const char *>(words.data()), words.size() * 4);
  std::optional<llvm::StringRef> streams[] = {"", report.str(), report.str()};
  int status = llvm::sys::ExecuteAndWait(
      *tool, {*tool, "--target-env", environment, module}, std::nullopt,
      streams);
  std::string said = "spirv-val fails";
  if (auto text = llvm::MemoryBuffer::getFile(report))
    said = (*text)->getBuffer().str();
  llvm::sys::fs::remove(module);
  llvm::sys::fs::remove(report);
  return status ? said : "";
}

static llvm::Error validate(const GpuProgram &program) {
  for (const GpuProgram::Kernel &kernel : program.kernels)
    for (const GpuProgram::Form &form : kernel.forms)
      for (llvm::StringRef environment : {"vulkan1.1", "vulkan1.3"}) {
        std::string faults = faultsOf(form.words, environment);
        if (!faults.empty())
          return llvm::createStringError(form.name + " is not valid for " +
                                         environment + ": " + faults);
      }
  return llvm::Error::success();
}

GpuModel::GpuModel(GpuProgram made)
    : program(std::move(made)), recorded(nullptr, quantir_gpu_free) {
  ProgramCode joined;
  for (const GpuProgram::Kernel &kernel : program.kernels) {
    std::vector<quantir_gpu_code> &forms = forms_.emplace_back();
    for (const GpuProgram::Form &form : kernel.forms)
      forms.push_back(
          {joined.add(form.words), uint32_t(form.words.size()), form.needs});
    kernels.push_back(
        {nullptr, uint32_t(forms.size()), kernel.bindings, kernel.push});
  }
  for (auto [kernel, forms] : llvm::zip(kernels, forms_))
    kernel.forms = forms.data();
  code = packWords(joined.getWords());
  view.kernels = kernels.data();
  view.bindings = program.bindings.data();
  view.dispatches = program.dispatches.data();
  view.inputs = program.inputs.data();
  view.outputs = program.outputs.data();
  view.push = program.push.data();
  view.num_push = uint32_t(program.push.size());
  view.sources[QUANTIR_GPU_LITERALS] = program.literals.data();
  view.source_sizes[QUANTIR_GPU_LITERALS] = program.literals.size();
  view.pieces = program.pieces.data();
  view.pieces_size = program.pieces.size();
  view.code = code.data();
  view.code_size = code.size();
  view.code_words = uint32_t(joined.getWords().size());
  view.constants_size = program.constantsSize;
  view.arena_size = program.arenaSize;
  view.interface_size = program.interfaceSize;
  view.num_kernels = uint32_t(kernels.size());
  view.num_bindings = uint32_t(program.bindings.size());
  view.num_dispatches = uint32_t(program.dispatches.size());
  view.exact = program.exact;
}

DispatchLimits quantir::test::limitsOfTests() {
  DispatchLimits limits;
  for (auto [name, limit] :
       {std::pair("QUANTIR_LARGEST_BINDING", &limits.largestBinding),
        std::pair("QUANTIR_MOST_GROUPS", &limits.mostGroups)})
    if (const char *given = std::getenv(name))
      *limit = std::atoll(given);
  return limits;
}

llvm::Expected<std::unique_ptr<GpuModel>>
GpuModel::compile(llvm::StringRef text, llvm::StringRef family,
                  DispatchLimits limits) {
  Session session;
  auto module = parseSourceString<ModuleOp>(text, &session.context);
  if (!module)
    return session.error("cannot parse");
  auto main = module->lookupSymbol<func::FuncOp>("main");
  SmallVector<Type> inputs(main.getArgumentTypes());
  SmallVector<Type> outputs(main.getResultTypes());
  PassManager passes(&session.context);
  buildGpuPipeline(passes, family, limits);
  if (failed(passes.run(*module))) {
    // Of tables in small bindings a kernel may need more than there are.
    bool isCutTooOften =
        llvm::StringRef(session.messages).contains("bytes in one piece");
    if (isCutTooOften && limits.largestBinding < kLargestBinding) {
      limits.largestBinding *= 2;
      return compile(text, family, limits);
    }
    return session.error("cannot lower");
  }
  FailureOr<GpuProgram> program = gpuProgramOf(*module, inputs, outputs);
  if (failed(program))
    return session.error("has no program");
  return create(std::move(*program));
}

llvm::Expected<std::unique_ptr<GpuModel>> GpuModel::create(GpuProgram program) {
  if (llvm::Error fault = validate(program))
    return std::move(fault);
  packConstants(program, {});
  return std::unique_ptr<GpuModel>(new GpuModel(std::move(program)));
}

uint32_t GpuModel::forms() const {
  uint32_t most = 1;
  for (const GpuProgram::Kernel &kernel : program.kernels)
    most = std::max(most, uint32_t(kernel.forms.size()));
  return most;
}

static bool hasSpecConstant(llvm::ArrayRef<uint32_t> words) {
  constexpr uint32_t kHeader = 5, kSpecConstant = 50;
  for (size_t at = kHeader; at < words.size(); at += words[at] >> 16)
    if ((words[at] & 0xffff) == kSpecConstant)
      return true;
  return false;
}

bool GpuModel::hasChoices() const {
  return llvm::any_of(program.kernels, [](const GpuProgram::Kernel &kernel) {
    return llvm::any_of(kernel.forms, [](const GpuProgram::Form &form) {
      return hasSpecConstant(form.words);
    });
  });
}

llvm::Error GpuModel::record(const quantir_gpu_options &options) {
  quantir_error error;
  recorded.reset(
      quantir_gpu_record(testGpu(), &view, uint32_t(program.inputs.size()),
                         uint32_t(program.outputs.size()), &options, &error));
  return recorded ? llvm::Error::success()
                  : llvm::createStringError(error.message);
}

llvm::Error GpuModel::run(llvm::ArrayRef<const void *> inputs,
                          llvm::ArrayRef<void *> outputs) {
  quantir_error error;
  return quantir_gpu_run(recorded.get(), inputs.data(), outputs.data(), &error)
             ? llvm::createStringError(error.message)
             : llvm::Error::success();
}

namespace {
/// Inputs of one kind, and what must come of them.
struct Interpreted {
  Inputs kind;
  std::vector<Tensor> inputs;
  SmallVector<Tensor> outputs;
};
} // namespace

static FailureOr<std::vector<Interpreted>>
interpret(func::FuncOp main, llvm::ArrayRef<Inputs> kinds, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<Interpreted> runs;
  for (Inputs kind : kinds) {
    std::vector<Tensor> inputs = randomInputs(main, random, kind);
    auto outputs = quantir::run(main, inputs);
    if (failed(outputs))
      return failure();
    runs.push_back({kind, std::move(inputs), std::move(*outputs)});
  }
  return runs;
}

/// What is wrong with the device's run.
static std::string compareRun(GpuModel &model, const Interpreted &run) {
  std::vector<const void *> pointers;
  for (const Tensor &input : run.inputs)
    pointers.push_back(input.data());
  std::vector<std::vector<uint8_t>> buffers;
  std::vector<void *> outputs;
  for (const Tensor &tensor : run.outputs)
    buffers.emplace_back(*byteSize(tensor.getType()), kUnwritten);
  for (std::vector<uint8_t> &buffer : buffers)
    outputs.push_back(buffer.data());
  if (llvm::Error error = model.run(pointers, outputs))
    return llvm::toString(std::move(error));
  for (auto [tensor, buffer] : llvm::zip(run.outputs, buffers)) {
    std::string wrong = difference(tensor, buffer.data());
    if (!wrong.empty())
      return wrong;
  }
  return "";
}

/// The same of all runs with these options.
static std::string compareRuns(GpuModel &model,
                               const quantir_gpu_options &options,
                               llvm::ArrayRef<Interpreted> runs) {
  if (llvm::Error error = model.record(options))
    return llvm::toString(std::move(error));
  for (const Interpreted &run : runs) {
    std::string wrong = compareRun(model, run);
    if (!wrong.empty())
      return llvm::formatv("form {0}, exact constants {1}, inputs {2}: {3}",
                           options.skipped_forms, options.exact_constants,
                           int(run.kind), wrong);
  }
  return "";
}

/// True when the device gives the interpreter's results of `body` with these
/// specialization constants.
static bool isExact(uint32_t constants, llvm::ArrayRef<std::string> arguments,
                    llvm::StringRef body) {
  std::string text = kernelModule(arguments, body, arguments[0]);
  Session session;
  auto module = parseSourceString<ModuleOp>(text, &session.context);
  auto model = GpuModel::compile(text, "generic", DispatchLimits());
  if (!model) {
    llvm::consumeError(model.takeError());
    return false;
  }
  auto runs = interpret(module->lookupSymbol<func::FuncOp>("main"),
                        {Inputs::ordinary, Inputs::extreme, Inputs::anyBits},
                        /*seed=*/1);
  quantir_gpu_options options{};
  options.exact_constants = constants;
  return succeeded(runs) && compareRuns(**model, options, *runs).empty();
}

uint32_t quantir::test::exactOperations() {
  static uint32_t found = [] {
    std::string many = "tensor<65536xf32>";
    uint32_t bits = 0;
    std::string one = " : " + many + " -> " + many;
    if (isExact(1u << QUANTIR_GPU_EXACT_FMA, {many},
                "    %r = quantir.hard_sigmoid %0 {alpha = 0.1 : f32, beta = "
                "0.3 : f32}" +
                    one))
      bits |= 1u << QUANTIR_GPU_EXACT_FMA;
    if (isExact(1u << QUANTIR_GPU_EXACT_DIVISION, {many, many},
                "    %r = quantir.div %0, %1 : " + many + ", " + many + " -> " +
                    many))
      bits |= 1u << QUANTIR_GPU_EXACT_DIVISION;
    if (isExact(1u << QUANTIR_GPU_EXACT_ROOT, {many},
                "    %r = quantir.sqrt %0" + one))
      bits |= 1u << QUANTIR_GPU_EXACT_ROOT;
    return bits;
  }();
  return found;
}

bool quantir::test::keepsSubnormals() {
  static bool keeps = isExact(0, {"tensor<4096xf32>", "tensor<4096xf32>"},
                              "    %r = quantir.mul %0, %1 : tensor<4096xf32>, "
                              "tensor<4096xf32> -> tensor<4096xf32>");
  return keeps;
}

testing::AssertionResult quantir::test::sameAsInterpreted(
    llvm::StringRef text, llvm::ArrayRef<Inputs> kinds, llvm::StringRef family,
    DispatchLimits limits) {
  auto fail = [&](const llvm::Twine &what) {
    return testing::AssertionFailure() << what.str() << "\n" << text.str();
  };
  Session session;
  auto module = parseSourceString<ModuleOp>(text, &session.context);
  if (!module)
    return fail("cannot parse: " + session.messages);
  auto model = GpuModel::compile(text, family, limits);
  if (!model)
    return fail(llvm::toString(model.takeError()));
  static constexpr Inputs ordinary = Inputs::ordinary;
  bool hasFloats = text.contains("f32>") || text.contains("f16>");
  if (hasFloats && !keepsSubnormals())
    kinds = ordinary;
  auto runs = interpret(module->lookupSymbol<func::FuncOp>("main"), kinds,
                        uint32_t(llvm::xxh3_64bits(text)));
  if (failed(runs))
    return fail("cannot interpret: " + session.messages);
  // The best forms also with everything computed.
  std::vector<std::pair<uint32_t, uint32_t>> settings = {{0, 0}};
  if ((*model)->hasChoices() && exactOperations())
    settings.push_back({0, exactOperations()});
  for (uint32_t skipped = 1; skipped < (*model)->forms(); ++skipped)
    settings.push_back({skipped, exactOperations()});
  for (auto [skipped, exact] : settings) {
    quantir_gpu_options options{};
    options.skipped_forms = skipped;
    options.exact_constants = exact;
    std::string wrong = compareRuns(**model, options, *runs);
    if (!wrong.empty())
      return fail(wrong);
  }
  return testing::AssertionSuccess();
}

testing::AssertionResult
quantir::test::sameAsInterpreted(llvm::StringRef text) {
  return sameAsInterpreted(text, {Inputs::ordinary, Inputs::extreme});
}
