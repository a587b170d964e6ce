#ifndef QUANTIR_TARGET_LEVELS_H
#define QUANTIR_TARGET_LEVELS_H

#include "quantir/Target/TargetSpec.h"
#include <optional>
#include <vector>

namespace quantir {

/// A name for the processors that have something, beside LLVM's names.
struct LevelName {
  llvm::StringLiteral name;
  llvm::StringLiteral architecture; ///< x86_64 or aarch64
  llvm::StringLiteral cpu;          ///< LLVM's
  llvm::StringLiteral features;     ///< that are added, "+a,+b"
};

/// The table.
llvm::ArrayRef<LevelName> levelNames();

/// Understands the flags as `TargetSpec::resolve` does, `cpus` being one
/// processor or several, separated by commas. The result begins with the one
/// that needs least; what needs all that another does comes after it, and what
/// cannot be compared stays as given. Of those that need the same the first
/// stands for all. Fails where the first of several has AMX, which the system
/// may deny to programs.
llvm::Expected<std::vector<TargetSpec>>
resolveLevels(llvm::StringRef triple, llvm::StringRef cpus,
              llvm::StringRef attributes, unsigned optLevel);

} // namespace quantir

#endif // QUANTIR_TARGET_LEVELS_H
