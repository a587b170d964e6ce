#include "quantir/Pipelines/Calibration.h"

#include "CompileInParts.h"
#include "Describe.h"
#include "Quantir/QuantirOps.h"
#include "Rounding.h"
#include "SpareMemory.h"
#include "mlir/IR/Threading.h"
#include "mlir/Pass/PassManager.h"
#include "quantir/Artifact/Jit.h"
#include "quantir/Calibrate/SampleData.h"
#include "quantir/Import/ContentHash.h"
#include "quantir/Lower/OuterConstants.h"
#include "quantir/Lower/Passes.h"
#include "quantir/Pipelines/Pipelines.h"
#include "quantir/Quantize/ActivationChannels.h"
#include "quantir/Quantize/ActivationScales.h"
#include "quantir/Quantize/Extents.h"
#include "quantir/Quantize/Passes.h"
#include "quantir/Runtime/Runtime.h"
#include "llvm/Support/ErrorHandling.h"

#include <mutex>
#include <thread>

using namespace mlir;
using namespace quantir;

namespace {

/// One thread's run: the context comes first, so that the compiled code's
/// pointer to it finds the rest.
struct ObservedRun {
  quantir_context context;
  SmallVector<int64_t> channels;
  SmallVector<Statistics::Tensor *> tensors;
  /// The tensor to round instead of observing, or none.
  std::optional<int64_t> rounded;
};

/// The function that compiled code calls for each `quantir.observe`.
void observe(void *context, int64_t index, float *data, int64_t count) {
  auto *run = static_cast<ObservedRun *>(context);
  llvm::MutableArrayRef values(data, count);
  if (run->rounded) {
    if (index == *run->rounded)
      roundChannels(values, run->channels[index]);
    return;
  }
  run->tensors[index]->histogram.add(values);
  run->tensors[index]->channels.add(values, run->channels[index]);
}

struct ObservedTensor {
  std::string name;
  /// The last dimension.
  int64_t channels = 1;
  bool feedsSequence = false;
  /// Its precision is measured: what a depthwise convolution reads and the
  /// model computes.
  bool isMeasured = false;
  /// 8-bit codes may be made of it.
  bool isQuantized = true;
};

/// The float model with observers, as machine code that reads the weights
/// where the module has them.
struct ObservedModel {
  ArtifactDescription description;
  std::vector<ObservedTensor> tensors;
  OuterConstants constants;
  JitModule code;
  int (*run)(const quantir_context *);
};

} // namespace

/// True when what reads the elements of `value` sees a sequence of rows: a
/// matrix product, or a convolution over one dimension.
static bool feedsSequence(Value value) {
  return llvm::any_of(value.getUsers(), [](Operation *user) {
    if (auto conv = dyn_cast<ConvOp>(user)) {
      auto image = cast<RankedTensorType>(conv.getInput().getType());
      return image.getDimSize(1) == 1 || image.getDimSize(2) == 1;
    }
    return isa<MatmulOp>(user) || (isa<ReshapeOp, TransposeOp>(user) &&
                                   feedsSequence(user->getResult(0)));
  });
}

/// Depthwise convolutions sum few products, so rounding does not average out,
/// and cost little in floating point: what they read is worth measuring. The
/// inputs of the model are not to be written to.
static bool isWorthMeasuring(Value value) {
  Value origin = value;
  while (auto view = origin.getDefiningOp<ReshapeOp>())
    origin = view.getInput();
  return !isa<BlockArgument>(origin) &&
         llvm::any_of(value.getUsers(), [](Operation *user) {
           auto conv = dyn_cast<ConvOp>(user);
           return conv && conv.isDepthwise();
         });
}

