#include "TimedModel.h"

#include "Quantir/QuantirOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "quantir/Artifact/Codegen.h"
#include "quantir/Lower/Passes.h"
#include "quantir/Pipelines/Pipelines.h"
#include "quantir/Runtime/Processor.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/ErrorHandling.h"

#include <random>

using namespace mlir;
using namespace quantir;

static std::string textOf(Operation *op, StringRef attribute) {
  auto text = op->getAttrOfType<StringAttr>(attribute);
  return text ? text.str() : "";
}

FailureOr<std::unique_ptr<TimedModel>>
TimedModel::compile(ModuleOp fused, const TargetSpec &target) {
  OwningOpRef<ModuleOp> module = cast<ModuleOp>(fused->clone());
  ArtifactDescription description = describe(*module, "timed");
  PassManager toLoops(module->getContext()), toLLVM(module->getContext());
  buildLowerPipeline(toLoops, target);
  buildLLVMPipeline(toLLVM, description.name);
  if (failed(toLoops.run(*module)))
    return failure();
  addLowered(*module, description);
  std::vector<Step> steps;
  for (auto launch :
       module->lookupSymbol<func::FuncOp>("main").getOps<LaunchOp>())
    steps.push_back(
        {textOf(launch, kContractionAttr), textOf(launch, kTileAttr)});
  if (failed(toLLVM.run(*module)))
    return failure();
  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> code =
      translateModuleToLLVMIR(*module, llvmContext);
  if (!code)
    return module->emitError("cannot be translated to LLVM IR");
  if (usesTiles(*code) && !quantir_ask_for_tiles())
    return fused.emitError("cannot be timed: its code uses AMX, which this "
                           "system does not let programs use; compile with "
                           "--mattr=-amx-tile");
  llvm::Expected<JitModule> jit = JitModule::compile(*code, target);
  if (!jit)
    return fused.emitError(llvm::toString(jit.takeError()));
  llvm::Expected<void *> entry = jit->lookup(description.runSymbol());
  if (!entry)
    return fused.emitError(llvm::toString(entry.takeError()));
  std::unique_ptr<TimedModel> model(new TimedModel(
      std::move(description), std::move(steps), std::move(*jit)));
  model->entry = reinterpret_cast<int (*)(const quantir_context *)>(*entry);
  return model;
}

/// Numbers of no meaning; indices are all zero, which every table has.
static void fill(const TensorDescription &tensor, void *data) {
  std::mt19937 random; // the standard fixes its numbers and its first seed
  size_t bytes = byteSize(tensor);
  if (tensor.type == QUANTIR_F32)
    for (size_t i = 0; i < bytes / sizeof(float); ++i)
      static_cast<float *>(data)[i] = float(random()) * 0x1p-31F - 1;
  else if (tensor.type == QUANTIR_U8 || tensor.type == QUANTIR_I8)
    for (size_t i = 0; i < bytes; ++i)
      static_cast<char *>(data)[i] = char(random());
}

TimedModel::TimedModel(ArtifactDescription about, std::vector<Step> named,
                       JitModule module)
    : description(std::move(about)), steps(std::move(named)),
      code(std::move(module)) {
  for (const TensorDescription &tensor : description.inputs) {
    inputs.push_back(allocate(byteSize(tensor)));
    fill(tensor, inputs.back());
  }
  for (const TensorDescription &tensor : description.outputs)
    outputs.push_back(allocate(byteSize(tensor)));
  context.inputs = inputs.data();
  context.outputs = outputs.data();
  context.arena = allocate(description.arenaSize);
  context.on_step = [](void *self, uint32_t step) {
    static_cast<TimedModel *>(self)->note(step);
  };
  context.observer = this;
}

/// 64-byte aligned zeros.
void *TimedModel::allocate(size_t bytes) {
  size_t size = llvm::alignTo(std::max<size_t>(bytes, 1), 64);
  void *data = std::aligned_alloc(64, size);
  if (!data)
    llvm::report_bad_alloc_error("tuning");
  std::memset(data, 0, size);
  memory.emplace_back(static_cast<char *>(data), std::free);
  return data;
}

void TimedModel::note(uint32_t step) {
  Clock::time_point now = Clock::now();
  double took = std::chrono::duration<double, std::nano>(now - last).count();
  if (step < steps.size()) {
    double &least = steps[step].least;
    least = least == 0 ? took : std::min(least, took);
  }
  last = Clock::now();
}

void TimedModel::run() {
  last = Clock::now();
  entry(&context);
}

std::map<std::string, TimedModel::Time> TimedModel::times() const {
  std::map<std::string, Time> times;
  std::map<std::string, int64_t> counts;
  for (const Step &step : steps) {
    if (step.contraction.empty())
      continue;
    Time &time = times[step.contraction];
    time.tile = step.tile;
    time.nanoseconds += step.least;
    ++counts[step.contraction];
  }
  for (auto &[key, time] : times)
    time.nanoseconds /= double(counts[key]);
  return times;
}
