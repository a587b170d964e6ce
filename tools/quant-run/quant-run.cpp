#include "../ExitStatus.h"
#include "Benchmark.h"
#include "Compare.h"
#include "LoadedModel.h"
#include "Profile.h"
#include "quantir/Calibrate/NpzWriter.h"
#include "quantir/Calibrate/SampleData.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantir;

namespace {

cl::OptionCategory category("quant-run");

cl::opt<std::string> modelPath(cl::Positional, cl::desc("MODEL.so"),
                               cl::cat(category));
cl::opt<std::string>
    inputPath("input", cl::value_desc("x.npz"),
              cl::desc("Samples to run: .npz, .npy, a folder of either, or "
                       "ONNX test data"),
              cl::cat(category));
cl::opt<std::string> outputPath("output", cl::value_desc("y.npz"),
                                cl::desc("Where the outputs go"),
                                cl::cat(category));
cl::opt<std::string>
    testData("test-data", cl::value_desc("folder"),
             cl::desc("Run an ONNX test_data_set folder, or a folder of such, "
                      "and compare"),
             cl::cat(category));
cl::opt<double>
    relativeTolerance("rtol", cl::desc("Relative tolerance (default 0.001)"),
                      cl::init(1e-3), cl::cat(category));
cl::opt<double> absoluteTolerance("atol",
                                  cl::desc("Absolute tolerance (default 1e-7)"),
                                  cl::init(1e-7), cl::cat(category));
cl::opt<bool> doBenchmark("benchmark", cl::desc("Print the time of one run"),
                          cl::cat(category));
cl::opt<unsigned> warmupRuns("warmup_runs",
                             cl::desc("Runs before the timed ones (default 5)"),
                             cl::init(5), cl::cat(category));
cl::opt<unsigned> numRuns("num_runs", cl::desc("Timed runs (default 50)"),
                          cl::init(50), cl::cat(category));
cl::opt<int> numThreads("num_threads", cl::desc("Threads (default 1)"),
                        cl::init(1), cl::cat(category));
cl::opt<std::string>
    level("level", cl::value_desc("CPU"),
          cl::desc("Of a model for several processors: whose code runs "
                   "(default: the best that there is, or QUANTIR_LEVEL)"),
          cl::cat(category));
cl::opt<std::string>
    device("device", cl::value_desc("cpu|auto|vulkan[:N]"),
           cl::desc("Where it runs: the processor (default), a Vulkan device, "
                    "or a GPU if there is one that computes the model rightly"),
           cl::init("cpu"), cl::cat(category));
cl::opt<std::string>
    gpuCache("gpu-cache", cl::value_desc("folder"),
             cl::desc("Keep the GPU's pipelines and its test's verdict there "
                      "(default: QUANTIR_GPU_CACHE, else nowhere)"),
             cl::cat(category));
cl::opt<std::string> jsonPath("json", cl::value_desc("file"),
                              cl::desc("Write the times there as JSON"),
                              cl::cat(category));
cl::opt<std::string>
    profilePath("profile", cl::value_desc("trace.json"),
                cl::desc("Time every step: a trace for Perfetto or "
                         "chrome://tracing, and a summary"),
                cl::cat(category));
cl::opt<double>
    peak("peak", cl::value_desc("GMAC/s"),
         cl::desc("What all threads multiply at best, for the shares of it in "
                  "the summary (test/benchmarks/kernels.py measures it)"),
         cl::cat(category));

const char overview[] =
    "quant-run: runs a compiled model\n\n"
    "  quant-run m.so                                 what it takes and gives\n"
    "  quant-run m.so --input=x.npz --output=y.npz    run every sample of x\n"
    "  quant-run m.so --test-data=test_data_set_0     compare with expected\n"
    "  quant-run m.so --benchmark --num_threads=2     time it\n"
    "  quant-run m.so --profile=trace.json            time every step\n"
    "  quant-run m.so --device=vulkan --benchmark     the same on a GPU\n";

} // namespace

