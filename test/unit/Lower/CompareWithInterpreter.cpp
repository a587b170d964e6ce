#include "CompareWithInterpreter.h"

#include "SoftwareTiles.h"

#include "Quantir/QuantirOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "quantir/Lower/Passes.h"
#include "quantir/Runtime/Processor.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/xxhash.h"
#include <list>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

using namespace mlir;
using namespace quantir;
using namespace quantir::test;

/// Bytes before and behind each output that nothing may write.
static constexpr size_t kGuard = 128;
static constexpr uint8_t kGuardByte = 0xA5;

std::vector<TestTarget> quantir::test::testTargets() {
  std::vector<TestTarget> targets = {{"host", "", ""}};
#if defined(__x86_64__)
  targets[0].features = "-amx-tile";
  if (quantir_ask_for_tiles())
    targets.push_back({"amx", "", ""});
  if (__builtin_cpu_supports("avx512f"))
    targets.push_back({"avx2", "x86-64-v3", ""});
  targets.push_back({"sse2", "x86-64", ""});
#endif
  return targets;
}

namespace {
LogicalResult lower(ModuleOp module, const TestTarget &target) {
  PassManager passes(module.getContext());
  LowerKernelsPassOptions options;
  options.cpu = target.cpu;
  options.features = target.features;
  passes.addPass(createLowerKernelsPass(options));
  passes.addPass(createShareKernelsPass());
  passes.addPass(createPlanMemoryPass());
  passes.addPass(createMergeConstantsPass());
  passes.addPass(createLowerToLLVMPass());
  return passes.run(module);
}
} // namespace

CompiledModel::CompiledModel(JitModule module, int64_t arenaSize)
    : jit(std::move(module)), arena(arenaSize + 64) {
  entry = reinterpret_cast<decltype(entry)>(cantFail(jit.lookup("model_run")));
}

llvm::Expected<CompiledModel> CompiledModel::compile(llvm::StringRef text,
                                                     const TestTarget &target) {
  DialectRegistry registry;
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  Session session(registry);
  auto module = parseSourceString<ModuleOp>(text, &session.context);
  if (!module)
    return session.error("cannot parse");
  if (failed(lower(*module, target)))
    return session.error("cannot lower");
  int64_t arenaSize = 0;
  module->walk([&](Operation *op) {
    if (auto size = op->getAttrOfType<IntegerAttr>(kArenaSize))
      arenaSize = size.getInt();
  });
  llvm::LLVMContext llvmContext;
  auto code = translateModuleToLLVMIR(*module, llvmContext);
  if (!code)
    return session.error("cannot translate");
  SmallVector<JitModule::HostSymbol> functions;
  TestTarget runsOn = target;
  if (target.hasSoftwareTiles) {
    auto replaced = withSoftwareTiles(*code);
    if (!replaced)
      return replaced.takeError();
    code = std::move(*replaced);
    functions = softwareTileFunctions();
    runsOn = testTargets().front();
  }
  llvm::Expected<TargetSpec> spec =
      TargetSpec::resolve("", runsOn.cpu, runsOn.features, 2);
  if (!spec)
    return spec.takeError();
  llvm::Expected<JitModule> jit = JitModule::compile(*code, *spec, functions);
  if (!jit)
    return jit.takeError();
  return CompiledModel(std::move(*jit), arenaSize);
}

/// The tiles of a launch on two threads, in falling order.
static void fallingTiles(void *, int32_t tiles, void (*fn)(void *, int32_t),
                         void *context) {
  auto every = [&](int32_t first) {
    for (int32_t tile = first; tile >= 0; tile -= 2)
      fn(context, tile);
  };
  std::thread other(every, tiles - 2);
  every(tiles - 1);
  other.join();
}

