#ifndef QUANTIR_CALIBRATE_STATISTICS_H
#define QUANTIR_CALIBRATE_STATISTICS_H

#include "quantir/Calibrate/ChannelStatistics.h"
#include "quantir/Calibrate/Histogram.h"
#include "quantir/Calibrate/Sensitivity.h"
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

  /// What is remembered of one tensor.
  struct Tensor {
    Histogram histogram;
    ChannelStatistics channels;
    Sensitivity sensitivity;
    bool operator==(const Tensor &other) const = default;
  };

  /// The entry of `tensor`, empty when it is new. Stays where it is.
  Tensor &operator[](llvm::StringRef tensor) { return entries[tensor.str()]; }
  /// Null for a tensor that was never observed.
  const Tensor *find(llvm::StringRef tensor) const;
  /// In the order of their names.
  const std::map<std::string, Tensor> &tensors() const { return entries; }

  /// Refuses statistics of another model, or of tensors of other names or
  /// channels.
  llvm::Error merge(const Statistics &other);

  /// Writes all of it to `path`; equal statistics give equal bytes. The file
  /// appears whole or not at all.
  llvm::Error save(llvm::StringRef path) const;
  static llvm::Expected<Statistics> load(llvm::StringRef path);

  bool operator==(const Statistics &other) const = default;

private:
  std::string hash;
  uint64_t samples = 0;
  std::map<std::string, Tensor> entries;
};

} // namespace quantir

#endif // QUANTIR_CALIBRATE_STATISTICS_H