static int fail(ExitStatus status, const Twine &message) {
  errs() << "quant-run: error: " << message << "\n";
  return status;
}
static int fail(ExitStatus status, Error error) {
  return fail(status, toString(std::move(error)));
}

static void printTensors(StringRef role, ArrayRef<quantir_tensor> tensors,
                         ArrayRef<ArrayInfo> arrays) {
  for (auto [tensor, array] : zip(tensors, arrays)) {
    outs() << formatv("{0} {1}: {2} {3}", role, array.name,
                      nameOf(array.element), shapeString(array.shape));
    if (tensor.quantized)
      outs() << formatv(", real value = {0} * (element - {1})",
                        formatv("{0:E9}", tensor.scale), tensor.zero_point);
    outs() << "\n";
  }
}

static int printDescription(const LoadedModel &model) {
  const quantir_description &d = model.description();
  outs() << formatv("{0}: {1} for {2} ({3}), by {4}\n", d.name, d.quantization,
                    d.target_cpu, d.target_triple, d.compiler);
  printTensors("input", {d.inputs, d.num_inputs}, model.inputs);
  printTensors("output", {d.outputs, d.num_outputs}, model.outputs);
  outs() << formatv("arena {0} bytes, weights {1} bytes\n", d.arena_size,
                    d.weights_size);
  for (uint32_t i = 0; i < d.num_levels; ++i)
    outs() << (i ? ", " : "levels, the best first: ") << d.levels[i].cpu;
  if (d.num_levels > 0)
    outs() << "\n";
  if (const quantir_gpu_program *gpu = d.gpu)
    outs() << formatv("for GPUs: {0} kernels in {1} steps, arena {2} bytes, "
                      "weights {3} bytes\n",
                      gpu->num_kernels, gpu->num_dispatches, gpu->arena_size,
                      gpu->constants_size);
  if (model.device() != "cpu")
    outs() << "runs on " << model.device()
           << (model.deviceLacks().empty() ? "" : ", without ")
           << model.deviceLacks() << "\n";
  return Done;
}

static Error readSample(SampleSource &source, uint64_t sample,
                        Buffers &buffers) {
  SmallVector<MutableArrayRef<char>> views(buffers.begin(), buffers.end());
  return source.read(sample, views);
}

static int runSamples(const LoadedModel &model) {
  Expected<std::unique_ptr<SampleSource>> source =
      openSamples(inputPath, model.inputs, NonFinite::Allow);
  if (!source)
    return fail(Refused, source.takeError());
  uint64_t samples = (*source)->numSamples();
  std::vector<ArrayInfo> results = model.outputs;
  if (samples > 1)
    for (ArrayInfo &result : results)
      result.shape = shapeOfSamples(result.shape, samples);
  Expected<std::unique_ptr<NpzWriter>> writer =
      NpzWriter::create(outputPath, results);
  if (!writer)
    return fail(NoIO, writer.takeError());
  Buffers inputs = LoadedModel::buffersFor(model.inputs);
  Buffers outputs = LoadedModel::buffersFor(model.outputs);
  for (uint64_t sample = 0; sample < samples; ++sample) {
    if (Error error = readSample(**source, sample, inputs))
      return fail(Refused, std::move(error));
    if (Error error = model.run(inputs, outputs))
      return fail(Refused, std::move(error));
    for (auto [index, output] : enumerate(outputs))
      if (Error error = (*writer)->append(index, output))
        return fail(NoIO, std::move(error));
  }
  if (Error error = (*writer)->finish())
    return fail(NoIO, std::move(error));
  return Done;
}

/// The folder itself if it holds a test data set, else those inside it.
static std::vector<std::string> testDataSets(StringRef folder) {
  if (sys::fs::exists(folder + "/input_0.pb") ||
      sys::fs::exists(folder + "/output_0.pb"))
    return {folder.str()};
  std::vector<std::string> sets;
  std::error_code code;
  for (sys::fs::directory_iterator it(folder, code), end; !code && it != end;
       it.increment(code))
    if (sys::fs::exists(it->path() + "/output_0.pb"))
      sets.push_back(it->path());
  llvm::sort(sets);
  return sets;
}