/// What the observers in main look at, in the order of their indices.
static FailureOr<std::vector<ObservedTensor>> observedTensors(ModuleOp module) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  auto names =
      main ? main->getAttrOfType<ArrayAttr>("quantir.observed") : nullptr;
  if (!names)
    return module.emitError("has no observers in 'main'");
  std::vector<ObservedTensor> tensors(names.size());
  for (auto [tensor, name] : llvm::zip(tensors, names.getAsRange<StringAttr>()))
    tensor.name = name.str();
  auto activations = main->getAttrOfType<IntegerAttr>("quantir.activations");
  main.walk([&](ObserveOp observe) {
    ObservedTensor &tensor = tensors[observe.getIndex()];
    auto type = cast<RankedTensorType>(observe.getInput().getType());
    tensor.channels = type.getRank() ? type.getShape().back() : 1;
    tensor.feedsSequence = feedsSequence(observe.getInput());
    tensor.isMeasured = isWorthMeasuring(observe.getInput());
    tensor.isQuantized =
        !activations || observe.getIndex() < uint64_t(activations.getInt());
  });
  return tensors;
}

static FailureOr<OwningOpRef<ModuleOp>> withObservers(ModuleOp module,
                                                      Observed which) {
  OwningOpRef<ModuleOp> observed = cast<ModuleOp>(module->clone());
  PassManager manager(module.getContext());
  manager.addNestedPass<func::FuncOp>(createInsertObserversPass(
      InsertObserversPassOptions{which == Observed::Everything}));
  if (failed(manager.run(*observed)))
    return failure();
  return observed;
}

static FailureOr<ObservedModel> compileObserved(ModuleOp module,
                                                Observed which) {
  FailureOr<OwningOpRef<ModuleOp>> observed = withObservers(module, which);
  if (failed(observed))
    return failure();
  FailureOr<std::vector<ObservedTensor>> tensors = observedTensors(**observed);
  if (failed(tensors))
    return failure();
  llvm::Expected<TargetSpec> target = TargetSpec::host();
  if (!target)
    return module.emitError(llvm::toString(target.takeError()));
  ArtifactDescription description = describe(**observed, "calibration");
  PassManager toLoops(module.getContext()), toLLVM(module.getContext());
  for (PassManager *manager : {&toLoops, &toLLVM})
    manager->enableVerifier(false); // the code of artifacts is verified
  buildFusePipeline(toLoops);
  buildLowerPipeline(toLoops, *target, /*outerConstants=*/true);
  buildLLVMPipeline(toLLVM, description.name);
  if (failed(toLoops.run(**observed)))
    return failure();
  OuterConstants constants(**observed);
  description.arenaSize =
      arenaOfRun(observed->get().lookupSymbol<func::FuncOp>("main"));
  if (failed(toLLVM.run(**observed)))
    return failure();
  llvm::Expected<std::vector<std::string>> code =
      compileInParts(**observed, *target);
  if (!code)
    return module.emitError(llvm::toString(code.takeError()));
  SmallVector<JitModule::HostSymbol> host(constants.symbols().begin(),
                                          constants.symbols().end());
  host.push_back({"quantir_observe", reinterpret_cast<void *>(observe)});
  llvm::Expected<JitModule> jit = JitModule::load(*code, *target, host);
  if (!jit)
    return module.emitError(llvm::toString(jit.takeError()));
  llvm::Expected<void *> entry = jit->lookup(description.runSymbol());
  if (!entry)
    return module.emitError(llvm::toString(entry.takeError()));
  auto run = reinterpret_cast<int (*)(const quantir_context *)>(*entry);
  return ObservedModel{std::move(description), std::move(*tensors),
                       std::move(constants), std::move(*jit), run};
}

/// 64-byte aligned memory.
static std::unique_ptr<char, void (*)(void *)> allocate(size_t bytes) {
  size_t size = llvm::alignTo(std::max<size_t>(bytes, 1), 64);
  void *memory = std::aligned_alloc(64, size);
  if (!memory)
    llvm::report_bad_alloc_error("calibration");
  return {static_cast<char *>(memory), std::free};
}

namespace {
/// Samples are read by one thread at a time and run by many.
class Runner {
public:
  Runner(const ObservedModel &model, SampleSource &samples)
      : model(model), samples(samples) {}

