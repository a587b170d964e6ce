#ifndef QUANTIR_TOOLS_QUANTRUN_PROFILE_H
#define QUANTIR_TOOLS_QUANTRUN_PROFILE_H

#include "LoadedModel.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>

namespace quantir {

/// When every step of every timed run ended.
class Profile {
public:
  using Clock = std::chrono::steady_clock;

  /// Runs the model `runs` times after `warmupRuns` that do not count.
  static llvm::Expected<Profile> measure(const LoadedModel &model,
                                         const Buffers &inputs,
                                         unsigned warmupRuns, unsigned runs);

  /// The runs in the format of chrome://tracing and Perfetto.
  void writeTrace(llvm::raw_ostream &os) const;

  /// Median times by kind of step, and those of the `most` longest steps.
  /// `peak` is what all threads multiply at best, in 1e9 a second; 0: unknown.
  void printSummary(llvm::raw_ostream &os, unsigned most, double peak) const;

private:
  explicit Profile(const quantir_description &description)
      : description(description) {}
  llvm::ArrayRef<quantir_step> steps() const {
    return {description.steps, description.num_steps};
  }
  /// How often a run does all steps.
  uint64_t samples() const { return (runs[0].size() - 1) / steps().size(); }
  llvm::StringRef text(uint32_t offset) const {
    return description.step_texts + offset;
  }
  /// Seconds of each step, for all samples, the median over the runs.
  std::vector<double> medians() const;

  const quantir_description &description;
  /// A run's beginning, then the end of each step, for each sample that the
  /// library runs by itself.
  std::vector<std::vector<Clock::time_point>> runs;
};

} // namespace quantir

#endif // QUANTIR_TOOLS_QUANTRUN_PROFILE_H