/// Prints one line an output; false when one differs.
static bool compareOutputs(StringRef folder, const LoadedModel &model,
                           const Buffers &outputs,
                           ArrayRef<ArrayData> expected) {
  bool isSame = true;
  for (auto [info, bytes, wanted] : zip(model.outputs, outputs, expected)) {
    Comparison result = compare(info, bytes, wanted.bytes,
                                {relativeTolerance, absoluteTolerance});
    isSame &= result.different == 0;
    outs() << formatv("{0}: {1}: {2}, largest error {3:E3}",
                      sys::path::filename(folder), info.name,
                      result.different ? "DIFFERENT" : "same",
                      result.largestError);
    if (result.different)
      outs() << formatv("; {0} of {1} elements, the first at {2}: {3} instead "
                        "of {4}",
                        result.different, info.numElements(),
                        result.firstDifferent, formatv("{0:E9}", result.value),
                        formatv("{0:E9}", result.expected));
    outs() << "\n";
  }
  return isSame;
}

static int runTestData(const LoadedModel &model) {
  std::vector<std::string> folders = testDataSets(testData);
  if (folders.empty())
    return fail(Refused, "'" + testData +
                             "' holds no ONNX test data: no input_0.pb and "
                             "output_0.pb, nor folders with them");
  Buffers inputs = LoadedModel::buffersFor(model.inputs);
  Buffers outputs = LoadedModel::buffersFor(model.outputs);
  bool isSame = true;
  for (const std::string &folder : folders) {
    auto source = openSamples(folder, model.inputs, NonFinite::Allow);
    if (!source)
      return fail(Refused, source.takeError());
    auto expected = readTestOutputs(folder, model.outputs);
    if (!expected)
      return fail(Refused, expected.takeError());
    if (Error error = readSample(**source, 0, inputs))
      return fail(Refused, std::move(error));
    if (Error error = model.run(inputs, outputs))
      return fail(Refused, std::move(error));
    isSame &= compareOutputs(folder, model, outputs, *expected);
  }
  return isSame ? Done : NotMet;
}

static int writeText(StringRef path, function_ref<void(raw_ostream &)> write) {
  std::error_code code;
  raw_fd_ostream stream(path, code);
  if (!code) {
    write(stream);
    stream.close();
    code = stream.error();
    stream.clear_error();
  }
  if (code)
    return fail(NoIO, "cannot write '" + path + "': " + code.message());
  return Done;
}

static int writeTimes(const LoadedModel &model, const Timing &timing) {
  json::Object times{{"model", modelPath.getValue()},
                     {"cpu", model.description().target_cpu},
                     {"device", model.device()},
                     {"device_lacks", model.deviceLacks()},
                     {"min_ms", timing.min},
                     {"median_ms", timing.median},
                     {"p90_ms", timing.p90},
                     {"runs", numRuns.getValue()},
                     {"warmup_runs", warmupRuns.getValue()},
                     {"threads", numThreads.getValue()}};
  return writeText(jsonPath, [&](raw_ostream &os) {
    os << formatv("{0:2}\n", json::Value(std::move(times)));
  });
}

/// The first sample of --input, or numbers of our own.
static Expected<Buffers> inputsToTime(const LoadedModel &model) {
  Buffers inputs = makeUpInputs(model.inputs);
  if (inputPath.empty())
    return inputs;
  auto source = openSamples(inputPath, model.inputs, NonFinite::Allow);
  if (!source)
    return source.takeError();
  if (Error error = readSample(**source, 0, inputs))
    return error;
  return inputs;
}

