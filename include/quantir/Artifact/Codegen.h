#ifndef QUANTIR_ARTIFACT_CODEGEN_H
#define QUANTIR_ARTIFACT_CODEGEN_H

#include "quantir/Artifact/ArtifactDescription.h"
#include "quantir/Target/TargetSpec.h"
#include "llvm/Support/Error.h"
#include <string>

namespace llvm {
class Module;
} // namespace llvm

namespace quantir {

/// The features that the code of a module for `target` needs of the processor,
/// comma-separated.
std::string neededFeatures(const llvm::Module &module,
                           const TargetSpec &target);

/// Whether the code uses the AMX registers, which systems may lack on a
/// processor that has them, or give only when asked.
bool usesTiles(const llvm::Module &module);

/// Adds the description to a module that defines `NAME_run`, and makes every
/// other symbol internal. Those two are all that the artifact shows.
llvm::Error addDescription(llvm::Module &module,
                           const ArtifactDescription &description,
                           const TargetSpec &target);

/// Makes the module one for `target` (triple, data layout, attributes of its
/// functions) and runs LLVM's pipeline of the target's level on it.
llvm::Error optimizeModule(llvm::Module &module, const TargetSpec &target);

/// The machine code of an optimised module: an ELF object. LLVM rewrites the
/// module on the way, so it cannot be emitted twice.
llvm::Expected<std::string> emitObject(llvm::Module &module,
                                       const TargetSpec &target);

/// The same as text for an assembler.
llvm::Expected<std::string> emitAssembly(llvm::Module &module,
                                         const TargetSpec &target);

/// The module as LLVM IR text.
std::string printModule(const llvm::Module &module);

} // namespace quantir

#endif // QUANTIR_ARTIFACT_CODEGEN_H
