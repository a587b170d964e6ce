#ifndef QUANTIR_CALIBRATE_STATISTICS_H
#define QUANTIR_CALIBRATE_STATISTICS_H

#include "quantir/Calibrate/Histogram.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <map>
#include <string>

namespace quantir {

/// What calibration learnt about the tensors of one model. Parts that saw
/// different samples merge, in any order, to the same as one that saw them all.
class Statistics {
public:
  Statistics() = default;
  explicit Statistics(llvm::StringRef modelHash) : hash(modelHash) {}

  /// Names the model exactly; any text.
  const std::string &modelHash() const { return hash; }
  uint64_t numSamples() const { return samples; }
  void addSamples(uint64_t count) { samples += count; }

  /// The histogram of `tensor`, empty when it is new. Stays where it is.
  Histogram &operator[](llvm::StringRef tensor) {
    return histograms[tensor.str()];
  }
  /// Null for a tensor that was never observed.
  const Histogram *find(llvm::StringRef tensor) const;
  /// In the order of their names.
  const std::map<std::string, Histogram> &tensors() const { return histograms; }

  /// Refuses statistics of another model or of other tensors.
  llvm::Error merge(const Statistics &other);

  /// Writes all of it to `path`; equal statistics give equal bytes. The file
  /// appears whole or not at all.
  llvm::Error save(llvm::StringRef path) const;
  static llvm::Expected<Statistics> load(llvm::StringRef path);

  bool operator==(const Statistics &other) const = default;

private:
  std::string hash;
  uint64_t samples = 0;
  std::map<std::string, Histogram> histograms;
};

} // namespace quantir

#endif // QUANTIR_CALIBRATE_STATISTICS_H
