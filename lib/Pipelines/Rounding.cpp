#include "Rounding.h"

#include "Describe.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/xxhash.h"
#include <cmath>

using namespace llvm;
using namespace quantir;

void quantir::roundChannels(MutableArrayRef<float> values, size_t channels) {
  std::vector<float> low(channels, 0), high(channels, 0);
  for (size_t i = 0; i != values.size(); ++i) {
    low[i % channels] = std::min(low[i % channels], values[i]);
    high[i % channels] = std::max(high[i % channels], values[i]);
  }
  for (size_t i = 0; i != values.size(); ++i) {
    float step = (high[i % channels] - low[i % channels]) / 255;
    if (step > 0 && std::isfinite(step))
      values[i] = std::nearbyint(values[i] / step) * step;
  }
}

std::vector<std::vector<float>>
quantir::floatOutputs(ArrayRef<void *> outputs,
                      ArrayRef<TensorDescription> descriptions) {
  std::vector<std::vector<float>> result;
  for (auto [output, description] : zip(outputs, descriptions)) {
    if (description.type != QUANTIR_F32)
      continue;
    auto *begin = static_cast<const float *>(output);
    result.emplace_back(begin, begin + byteSize(description) / sizeof(float));
  }
  return result;
}

double quantir::noiseToSignal(ArrayRef<std::vector<float>> outputs,
                              ArrayRef<std::vector<float>> reference) {
  double worst = 0;
  for (auto [output, exact] : zip(outputs, reference)) {
    double noise = 0, signal = 0;
    for (auto [value, wanted] : zip(output, exact)) {
      double difference = double(value) - double(wanted);
      noise += difference * difference;
      signal += double(wanted) * double(wanted);
    }
    if (signal > 0)
      worst = std::max(worst, noise / signal);
  }
  return worst;
}

bool quantir::isMeasured(ArrayRef<void *> inputs,
                         ArrayRef<TensorDescription> descriptions) {
  uint64_t hash = 0;
  for (auto [input, description] : zip(inputs, descriptions))
    hash = hash * 31 + xxh3_64bits(StringRef(static_cast<const char *>(input),
                                             byteSize(description)));
  return hash % 16 == 0;
}