void CompiledModel::run(llvm::ArrayRef<const void *> inputs,
                        llvm::ArrayRef<void *> outputs, bool tiled) {
  auto *aligned = reinterpret_cast<char *>(
      llvm::alignTo(reinterpret_cast<uintptr_t>(arena.data()), 64));
  quantir_context context = {inputs.data(),
                             outputs.data(),
                             aligned,
                             nullptr,
                             tiled ? fallingTiles : nullptr,
                             nullptr,
                             nullptr,
                             nullptr};
  entry(&context);
}

namespace {
/// A copy of some bytes right before memory that nothing may read.
class FencedCopy {
public:
  explicit FencedCopy(llvm::ArrayRef<uint8_t> bytes) {
    size_t page = size_t(sysconf(_SC_PAGESIZE));
    size_t room = llvm::alignTo(bytes.size(), page);
    size = room + page;
    start = static_cast<uint8_t *>(mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    bool fenced =
        start != MAP_FAILED && mprotect(start + room, page, PROT_NONE) == 0;
    if (!fenced)
      llvm::report_fatal_error("no memory for a fenced input");
    begin = start + room - bytes.size();
    llvm::copy(bytes, begin);
  }
  FencedCopy(const FencedCopy &) = delete;
  FencedCopy &operator=(const FencedCopy &) = delete;
  ~FencedCopy() { munmap(start, size); }

  const void *data() const { return begin; }

private:
  uint8_t *start, *begin;
  size_t size;
};
} // namespace

/// Runs `model` and the interpreter on the same inputs; returns what is wrong.
static std::string compareRuns(func::FuncOp main, CompiledModel &model,
                               std::mt19937 &random, Inputs kind) {
  std::vector<Tensor> inputs = randomInputs(main, random, kind);
  std::list<FencedCopy> fenced;
  std::vector<const void *> pointers;
  for (const Tensor &input : inputs) {
    fenced.emplace_back(llvm::ArrayRef(
        input.data(), static_cast<size_t>(*byteSize(input.getType()))));
    pointers.push_back(fenced.back().data());
  }
  auto expected = quantir::run(main, inputs);
  if (failed(expected))
    return "cannot interpret";
  for (bool tiled : {false, true}) {
    std::vector<std::vector<uint8_t>> buffers;
    std::vector<void *> outputs;
    for (const Tensor &tensor : *expected)
      buffers.emplace_back(*byteSize(tensor.getType()) + 2 * kGuard,
                           kGuardByte);
    for (std::vector<uint8_t> &buffer : buffers)
      outputs.push_back(buffer.data() + kGuard);
    model.run(pointers, outputs, tiled);
    for (auto [tensor, buffer] : llvm::zip(*expected, buffers)) {
      std::string wrong = difference(tensor, buffer.data() + kGuard);
      if (!wrong.empty())
        return wrong;
      auto untouched = [](uint8_t byte) { return byte == kGuardByte; };
      if (!std::all_of(buffer.begin(), buffer.begin() + kGuard, untouched) ||
          !std::all_of(buffer.end() - kGuard, buffer.end(), untouched))
        return "wrote outside of an output";
    }
  }
  return "";
}

::testing::AssertionResult
quantir::test::sameAsInterpreted(llvm::StringRef text,
                                 const TestTarget &target) {
  auto fail = [&](const llvm::Twine &what) {
    return ::testing::AssertionFailure()
           << target.name << ": " << what.str() << "\n"
           << text.str();
  };
  Session session;
  auto module = parseSourceString<ModuleOp>(text, &session.context);
  if (!module)
    return fail("cannot parse: " + session.messages);
  llvm::Expected<CompiledModel> model = CompiledModel::compile(text, target);
  if (!model)
    return fail(llvm::toString(model.takeError()));
  auto main = module->lookupSymbol<func::FuncOp>("main");
  std::mt19937 random(uint32_t(llvm::xxh3_64bits(text)));
  for (Inputs kind : {Inputs::ordinary, Inputs::extreme}) {
    std::string wrong = compareRuns(main, *model, random, kind);
    if (!wrong.empty())
      return fail(wrong + " " + session.messages);
  }
  return ::testing::AssertionSuccess();
}
