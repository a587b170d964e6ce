// The description of `Runtime/Artifact.h` as constants of an LLVM module.
#include "DescriptionBuilder.h"
#include "quantir/Artifact/Codegen.h"
#include "quantir/Target/CheckedFeatures.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;
using namespace quantir;

/// Private and internal are equal to the linker, but internal names survive in
/// the object, where a profiler finds them.
static void hideAllBut(Module &module, StringRef run, StringRef description) {
  for (GlobalValue &value : module.global_values()) {
    if (value.isDeclaration() || value.hasLocalLinkage())
      continue;
    bool isShown = value.getName() == run || value.getName() == description;
    value.setLinkage(isShown ? GlobalValue::ExternalLinkage
                             : GlobalValue::InternalLinkage);
    value.setVisibility(GlobalValue::DefaultVisibility);
    value.setDSOLocal(true);
  }
}

bool quantir::usesTiles(const Module &module) {
  return module.getFunction("llvm.x86.tdpbusd.internal");
}

/// AMX is named where it is used: LLVM does not use it unasked.
std::string quantir::neededFeatures(const Module &module,
                                    const TargetSpec &target) {
  std::string features = checkedFeatures(target);
  if (usesTiles(module))
    features += ",amx-tile,amx-int8";
  return features;
}

Error quantir::addDescription(Module &module,
                              const ArtifactDescription &description,
                              const TargetSpec &target) {
  const Function *run = module.getFunction(description.runSymbol());
  if (!run || run->isDeclaration())
    return createStringError(
        formatv("internal error: the module does not define '{0}'",
                description.runSymbol())
            .str());
  if (module.getNamedValue(description.descriptionSymbol()))
    return createStringError(
        formatv("internal error: the module already has '{0}'",
                description.descriptionSymbol())
            .str());
  DescriptionBuilder make(module);
  SmallVector<Constant *> fields{make.integer(32, QUANTIR_ABI_VERSION),
                                 make.integer(32, description.inputs.size()),
                                 make.integer(32, description.outputs.size()),
                                 make.string(description.name),
                                 make.tensors(description.inputs),
                                 make.tensors(description.outputs),
                                 make.integer(64, description.arenaSize),
                                 make.integer(64, description.arenaAlignment),
                                 make.integer(64, description.weightsSize),
                                 make.string(description.weightsHash),
                                 make.string(target.triple),
                                 make.string(target.cpu),
                                 make.string(neededFeatures(module, target)),
                                 make.string(description.quantization),
                                 make.string(compilerVersion())};
  auto [steps, numSteps] = make.steps(description.steps);
  Constant *levels = make.levels(description.levels);
  Constant *gpu = make.gpuProgram(description.gpu, description.constantsSymbol,
                                  description.tablesSymbol);
  append_range(fields, ArrayRef<Constant *>{steps, numSteps});
  append_range(fields, make.stepTexts());
  append_range(fields, make.constants(description.constantsSymbol));
  append_range(fields,
               ArrayRef<Constant *>{
                   levels, make.integer(32, description.levels.size()), gpu});
  Constant *value = ConstantStruct::getAnon(fields);
  make.global(value, description.descriptionSymbol(), /*isVisible=*/true);
  hideAllBut(module, description.runSymbol(), description.descriptionSymbol());
  module.setModuleIdentifier(description.name);
  module.setSourceFileName(description.name);
  return Error::success();
}
