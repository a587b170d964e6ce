#include "Builtins.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Intrinsics.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace quantir;

/// Builtins.c
static const char builtinsText[] =
#include "BuiltinsText.inc"
    ;

namespace {

/// Finds out which of the functions a module needs, and calls those that the
/// code generator would not call by itself.
class Needs {
public:
  Needs(Module &module, const TargetSpec &target)
      : module(module), target(target), triple(target.triple),
        builder(module.getContext()) {}

  /// True when there are some, which the module now declares.
  bool declare();

private:
  bool hasVectors() const {
    return triple.isX86_64() || triple.isAArch64() || target.has("simd128");
  }
  StringRef functionBehind(Intrinsic::ID id) const;
  StringRef functionBehind(const Instruction &instruction) const;
  uint64_t mostInline(const MemIntrinsic &intrinsic) const;
  void expand(MemIntrinsic &intrinsic);
  void expand(Instruction &instruction, StringRef name);
  CallInst *call(StringRef name, Type *result, ArrayRef<Value *> arguments);

  Module &module;
  const TargetSpec &target;
  Triple triple;
  IRBuilder<> builder;
  bool any = false;
};

} // namespace

/// The C function that the code generator calls for an intrinsic on floats;
/// none where it is an instruction, or a few.
StringRef Needs::functionBehind(Intrinsic::ID id) const {
  bool canFuse = triple.isX86() ? target.has("fma") : !triple.isWasm();
  bool canRound = triple.isX86()   ? target.has("sse4.1")
                  : triple.isARM() ? target.has("fp-armv8")
                                   : true;
  switch (id) {
  case Intrinsic::fma:
    return canFuse ? "" : "fmaf";
  case Intrinsic::roundeven:
    return canRound ? "" : "roundevenf";
  case Intrinsic::rint:
    return canRound ? "" : "rintf";
  case Intrinsic::nearbyint:
    return canRound ? "" : "nearbyintf";
  case Intrinsic::floor:
    return canRound ? "" : "floorf";
  case Intrinsic::ceil:
    return canRound ? "" : "ceilf";
  case Intrinsic::trunc:
    return canRound ? "" : "truncf";
  default:
    return "";
  }
}

/// Ours for an operation on 64-bit integers that a processor of 32 bits lacks.
StringRef Needs::functionBehind(const Instruction &instruction) const {
  if (!triple.isARM())
    return "";
  auto is64 = [](Type *type) { return type->getScalarType()->isIntegerTy(64); };
  bool toInteger = is64(instruction.getType());
  auto isF32 = [](Type *type) { return type->getScalarType()->isFloatTy(); };
  bool fromInteger = instruction.getNumOperands() > 0 &&
                     is64(instruction.getOperand(0)->getType());
  switch (instruction.getOpcode()) {
  case Instruction::UDiv:
    return toInteger ? "quantir_udiv" : "";
  case Instruction::URem:
    return toInteger ? "quantir_urem" : "";
  case Instruction::SDiv:
    return toInteger ? "quantir_sdiv" : "";
  case Instruction::SRem:
    return toInteger ? "quantir_srem" : "";
  case Instruction::FPToSI:
  case Instruction::FPToUI:
    return toInteger && isF32(instruction.getOperand(0)->getType())
               ? "quantir_f32_to_i64"
               : "";
  case Instruction::SIToFP:
    return fromInteger && isF32(instruction.getType()) ? "quantir_i64_to_f32"
                                                       : "";
  case Instruction::UIToFP:
    return fromInteger && isF32(instruction.getType()) ? "quantir_u64_to_f32"
                                                       : "";
  default:
    return "";
  }
}

CallInst *Needs::call(StringRef name, Type *result,
                      ArrayRef<Value *> arguments) {
  SmallVector<Type *> types(map_range(arguments, std::mem_fn(&Value::getType)));
  FunctionCallee callee = module.getOrInsertFunction(
      name, FunctionType::get(result, types, /*isVarArg=*/false));
  any = true;
  return builder.CreateCall(callee, arguments);
}

/// Bytes up to which a copy or fill of known size becomes moves in place.
uint64_t Needs::mostInline(const MemIntrinsic &intrinsic) const {
  bool isSmall =
      intrinsic.getFunction()->hasOptSize() || isa<MemMoveInst>(intrinsic);
  if (!hasVectors())
    return intrinsic.getDestAlign().valueOrOne() >= 8 && !isSmall ? 64 : 16;
  uint64_t bytes = target.has("avx512f") ? 64 : target.has("avx") ? 32 : 16;
  return bytes * (isSmall ? 4 : 8);
}