  /// Adds what every sample shows to `total`.
  llvm::Error run(Statistics &total) {
    unsigned count = std::clamp(std::thread::hardware_concurrency(), 1u, 8u);
    count = std::min<uint64_t>(count, samples.numSamples());
    parts.assign(count, Statistics(total.modelHash()));
    // Where the system gives no more threads, the first part gets all samples.
    quantir_pool *pool = quantir_pool_create(static_cast<int32_t>(count));
    quantir_pool_parallel_for(
        pool, static_cast<int32_t>(count),
        [](void *runner, int32_t part) {
          auto *self = static_cast<Runner *>(runner);
          self->work(self->parts[part]);
        },
        this);
    quantir_pool_destroy(pool);
    if (failure)
      return std::move(failure);
    for (const Statistics &part : parts)
      if (part.numSamples())
        if (llvm::Error error = total.merge(part))
          return error;
    return llvm::Error::success();
  }

private:
  void work(Statistics &part) {
    SmallVector<std::unique_ptr<char, void (*)(void *)>> memory;
    auto make = [&](const std::vector<TensorDescription> &tensors) {
      SmallVector<void *> pointers;
      for (const TensorDescription &tensor : tensors)
        pointers.push_back(
            memory.emplace_back(allocate(byteSize(tensor))).get());
      return pointers;
    };
    SmallVector<void *> inputs = make(model.description.inputs);
    SmallVector<void *> outputs = make(model.description.outputs);
    ObservedRun run{};
    run.context.inputs = inputs.data();
    run.context.outputs = outputs.data();
    run.context.arena =
        memory.emplace_back(allocate(model.description.arenaSize)).get();
    for (const ObservedTensor &tensor : model.tensors) {
      run.channels.push_back(tensor.channels);
      run.tensors.push_back(&part[tensor.name]);
    }
    while (readNext(inputs)) {
      model.run(&run.context);
      part.addSamples(1);
      if (isMeasured(inputs, model.description.inputs))
        measure(run, outputs);
    }
  }

  /// Rounds one tensor at a time and compares the outputs.
  void measure(ObservedRun &run, ArrayRef<void *> outputs) {
    const std::vector<TensorDescription> &described = model.description.outputs;
    std::vector<std::vector<float>> reference =
        floatOutputs(outputs, described);
    for (auto [index, tensor] : llvm::enumerate(model.tensors)) {
      if (!tensor.isMeasured)
        continue;
      run.rounded = index;
      model.run(&run.context);
      run.tensors[index]->sensitivity.add(
          noiseToSignal(floatOutputs(outputs, described), reference));
    }
    run.rounded.reset();
  }

  bool readNext(ArrayRef<void *> inputs) {
    std::lock_guard<std::mutex> lock(mutex);
    if (failure || next == samples.numSamples())
      return false;
    SmallVector<llvm::MutableArrayRef<char>> buffers;
    for (auto [pointer, tensor] : llvm::zip(inputs, model.description.inputs))
      buffers.push_back({static_cast<char *>(pointer), byteSize(tensor)});
    failure = samples.read(next++, buffers);
    return !failure;
  }

  const ObservedModel &model;
  SampleSource &samples;
  std::vector<Statistics> parts; // one for each thread
  std::mutex mutex;
  uint64_t next = 0;
  llvm::Error failure = llvm::Error::success();
};
} // namespace

std::string quantir::modelHash(ModuleOp module) {
  ContentHash hash;
  if (auto file = module->getAttrOfType<StringAttr>("quantir.hash"))
    hash.add(file.getValue());
  // The file may keep its weights elsewhere.
  module.walk([&](ConstantOp constant) {
    if (auto value = dyn_cast<DenseElementsAttr>(constant.getValue())) {
      ArrayRef<char> raw = value.getRawData();
      hash.add(StringRef(raw.data(), raw.size()));
    }
  });
  return hash.hex();
}

