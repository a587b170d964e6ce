// The description of `Runtime/Artifact.h` as constants of an LLVM module.
#include "quantir/Artifact/Codegen.h"
#include "quantir/Target/CheckedFeatures.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DerivedTypes.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FormatVariadic.h"
#include <map>

using namespace llvm;
using namespace quantir;

namespace {

/// Makes the constants; the field order is that of the C structures, whose
/// layout LLVM's natural alignment reproduces.
class DescriptionBuilder {
public:
  explicit DescriptionBuilder(Module &module)
      : module(module), context(module.getContext()) {}

  Constant *integer(unsigned bits, uint64_t value) {
    return ConstantInt::get(Type::getIntNTy(context, bits), value,
                            /*IsSigned=*/false, /*ImplicitTrunc=*/true);
  }
  Constant *string(StringRef text) {
    GlobalVariable *string =
        global(ConstantDataArray::getString(context, text));
    string->setUnnamedAddr(
        GlobalValue::UnnamedAddr::Global); // equal ones merge
    return string;
  }
  Constant *tensors(ArrayRef<TensorDescription> tensors) {
    return array(map_to_vector(tensors, [&](const TensorDescription &entry) {
      return tensor(entry);
    }));
  }
  /// The steps, and how many. Their texts are in `stepTexts`; equal lists are
  /// there once.
  std::pair<Constant *, Constant *> steps(ArrayRef<StepDescription> steps) {
    auto entries = map_to_vector(steps, [&](const StepDescription &step) {
      return ConstantStruct::getAnon({place(step.name), place(step.nodes),
                                      integer(64, step.macs),
                                      integer(64, step.bytes)});
    });
    Constant *&list = stepLists[SmallVector<Constant *>(entries)];
    if (!list)
      list = array(SmallVector<Constant *>(entries));
    return {list, integer(32, steps.size())};
  }
  /// How long the texts of all steps are, and the texts.
  SmallVector<Constant *> stepTexts() {
    return {integer(32, texts.size()),
            global(ConstantDataArray::getString(context, texts,
                                                /*AddNull=*/false))};
  }
  /// The address and size of a constant of the module, if it is there.
  SmallVector<Constant *> constants(StringRef name) {
    GlobalVariable *found =
        name.empty() ? nullptr
                     : module.getGlobalVariable(name, /*AllowInternal=*/true);
    if (!found)
      return {ConstantPointerNull::get(PointerType::get(context, 0)),
              integer(64, 0)};
    uint64_t size =
        module.getDataLayout().getTypeAllocSize(found->getValueType());
    return {found, integer(64, size)};
  }
  /// The levels, under the name by which the code that chooses knows them.
  Constant *levels(ArrayRef<LevelDescription> levels) {
    SmallVector<Constant *> entries;
    for (const LevelDescription &level : levels) {
      auto [list, count] = steps(level.steps);
      entries.push_back(ConstantStruct::getAnon(
          {string(level.cpu), string(level.features),
           module.getFunction(level.runSymbol), list, count}));
    }
    Constant *list = array(entries);
    if (GlobalVariable *used = module.getGlobalVariable("quantir_levels")) {
      used->replaceAllUsesWith(list);
      used->eraseFromParent();
    }
    return list;
  }
  GlobalVariable *global(Constant *value, const Twine &name = "",
                         bool isVisible = false) {
    auto *global = new GlobalVariable(
        module, value->getType(), /*isConstant=*/true,
        isVisible ? GlobalValue::ExternalLinkage : GlobalValue::PrivateLinkage,
        value, name);
    return global;
  }

private:
  Constant *tensor(const TensorDescription &tensor) {
    auto shape = map_to_vector(tensor.shape,
                               [&](int64_t size) { return integer(64, size); });
    return ConstantStruct::getAnon(
        {string(tensor.name), integer(32, tensor.type),
         integer(32, tensor.shape.size()), array(shape),
         integer(32, tensor.quantized),
         ConstantFP::get(context, APFloat(tensor.scale)),
         integer(32, tensor.zeroPoint)});
  }
  /// The address of the entries; null when there are none.
  Constant *array(ArrayRef<Constant *> entries) {
    if (entries.empty())
      return ConstantPointerNull::get(PointerType::get(context, 0));
    return global(ConstantArray::get(
        ArrayType::get(entries.front()->getType(), entries.size()), entries));
  }

  /// Where a text of a step is.
  Constant *place(StringRef text) {
    auto [entry, isNew] = places.try_emplace(text, texts.size());
    if (isNew) {
      texts += text;
      texts += '\0';
    }
    return integer(32, entry->second);
  }

  Module &module;
  LLVMContext &context;
  std::string texts = std::string(1, '\0');
  StringMap<uint32_t> places;
  std::map<SmallVector<Constant *>, Constant *> stepLists;
};

} // namespace

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

/// AMX is named where it is used: systems may lack it on a processor that has
/// it, and LLVM does not use it unasked.
std::string quantir::neededFeatures(const Module &module,
                                    const TargetSpec &target) {
  std::string features = checkedFeatures(target);
  if (module.getFunction("llvm.x86.tdpbusd.internal"))
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
  append_range(fields, ArrayRef<Constant *>{steps, numSteps});
  append_range(fields, make.stepTexts());
  append_range(fields, make.constants(description.constantsSymbol));
  append_range(fields, ArrayRef<Constant *>{
                           levels, make.integer(32, description.levels.size()),
                           ConstantPointerNull::get(
                               PointerType::get(module.getContext(), 0))});
  Constant *value = ConstantStruct::getAnon(fields);
  make.global(value, description.descriptionSymbol(), /*isVisible=*/true);
  hideAllBut(module, description.runSymbol(), description.descriptionSymbol());
  module.setModuleIdentifier(description.name);
  module.setSourceFileName(description.name);
  return Error::success();
}
