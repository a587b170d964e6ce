#ifndef QUANTIR_ARTIFACT_PACKAGE_H
#define QUANTIR_ARTIFACT_PACKAGE_H

#include "quantir/Artifact/ArtifactDescription.h"
#include "quantir/Target/TargetSpec.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace quantir {

/// Fails, naming the symbol, when `object` needs anything of the program it
/// becomes part of but what `alsoThere` names.
llvm::Error checkFreestanding(llvm::StringRef object,
                              llvm::ArrayRef<llvm::StringRef> alsoThere = {});

/// Fails when `object` has data that a run could write, but for the number of
/// the level that it chose: two runs may go on at once.
llvm::Error checkReentrant(llvm::StringRef object);

/// Links an object that `emitObject` made for `target` to a shared library. It
/// exports `NAME_run` and `NAME_description`, and both once more as
/// `quantir_run` and `quantir_artifact` (but in WebAssembly), so that a loader
/// needs no name. The bytes depend on the first three arguments alone.
/// \param scratchFolder  where the linker's files may be for a moment.
llvm::Expected<std::string>
linkSharedLibrary(llvm::StringRef object,
                  const ArtifactDescription &description,
                  const TargetSpec &target, llvm::StringRef scratchFolder);

/// A static library, in the form of the target's system, with the one member
/// NAME.o (NAME.obj on Windows).
llvm::Expected<std::string>
makeStaticLibrary(llvm::StringRef object,
                  const ArtifactDescription &description,
                  const TargetSpec &target);

} // namespace quantir

#endif // QUANTIR_ARTIFACT_PACKAGE_H
