#include "quantir/Artifact/JoinLevels.h"

#include "quantir/Artifact/Codegen.h"
#include "quantir/Target/CheckedFeatures.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace quantir;

/// Dispatch.c for the kinds of targets.
static constexpr char x86Linux[] =
#include "DispatchX86Linux.inc"
    ;
static constexpr char x86[] =
#include "DispatchX86.inc"
    ;
static constexpr char aarch64Linux[] =
#include "DispatchAArch64Linux.inc"
    ;
static constexpr char aarch64[] =
#include "DispatchAArch64.inc"
    ;

/// Guard.c for the kinds of targets.
static constexpr char guardLinux[] =
#include "GuardLinux.inc"
    ;
static constexpr char guard[] =
#include "Guard.inc"
    ;

static StringRef dispatcherText(const Triple &triple) {
  if (triple.isX86_64())
    return triple.isOSLinux() ? x86Linux : x86;
  return triple.isOSLinux() ? aarch64Linux : aarch64;
}

/// Makes what a level shares with others theirs too, and everything else its
/// own: its functions carry its name.
static void separate(Module &module, const ArtifactDescription &description,
                     StringRef level) {
  for (GlobalValue &value : module.global_values()) {
    if (value.isDeclaration())
      continue;
    bool isShared = value.getName() == description.constantsSymbol ||
                    value.getName() == description.tablesSymbol;
    bool isEntry = value.getName() == description.runSymbol();
    value.setLinkage(isShared  ? GlobalValue::LinkOnceODRLinkage
                     : isEntry ? GlobalValue::ExternalLinkage
                               : GlobalValue::InternalLinkage);
    if (!value.hasLocalLinkage())
      value.setVisibility(GlobalValue::HiddenVisibility);
    value.setDSOLocal(true);
    if (!isShared)
      value.setName(value.getName() + "." + level);
  }
}

/// Removes the functions for the code generator that `target` has already, made
/// for a lower level.
static void dropKnown(Module &module, const Module &target) {
  for (Function &function : make_early_inc_range(module)) {
    const Function *known = target.getFunction(function.getName());
    if (function.hasLocalLinkage() && function.use_empty() && known &&
        !known->isDeclaration())
      function.eraseFromParent();
  }
}

/// Adds the function `entry` of `text`, which every processor of the
/// architecture can run, as the artifact's `NAME_run`.
static Error addEntry(Module &module, const ArtifactDescription &description,
                      const TargetSpec &lowest, StringRef text,
                      StringRef entry) {
  SMDiagnostic diagnostic;
  std::unique_ptr<Module> added =
      parseAssemblyString(text, diagnostic, module.getContext());
  assert(added && "our own text is valid");
  if (NamedMDNode *flags = added->getModuleFlagsMetadata())
    flags->eraseFromParent();
  Expected<TargetSpec> oldest = TargetSpec::resolve(
      lowest.triple, Triple(lowest.triple).isX86() ? "x86-64" : "generic", "",
      lowest.optLevel);
  if (!oldest)
    return oldest.takeError();
  for (Function &function : *added)
    function.removeFnAttr("tune-cpu");
  added->getFunction(entry)->setName(description.runSymbol());
  if (Error error = optimizeModule(*added, *oldest))
    return error;
  Linker::linkModules(module, std::move(added));
  return Error::success();
}

/// Adds the `NAME_run` that chooses.
static Error addDispatcher(Module &module,
                           const ArtifactDescription &description,
                           const TargetSpec &lowest,
                           ArrayRef<TargetSpec> targets) {
  if (Error error =
          addEntry(module, description, lowest,
                   dispatcherText(Triple(lowest.triple)), "quantir_run_best"))
    return error;

  // The last level needs nothing: then there always is one.
  LLVMContext &context = module.getContext();
  SmallVector<Constant *> rows;
  for (auto [level, target] : zip(description.levels, targets)) {
    auto words = processorWords(target, level.features);
    if (rows.size() + 1 == targets.size())
      words.fill(0);
    rows.push_back(ConstantDataArray::get(context, words));
  }
  auto *type = ArrayType::get(rows.front()->getType(), rows.size());
  auto *needs = new GlobalVariable(module, type, /*isConstant=*/true,
                                   GlobalValue::PrivateLinkage,
                                   ConstantArray::get(type, rows));
  GlobalVariable *used = module.getGlobalVariable("quantir_needs");
  used->replaceAllUsesWith(needs);
  needs->takeName(used);
  used->eraseFromParent();
  return Error::success();
}

/// Adds the `NAME_run` that runs what was called so where it may.
static Error addGuard(Module &module, const ArtifactDescription &description,
                      const TargetSpec &target) {
  Function *run = module.getFunction(description.runSymbol());
  run->setName("quantir_run_with_tiles");
  if (Error error =
          addEntry(module, description, target,
                   Triple(target.triple).isOSLinux() ? guardLinux : guard,
                   "quantir_run_guarded"))
    return error;
  run->setLinkage(GlobalValue::InternalLinkage);
  return Error::success();
}

Expected<std::unique_ptr<Module>>
quantir::joinLevels(std::vector<LevelCode> levels,
                    ArtifactDescription &description) {
  TargetSpec lowest = levels.front().target;
  std::unique_ptr<Module> joined = std::move(levels.front().module);
  if (levels.size() == 1) {
    if (Error error = addDescription(*joined, description, lowest))
      return error;
    if (Error error = optimizeModule(*joined, lowest))
      return error;
    if (usesTiles(*joined))
      if (Error error = addGuard(*joined, description, lowest))
        return error;
    return joined;
  }
  SmallVector<TargetSpec> bestFirst;
  for (LevelCode &level : levels) {
    Module &module = level.module ? *level.module : *joined;
    std::string features = neededFeatures(module, level.target);
    separate(module, description, level.target.name);
    description.levels.insert(
        description.levels.begin(),
        {level.target.name, features,
         description.runSymbol() + "." + level.target.name,
         std::move(level.steps)});
    bestFirst.insert(bestFirst.begin(), level.target);
    if (Error error = optimizeModule(module, level.target))
      return error;
    if (!level.module)
      continue;
    dropKnown(module, *joined);
    if (Linker::linkModules(*joined, std::move(level.module)))
      return createStringError("internal error: the code for " +
                               level.target.name + " cannot be joined");
  }
  if (Error error = addDispatcher(*joined, description, lowest, bestFirst))
    return error;
  if (Error error = addDescription(*joined, description, lowest))
    return error;
  return joined;
}
