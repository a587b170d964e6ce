#ifndef QUANTIR_LIB_PIPELINES_TIMEDMODEL_H
#define QUANTIR_LIB_PIPELINES_TIMEDMODEL_H

#include "Describe.h"
#include "mlir/IR/BuiltinOps.h"
#include "quantir/Artifact/Jit.h"
#include "quantir/Runtime/Artifact.h"

#include <chrono>
#include <map>

namespace quantir {

/// A model as machine code in this process, with the least time that each of
/// its steps was seen to take.
class TimedModel {
public:
  /// Compiles a copy of `fused`, as the fuse stage leaves it.
  static mlir::FailureOr<std::unique_ptr<TimedModel>>
  compile(mlir::ModuleOp fused, const TargetSpec &target);

  /// One run on one thread, on data that stay the same.
  void run();

  /// What each contraction takes by the steps that compute it: by its key, the
  /// tile it has, and nanoseconds, the mean of its steps.
  struct Time {
    std::string tile;
    double nanoseconds;
  };
  std::map<std::string, Time> times() const;

private:
  using Clock = std::chrono::steady_clock;
  struct Step {
    std::string contraction, tile; ///< empty for other steps
    double least = 0;              ///< nanoseconds
  };

  TimedModel(ArtifactDescription description, std::vector<Step> steps,
             JitModule code);
  void *allocate(size_t bytes);
  void note(uint32_t step);

  ArtifactDescription description;
  std::vector<Step> steps;
  JitModule code;
  int (*entry)(const quantir_context *) = nullptr;
  std::vector<std::unique_ptr<char, void (*)(void *)>> memory;
  std::vector<void *> inputs, outputs;
  quantir_context context{};
  Clock::time_point last;
};

} // namespace quantir

#endif // QUANTIR_LIB_PIPELINES_TIMEDMODEL_H
