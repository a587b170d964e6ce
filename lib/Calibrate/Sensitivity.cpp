#include "quantir/Calibrate/Sensitivity.h"

using namespace quantir;

void Sensitivity::add(double noiseToSignal) {
  sum.add(noiseToSignal < 1 ? noiseToSignal : 1);
  ++samples;
}

void Sensitivity::merge(const Sensitivity &other) {
  sum.merge(other.sum);
  samples += other.samples;
}

std::optional<double> Sensitivity::noiseToSignal() const {
  if (!samples)
    return std::nullopt;
  return sum.value() / static_cast<double>(samples);
}
