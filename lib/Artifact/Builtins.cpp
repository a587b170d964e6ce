#include "Builtins.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/Intrinsics.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace quantir;

static const char builtinsText[] =
#include "BuiltinsText.inc"
    ;

/// The C function a float intrinsic becomes, and the x86 feature with which it
/// becomes an instruction instead. AArch64 always has the instruction.
static std::pair<StringRef, StringRef> functionBehind(Intrinsic::ID id) {
  switch (id) {
  case Intrinsic::fma:
    return {"fmaf", "fma"};
  case Intrinsic::roundeven:
    return {"roundevenf", "sse4.1"};
  case Intrinsic::rint:
    return {"rintf", "sse4.1"};
  case Intrinsic::nearbyint:
    return {"nearbyintf", "sse4.1"};
  case Intrinsic::floor:
    return {"floorf", "sse4.1"};
  case Intrinsic::ceil:
    return {"ceilf", "sse4.1"};
  case Intrinsic::trunc:
    return {"truncf", "sse4.1"};
  default:
    return {};
  }
}

static const StringRef allFunctions[] = {
    "fmaf", "roundevenf", "rintf", "floorf", "nearbyintf", "ceilf", "truncf"};

/// The functions that the code generator will call.
static SmallVector<StringRef> missingFunctions(const Module &module,
                                               const TargetSpec &target) {
  SmallVector<StringRef> missing;
  if (!Triple(target.triple).isX86())
    return missing;
  for (const Function &function : module) {
    auto [name, feature] = functionBehind(function.getIntrinsicID());
    if (!name.empty() && !target.has(feature) && !is_contained(missing, name) &&
        function.getReturnType()->getScalarType()->isFloatTy())
      missing.push_back(name);
  }
  return missing;
}

void quantir::addBuiltins(Module &module, const TargetSpec &target) {
  SmallVector<StringRef> missing = missingFunctions(module, target);
  if (missing.empty())
    return;
  SMDiagnostic diagnostic;
  std::unique_ptr<Module> builtins =
      parseAssemblyString(builtinsText, diagnostic, module.getContext());
  assert(builtins && "our own text is valid");
  builtins->setTargetTriple(module.getTargetTriple());
  builtins->setDataLayout(module.getDataLayout());
  // The linker takes what the module declares, and what that calls.
  for (StringRef name : missing)
    module.getOrInsertFunction(name,
                               builtins->getFunction(name)->getFunctionType());
  for (Function &function : *builtins)
    if (!function.isDeclaration())
      function.setLinkage(GlobalValue::ExternalLinkage);
  Linker::linkModules(module, std::move(builtins), Linker::LinkOnlyNeeded);
  for (StringRef name : allFunctions)
    if (Function *function = module.getFunction(name))
      function->setLinkage(GlobalValue::InternalLinkage);
}
