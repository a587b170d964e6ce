#include "Quantir/QuantirOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVDialect.h"
#include "mlir/Dialect/SPIRV/IR/TargetAndABI.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "quantir/Gpu/Passes.h"
#include "quantir/Lower/Fingerprint.h"
#include <map>

namespace quantir {
#define GEN_PASS_DEF_SHAREGPUKERNELSPASS
#include "quantir/Gpu/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

namespace {

/// A number of the main function of one of a dispatch's forms.
struct Number {
  unsigned form;
  Operation *op;
};

/// A dispatch whose kernels nothing else runs.
struct Candidate {
  DispatchOp dispatch;
  SmallVector<gpu::GPUModuleOp> forms;
  SmallVector<Number> numbers;
};

/// A number of a kernel's main function; those of others are code.
bool isNumber(Operation *op) {
  return numberOf(op) && op->getParentOfType<gpu::GPUFuncOp>();
}

int32_t bitsOf(Attribute number) {
  if (auto real = dyn_cast<FloatAttr>(number))
    return int32_t(real.getValue().bitcastToAPInt().getZExtValue());
  return int32_t(cast<IntegerAttr>(number).getValue().getSExtValue());
}

/// Dispatches with the same code.
class Group {
public:
  Group(ModuleOp module, MutableArrayRef<Candidate> members, unsigned &tables)
      : module(module), members(members), tables(tables) {}

  void share() {
    SmallVector<unsigned> places;
    for (unsigned i = 0; i < members[0].numbers.size(); ++i)
      if (differs(i))
        places.push_back(i);
    if (!places.empty()) {
      // Read first: the shared code loses what it had.
      for (Candidate &member : members)
        addTable(member, places);
      for (unsigned form = 0; form < members[0].forms.size(); ++form)
        readTable(form, places);
    }
    for (Candidate &member : members.drop_front()) {
      member.dispatch.setKernelsAttr(members[0].dispatch.getKernels());
      for (gpu::GPUModuleOp form : member.forms)
        form.erase();
    }
  }

private:
  bool differs(unsigned i) const {
    return llvm::any_of(members, [&](const Candidate &member) {
      return numberOf(member.numbers[i].op) !=
             numberOf(members[0].numbers[i].op);
    });
  }

  static MemRefType wordsType(MLIRContext *context, size_t count,
                              Attribute memory = {}) {
    return MemRefType::get({int64_t(count)}, IntegerType::get(context, 32),
                           MemRefLayoutAttrInterface(), memory);
  }

  void addTable(Candidate &member, ArrayRef<unsigned> places) {
    auto words = llvm::map_to_vector(places, [&](unsigned i) {
      return bitsOf(numberOf(member.numbers[i].op));
    });
    MLIRContext *context = module.getContext();
    MemRefType type = wordsType(context, words.size());
    OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
    auto value = DenseElementsAttr::get(
        RankedTensorType::get(type.getShape(), type.getElementType()),
        ArrayRef<int32_t>(words));
    auto global = memref::GlobalOp::create(
        top, member.dispatch.getLoc(), ("numbers_" + Twine(tables++)).str(),
        top.getStringAttr("private"), type, value, /*constant=*/true,
        IntegerAttr());
    OpBuilder b(member.dispatch);
    Value table = memref::GetGlobalOp::create(b, member.dispatch.getLoc(), type,
                                              global.getSymName());
    member.dispatch.getArgumentsMutable().append(table);
    SmallVector<bool> written(member.dispatch.getWritten());
    written.push_back(false);
    member.dispatch.setWritten(written);
  }

  void readTable(unsigned form, ArrayRef<unsigned> places) {
    auto main = *members[0].forms[form].getOps<gpu::GPUFuncOp>().begin();
    MLIRContext *context = module.getContext();
    Block &entry = main.getBody().front();
    auto storage = spirv::StorageClassAttr::get(
        context, spirv::StorageClass::StorageBuffer);
    int64_t binding = members[0].dispatch.getArguments().size() - 1;
    auto place =
        spirv::getInterfaceVarABIAttr(0, binding, std::nullopt, context);
    unsigned last = entry.getNumArguments();
    (void)main.insertArgument(
        last, wordsType(context, places.size(), storage),
        DictionaryAttr::get(
            context,
            NamedAttribute(
                StringAttr::get(context, spirv::getInterfaceVarABIAttrName()),
                place)),
        main.getLoc());
    Value table = entry.getArgument(last);
    ImplicitLocOpBuilder b(main.getLoc(), context);
    for (auto [row, place] : llvm::enumerate(places)) {
      Number number = members[0].numbers[place];
      if (number.form != form)
        continue;
      // Anew, for what stood first may be gone.
      b.setInsertionPointToStart(&entry);
      Type type = number.op->getResult(0).getType();
      Value at = arith::ConstantIndexOp::create(b, int64_t(row));
      Value value = memref::LoadOp::create(b, table, at);
      if (getElementTypeOrSelf(type).isF32())
        value = arith::BitcastOp::create(b, b.getF32Type(), value);
      if (isa<VectorType>(type))
        value = vector::BroadcastOp::create(b, type, value);
      number.op->getResult(0).replaceAllUsesWith(value);
      number.op->erase();
    }
  }

  ModuleOp module;
  MutableArrayRef<Candidate> members;
  unsigned &tables;
};

struct ShareGpuKernels
    : quantir::impl::ShareGpuKernelsPassBase<ShareGpuKernels> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main)
      return;
    std::map<std::vector<const void *>, unsigned> groupOf;
    std::vector<SmallVector<Candidate>> groups;
    for (auto dispatch : main.getOps<DispatchOp>()) {
      Candidate candidate{dispatch, {}, {}};
      std::vector<const void *> code;
      for (auto name : dispatch.getKernels().getAsRange<FlatSymbolRefAttr>()) {
        auto form = module.lookupSymbol<gpu::GPUModuleOp>(name.getAttr());
        if (!form)
          return;
        Fingerprint print(form.getBodyRegion(), isNumber);
        llvm::append_range(code, print.code);
        for (Operation *number : print.parameters)
          candidate.numbers.push_back(
              {unsigned(candidate.forms.size()), number});
        candidate.forms.push_back(form);
      }
      // The arguments' order may differ between equal kernels, not their
      // meaning: binding i is argument i of both.
      code.push_back(dispatch.getWrittenAttr().getAsOpaquePointer());
      auto [place, isNew] = groupOf.try_emplace(std::move(code), groups.size());
      if (isNew)
        groups.emplace_back();
      groups[place->second].push_back(std::move(candidate));
    }
    unsigned tables = 0;
    for (MutableArrayRef<Candidate> members : groups)
      if (members.size() > 1)
        Group(module, members, tables).share();
  }
};

} // namespace
