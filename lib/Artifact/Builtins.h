#ifndef QUANTIR_LIB_ARTIFACT_BUILTINS_H
#define QUANTIR_LIB_ARTIFACT_BUILTINS_H

#include "quantir/Target/TargetSpec.h"

namespace llvm {
class Module;
} // namespace llvm

namespace quantir {

/// Where `target` has no instruction for an operation of the module, and for
/// copies and fills of memory, the code generator calls a library's function.
/// This adds such functions to the module, for internal use, so that its code
/// needs none. To be done after optimisation, which would remove what nothing
/// calls yet.
void addBuiltins(llvm::Module &module, const TargetSpec &target);

} // namespace quantir

#endif // QUANTIR_LIB_ARTIFACT_BUILTINS_H
