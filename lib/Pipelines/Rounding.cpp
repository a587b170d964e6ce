#include "Rounding.h"

#include "Describe.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/xxhash.h"
#include <cmath>

using namespace llvm;
using namespace quantir;

/// Of at most 2^22 in magnitude; half goes to even.
static float nearestInteger(float x) {
  constexpr float wholeFromHere = 0x1.8p23f;
  return (x + wholeFromHere) - wholeFromHere;
}

void quantir::roundChannels(MutableArrayRef<float> values, size_t channels) {
  std::vector<float> step(channels), low(channels), high(channels);
  for (ArrayRef<float> rest = values; !rest.empty();
       rest = rest.drop_front(channels))
    for (size_t c = 0; c != channels; ++c) {
      low[c] = std::min(low[c], rest[c]);
      high[c] = std::max(high[c], rest[c]);
    }
  for (size_t c = 0; c != channels; ++c)
    step[c] = (high[c] - low[c]) / 255;
  for (; !values.empty(); values = values.drop_front(channels))
    for (size_t c = 0; c != channels; ++c)
      if (step[c] > 0 && std::isfinite(step[c]))
        values[c] = nearestInteger(values[c] / step[c]) * step[c];
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