static int runProfile(const LoadedModel &model, const Buffers &inputs) {
  Expected<Profile> profile =
      Profile::measure(model, inputs, warmupRuns, numRuns);
  if (!profile)
    return fail(Refused, profile.takeError());
  constexpr unsigned longest = 20;
  profile->printSummary(outs(), longest, peak);
  return writeText(profilePath,
                   [&](raw_ostream &os) { profile->writeTrace(os); });
}

/// "2 threads, level cortex-a76", or the GPU.
static std::string whereItRan(const LoadedModel &model) {
  if (model.device() != "cpu")
    return model.device().str();
  const quantir_description &d = model.description();
  return formatv(
      "{0} thread{1}{2}", numThreads.getValue(), numThreads == 1 ? "" : "s",
      d.num_levels ? ", level " + std::string(d.target_cpu) : std::string());
}

static int runBenchmark(const LoadedModel &model, const Buffers &inputs) {
  Expected<Timing> timing = benchmark(model, inputs, warmupRuns, numRuns);
  if (!timing)
    return fail(Refused, timing.takeError());
  outs() << formatv("min {0:F4} ms, median {1:F4} ms, p90 {2:F4} ms "
                    "({3} runs, {4})\n",
                    timing->min, timing->median, timing->p90, numRuns,
                    whereItRan(model));
  return jsonPath.empty() ? static_cast<int>(Done) : writeTimes(model, *timing);
}

static bool isTimed() { return doBenchmark || !profilePath.empty(); }

static int runTimed(LoadedModel &model) {
  Expected<Buffers> inputs = inputsToTime(model);
  if (!inputs)
    return fail(Refused, inputs.takeError());
  int status = doBenchmark ? runBenchmark(model, *inputs) : int(Done);
  if (status != Done || profilePath.empty())
    return status;
  // The benchmark has no time stamps between the steps.
  if (model.device() != "cpu")
    if (auto used = model.useDevice(device, gpuCache, /*timed=*/true); !used)
      return fail(Refused, used.takeError());
  return runProfile(model, *inputs);
}

/// Empty when the flags fit together.
static StringRef wrongUse() {
  if (modelPath.empty())
    return "name the compiled model to run, such as model.so";
  if (numThreads < 1)
    return "--num_threads must be at least 1";
  if (numRuns < 1)
    return "--num_runs must be at least 1";
  if (!outputPath.empty() && inputPath.empty())
    return "--output needs --input";
  if (!inputPath.empty() && outputPath.empty() && !isTimed())
    return "--input needs --output, --benchmark or --profile";
  if (!jsonPath.empty() && !doBenchmark)
    return "--json needs --benchmark";
  if (peak.getNumOccurrences() && (profilePath.empty() || !(peak > 0)))
    return "--peak needs --profile, and is above 0";
  return "";
}

int main(int argc, char **argv) {
  ToolProcess process(argc, argv);
  cl::HideUnrelatedOptions(category);
  std::string problem;
  raw_string_ostream problemStream(problem);
  if (!cl::ParseCommandLineOptions(argc, argv, overview, &problemStream))
    return fail(WrongUse, StringRef(problem).trim());
  if (StringRef wrong = wrongUse(); !wrong.empty())
    return fail(WrongUse, wrong + "; see quant-run --help");
  Expected<LoadedModel> model = LoadedModel::load(modelPath, numThreads, level);
  if (!model)
    return fail(Refused, model.takeError());
  Expected<std::string> fallback =
      model->useDevice(device, gpuCache, /*timed=*/false);
  if (!fallback)
    return fail(Refused, fallback.takeError());
  if (!fallback->empty())
    errs() << "quant-run: warning: it runs on the processor: " << *fallback
           << "\n";
  int status = Done;
  if (!outputPath.empty())
    status = runSamples(*model);
  if (status == Done && !testData.empty())
    status = runTestData(*model);
  if (status == Done && isTimed())
    status = runTimed(*model);
  if (outputPath.empty() && testData.empty() && !isTimed())
    status = printDescription(*model);
  return status;
}
