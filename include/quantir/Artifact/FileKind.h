#ifndef QUANTIR_ARTIFACT_FILEKIND_H
#define QUANTIR_ARTIFACT_FILEKIND_H

#include "quantir/Target/TargetSpec.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace quantir {

/// What a file with code is.
enum class FileKind { SharedLibrary, StaticLibrary, Object, Assembly, LlvmIR };

/// What the ending of `path` asks for. Fails where it is none of those that the
/// target's system has, which the message lists: `.so`, `.dylib`, `.dll` or
/// `.wasm` for a shared library; `.a`, or `.lib` on Windows; `.o`, or `.obj`
/// there; `.s` and `.ll` everywhere.
llvm::Expected<FileKind> fileKind(llvm::StringRef path,
                                  const TargetSpec &target);

} // namespace quantir

#endif // QUANTIR_ARTIFACT_FILEKIND_H