/// Small copies and fills stay with the code generator; others become calls, of
/// which it would choose the name.
void Needs::expand(MemIntrinsic &intrinsic) {
  auto *size = dyn_cast<ConstantInt>(intrinsic.getLength());
  bool isInline = size && size->getZExtValue() <= mostInline(intrinsic);
  auto *copy = dyn_cast<MemTransferInst>(&intrinsic);
  bool isMove = isa<MemMoveInst>(intrinsic);
  if (isMove && isInline && hasVectors())
    return; // read into registers, then written
  builder.SetInsertPoint(&intrinsic);
  Value *to = intrinsic.getRawDest(), *length = intrinsic.getLength();
  if (isInline && copy && !isMove)
    builder.CreateMemCpyInline(to, copy->getDestAlign(), copy->getRawSource(),
                               copy->getSourceAlign(), length);
  else if (isInline && !copy)
    builder.CreateMemSetInline(to, intrinsic.getDestAlign(),
                               cast<MemSetInst>(intrinsic).getValue(), length);
  else
    call((copy ? isMove ? "quantir_move" : "quantir_copy" : "quantir_fill") +
             std::string(hasVectors() ? "" : "_words"),
         builder.getVoidTy(),
         {to,
          copy ? copy->getRawSource() : cast<MemSetInst>(intrinsic).getValue(),
          builder.CreateZExtOrTrunc(length, builder.getInt64Ty())});
  intrinsic.eraseFromParent();
}

/// A call for each lane.
void Needs::expand(Instruction &instruction, StringRef name) {
  builder.SetInsertPoint(&instruction);
  Type *type = instruction.getType();
  SmallVector<Value *> operands(instruction.operands());
  Value *result;
  if (auto *vector = dyn_cast<FixedVectorType>(type)) {
    result = PoisonValue::get(type);
    for (unsigned lane = 0; lane < vector->getNumElements(); ++lane) {
      SmallVector<Value *> lanes;
      for (Value *operand : operands)
        lanes.push_back(builder.CreateExtractElement(operand, lane));
      result = builder.CreateInsertElement(
          result, call(name, vector->getElementType(), lanes), lane);
    }
  } else {
    result = call(name, type, operands);
  }
  instruction.replaceAllUsesWith(result);
  instruction.eraseFromParent();
}

bool Needs::declare() {
  for (Function &function : module)
    for (Instruction &instruction :
         make_early_inc_range(instructions(function))) {
      if (auto *intrinsic = dyn_cast<MemIntrinsic>(&instruction))
        expand(*intrinsic);
      else if (StringRef name = functionBehind(instruction); !name.empty())
        expand(instruction, name);
    }
  Type *type = Type::getFloatTy(module.getContext());
  for (const Function &function : make_early_inc_range(module)) {
    StringRef name = functionBehind(function.getIntrinsicID());
    if (name.empty() || function.getReturnType()->getScalarType() != type)
      continue;
    SmallVector<Type *> types(function.arg_size(), type);
    module.getOrInsertFunction(name, FunctionType::get(type, types, false));
    any = true;
  }
  if (triple.isOSWindows()) { // whose frames are large shows only in code
    StringRef name =
        triple.isX86_64() ? "quantir_probe_x86_64" : "quantir_probe_aarch64";
    module.getOrInsertFunction(name, Type::getVoidTy(module.getContext()));
    any = true;
  }
  return any;
}

/// Nothing of the target that the text was made for stays, only what the
/// functions are: `naked`, and none of a library's in disguise.
static void forget(Function &function) {
  AttrBuilder kept(function.getContext());
  kept.addAttribute("no-builtins");
  for (Attribute::AttrKind kind : {Attribute::Naked, Attribute::NoInline})
    if (function.hasFnAttribute(kind))
      kept.addAttribute(kind);
  function.setAttributes(
      AttributeList().addFnAttributes(function.getContext(), kept));
}

void quantir::addBuiltins(Module &module, const TargetSpec &target) {
  if (!Needs(module, target).declare())
    return;
  SMDiagnostic diagnostic;
  std::unique_ptr<Module> builtins =
      parseAssemblyString(builtinsText, diagnostic, module.getContext());
  assert(builtins && "our own text is valid");
  builtins->setTargetTriple(module.getTargetTriple());
  builtins->setDataLayout(module.getDataLayout());
  for (NamedMDNode &node : make_early_inc_range(builtins->named_metadata()))
    builtins->eraseNamedMetadata(&node);
  std::vector<std::string> names;
  for (Function &function : *builtins)
    if (!function.isDeclaration()) {
      forget(function);
      names.push_back(function.getName().str());
    }
  // The linker takes what the module declares, and what that calls.
  Linker::linkModules(module, std::move(builtins), Linker::LinkOnlyNeeded);
  for (StringRef name : names)
    if (Function *function = module.getFunction(name)) {
      function->setLinkage(GlobalValue::InternalLinkage);
      if (name.starts_with("quantir_probe"))
        function->setName("__chkstk");
    }
}
