// The description of `Runtime/Artifact.h` as constants of an LLVM module.
#include "quantir/Artifact/Codegen.h"
#include "quantir/Target/CheckedFeatures.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DerivedTypes.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FormatVariadic.h"

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
    return global(ConstantDataArray::getString(context, text));
  }
  Constant *tensors(ArrayRef<TensorDescription> tensors) {
    SmallVector<Constant *> entries;
    for (const TensorDescription &entry : tensors)
      entries.push_back(tensor(entry));
    return entries.empty()
               ? ConstantPointerNull::get(PointerType::get(context, 0))
               : array(entries);
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
    SmallVector<Constant *> shape;
    for (int64_t size : tensor.shape)
      shape.push_back(integer(64, size));
    return ConstantStruct::getAnon(
        {string(tensor.name), integer(32, tensor.type),
         integer(32, tensor.shape.size()),
         shape.empty() ? ConstantPointerNull::get(PointerType::get(context, 0))
                       : array(shape),
         integer(32, tensor.quantized),
         ConstantFP::get(context, APFloat(tensor.scale)),
         integer(32, tensor.zeroPoint)});
  }
  Constant *array(ArrayRef<Constant *> entries) {
    return global(ConstantArray::get(
        ArrayType::get(entries.front()->getType(), entries.size()), entries));
  }

  Module &module;
  LLVMContext &context;
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
  Constant *value = ConstantStruct::getAnon(
      {make.integer(32, QUANTIR_ABI_VERSION),
       make.integer(32, description.inputs.size()),
       make.integer(32, description.outputs.size()),
       make.string(description.name), make.tensors(description.inputs),
       make.tensors(description.outputs),
       make.integer(64, description.arenaSize),
       make.integer(64, description.arenaAlignment),
       make.integer(64, description.weightsSize),
       make.string(description.weightsHash), make.string(target.triple),
       make.string(target.cpu), make.string(checkedFeatures(target)),
       make.string(description.quantization), make.string(compilerVersion())});
  make.global(value, description.descriptionSymbol(), /*isVisible=*/true);
  hideAllBut(module, description.runSymbol(), description.descriptionSymbol());
  module.setModuleIdentifier(description.name);
  module.setSourceFileName(description.name);
  return Error::success();
}
