#ifndef QUANTIR_LIB_ARTIFACT_BUILTINS_H
#define QUANTIR_LIB_ARTIFACT_BUILTINS_H

#include "quantir/Target/TargetSpec.h"

namespace llvm {
class Module;
} // namespace llvm

namespace quantir {

/// Where `target` has no instruction for a float intrinsic of the module, the
/// code generator calls the C library's function; this adds such functions to
/// the module, for internal use. To be done after optimisation, which would
/// remove what nothing calls yet.
void addBuiltins(llvm::Module &module, const TargetSpec &target);

} // namespace quantir

#endif // QUANTIR_LIB_ARTIFACT_BUILTINS_H