LogicalResult quantir::calibrate(ModuleOp module, StringRef path,
                                 Observed observed, Statistics &statistics) {
  ArtifactDescription description = describe(module, "calibration");
  llvm::Expected<std::unique_ptr<SampleSource>> samples =
      openSamples(path, arrayInfos(description.inputs));
  if (!samples)
    return module.emitError(llvm::toString(samples.takeError()));
  releaseSpareMemory(); // of importing
  FailureOr<ObservedModel> model = compileObserved(module, observed);
  if (failed(model))
    return failure();
  releaseSpareMemory(); // of compiling
  if (llvm::Error error = Runner(*model, **samples).run(statistics))
    return module.emitError(llvm::toString(std::move(error)));
  return success();
}

static ActivationChannels channelsOf(const ChannelStatistics &statistics) {
  ActivationChannels channels;
  for (auto [index, channel] : llvm::enumerate(statistics.channels())) {
    channels.low.push_back(channel.low);
    channels.high.push_back(channel.high);
    channels.mean.push_back(float(statistics.mean(index)));
  }
  return channels;
}

namespace {
struct TensorCodes {
  ScaleAndZeroPoint any, symmetric;
};
} // namespace

/// The codes of every tensor that has statistics and gets any; the searches
/// share the context's threads.
static std::vector<TensorCodes> codesOf(ArrayRef<ObservedTensor> tensors,
                                        const Statistics &statistics,
                                        const Estimator &estimator,
                                        MLIRContext *context) {
  std::vector<TensorCodes> codes(tensors.size());
  parallelFor(context, 0, tensors.size(), [&](size_t i) {
    const Statistics::Tensor *tensor = statistics.find(tensors[i].name);
    if (!tensor || !tensors[i].isQuantized || tensor->histogram.nonFinite())
      return;
    Estimator chosen = estimator.forTensor(tensors[i].feedsSequence);
    const Histogram &histogram = tensor->histogram;
    codes[i] = {estimateScale(histogram, chosen, CodeRange::unsignedBits(8)),
                estimateScale(histogram, chosen, CodeRange::symmetricBits(8))};
  });
  return codes;
}

LogicalResult quantir::chooseScales(ModuleOp module,
                                    const Statistics &statistics,
                                    const Estimator &estimator,
                                    Observed which) {
  FailureOr<OwningOpRef<ModuleOp>> observed = withObservers(module, which);
  if (failed(observed))
    return failure();
  FailureOr<std::vector<ObservedTensor>> tensors = observedTensors(**observed);
  if (failed(tensors))
    return failure();
  Extents extents;
  ActivationScales scales;
  ChannelsByName channels;
  std::vector<TensorCodes> codes =
      codesOf(*tensors, statistics, estimator, module.getContext());
  for (auto [observed, found] : llvm::zip(*tensors, codes)) {
    const Statistics::Tensor *tensor = statistics.find(observed.name);
    if (!tensor)
      return module.emitError("the statistics lack tensor '" + observed.name +
                              "'; calibrate again with this version and the "
                              "same options");
    extents[observed.name] = {tensor->histogram.min(), tensor->histogram.max()};
    if (!observed.isQuantized)
      continue;
    if (uint64_t bad = tensor->histogram.nonFinite()) {
      module.emitWarning("tensor '")
          << observed.name << "' was NaN or infinite " << bad
          << " times in calibration; nodes that read it stay in floating "
             "point";
      continue;
    }
    scales[observed.name] = {found.any.scale, found.any.zeroPoint,
                             found.symmetric.scale};
    channels[observed.name] = channelsOf(tensor->channels);
    if (std::optional<double> noise = tensor->sensitivity.noiseToSignal())
      channels[observed.name].outputNoise = float(*noise);
  }
  setActivationScales(module, scales);
  setActivationChannels(module, channels);
  if (which == Observed::Everything)
    setExtents(module, extents);
  return success();
}
