#ifndef QUANTIR_ARTIFACT_JOINLEVELS_H
#define QUANTIR_ARTIFACT_JOINLEVELS_H

#include "quantir/Artifact/ArtifactDescription.h"
#include "quantir/Target/TargetSpec.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <vector>

namespace llvm {
class Module;
} // namespace llvm

namespace quantir {

/// The code of a model for one processor: a module that defines `NAME_run`.
struct LevelCode {
  std::unique_ptr<llvm::Module> module;
  TargetSpec target;
  std::vector<StepDescription> steps;
};

/// Makes one optimised module with the description, ready to be emitted for the
/// first level's target. All modules are of one context. Where the code uses
/// the AMX registers, `NAME_run` asks whether it may. With several levels, the
/// lowest first, every function keeps the processor it was made for, equal
/// constants of the names that `description` gives are there once, and
/// `NAME_run` chooses; `description` gets the levels.
llvm::Expected<std::unique_ptr<llvm::Module>>
joinLevels(std::vector<LevelCode> levels, ArtifactDescription &description);

} // namespace quantir

#endif // QUANTIR_ARTIFACT_JOINLEVELS_H
