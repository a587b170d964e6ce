#ifndef QUANTIR_ARTIFACT_WRITEARTIFACT_H
#define QUANTIR_ARTIFACT_WRITEARTIFACT_H

#include "quantir/Artifact/ArtifactDescription.h"
#include "quantir/Target/TargetSpec.h"
#include "llvm/Support/Error.h"

namespace llvm {
class Module;
} // namespace llvm

namespace quantir {

/// Writes `bytes` to a temporary file in the folder of `path` and renames it,
/// so that `path` appears whole or stays as it was. What is no regular file,
/// such as /dev/null, is written in place.
llvm::Error writeFileWhole(llvm::StringRef path, llvm::StringRef bytes,
                           bool executable = false);

/// Compiles a module that defines `NAME_run` and writes what the ending of
/// `path` asks for (see `fileKind`), and the C header beside it with the ending
/// `.h`; `.s` and `.ll` are the text of the same code, without header.
/// Files appear only when all has succeeded.
llvm::Error writeArtifact(llvm::Module &module,
                          const ArtifactDescription &description,
                          const TargetSpec &target, llvm::StringRef path);

/// The same of a module that `joinLevels` made; `target` is the lowest.
llvm::Error writeOptimized(llvm::Module &module,
                           const ArtifactDescription &description,
                           const TargetSpec &target, llvm::StringRef path);

} // namespace quantir

#endif // QUANTIR_ARTIFACT_WRITEARTIFACT_H
