#include "DescriptionBuilder.h"

using namespace llvm;
using namespace quantir;

Constant *DescriptionBuilder::integer(unsigned bits, uint64_t value) {
  return ConstantInt::get(Type::getIntNTy(context, bits), value,
                          /*IsSigned=*/false, /*ImplicitTrunc=*/true);
}

Constant *DescriptionBuilder::null() {
  return ConstantPointerNull::get(PointerType::get(context, 0));
}

GlobalVariable *DescriptionBuilder::global(Constant *value, const Twine &name,
                                           bool isVisible) {
  return new GlobalVariable(module, value->getType(), /*isConstant=*/true,
                            isVisible ? GlobalValue::ExternalLinkage
                                      : GlobalValue::PrivateLinkage,
                            value, name);
}

Constant *DescriptionBuilder::array(ArrayRef<Constant *> entries) {
  if (entries.empty())
    return null();
  return global(ConstantArray::get(
      ArrayType::get(entries.front()->getType(), entries.size()), entries));
}

Constant *DescriptionBuilder::string(StringRef text) {
  GlobalVariable *string = global(ConstantDataArray::getString(context, text));
  string->setUnnamedAddr(GlobalValue::UnnamedAddr::Global); // equal ones merge
  return string;
}

Constant *DescriptionBuilder::tensor(const TensorDescription &tensor) {
  auto shape = map_to_vector(tensor.shape,
                             [&](int64_t size) { return integer(64, size); });
  return ConstantStruct::getAnon(
      {string(tensor.name), integer(32, tensor.type),
       integer(32, tensor.shape.size()), array(shape),
       integer(32, tensor.quantized),
       ConstantFP::get(context, APFloat(tensor.scale)),
       integer(32, tensor.zeroPoint)});
}

Constant *DescriptionBuilder::tensors(ArrayRef<TensorDescription> tensors) {
  return array(map_to_vector(
      tensors, [&](const TensorDescription &entry) { return tensor(entry); }));
}

Constant *DescriptionBuilder::place(StringRef text) {
  auto [entry, isNew] = places.try_emplace(text, texts.size());
  if (isNew) {
    texts += text;
    texts += '\0';
  }
  return integer(32, entry->second);
}

std::pair<Constant *, Constant *>
DescriptionBuilder::steps(ArrayRef<StepDescription> steps) {
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

SmallVector<Constant *> DescriptionBuilder::stepTexts() {
  return {integer(32, texts.size()),
          global(ConstantDataArray::getString(context, texts,
                                              /*AddNull=*/false))};
}

SmallVector<Constant *> DescriptionBuilder::constants(StringRef name) {
  GlobalVariable *found =
      name.empty() ? nullptr
                   : module.getGlobalVariable(name, /*AllowInternal=*/true);
  if (!found)
    return {null(), integer(64, 0)};
  uint64_t size =
      module.getDataLayout().getTypeAllocSize(found->getValueType());
  return {found, integer(64, size)};
}

Constant *DescriptionBuilder::levels(ArrayRef<LevelDescription> levels) {
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
