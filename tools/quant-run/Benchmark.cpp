#include "Benchmark.h"

#include <chrono>
#include <cmath>
#include <cstring>
#include <random>

using namespace llvm;
using namespace quantir;

Expected<Timing> quantir::benchmark(const LoadedModel &model,
                                    const Buffers &inputs, unsigned warmupRuns,
                                    unsigned runs) {
  using Clock = std::chrono::steady_clock;
  Buffers outputs = LoadedModel::buffersFor(model.outputs);
  for (unsigned i = 0; i < warmupRuns; ++i)
    if (Error error = model.run(inputs, outputs))
      return error;
  std::vector<double> times;
  for (unsigned i = 0; i < runs; ++i) {
    Clock::time_point begin = Clock::now();
    if (Error error = model.run(inputs, outputs))
      return error;
    times.push_back(
        std::chrono::duration<double, std::milli>(Clock::now() - begin)
            .count());
  }
  llvm::sort(times);
  // The value that a share of the runs does not exceed.
  auto quantile = [&](double share) {
    return times[static_cast<size_t>(std::ceil(share * runs)) - 1];
  };
  return Timing{times.front(), quantile(0.5), quantile(0.9)};
}

static void fill(const ArrayInfo &array, std::vector<char> &bytes,
                 std::mt19937 &random) {
  if (array.element == ArrayElement::F32)
    for (size_t i = 0; i < bytes.size(); i += sizeof(float)) {
      float value = static_cast<float>(random()) * 0x1p-31F - 1;
      std::memcpy(&bytes[i], &value, sizeof value);
    }
  else if (array.element == ArrayElement::U8 ||
           array.element == ArrayElement::I8)
    for (char &byte : bytes)
      byte = static_cast<char>(random());
}

Buffers quantir::makeUpInputs(ArrayRef<ArrayInfo> arrays) {
  Buffers buffers = LoadedModel::buffersFor(arrays);
  std::mt19937 random; // the standard fixes its numbers and its first seed
  for (auto [array, bytes] : zip(arrays, buffers))
    fill(array, bytes, random);
  return buffers;
}
