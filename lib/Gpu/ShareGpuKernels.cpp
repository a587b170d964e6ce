#include "Quantir/QuantirOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVDialect.h"
#include "mlir/Dialect/SPIRV/Transforms/SPIRVConversion.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "quantir/Gpu/Passes.h"
#include "quantir/Lower/Fingerprint.h"
#include "quantir/Runtime/Artifact.h"
#include <map>

namespace quantir {
#define GEN_PASS_DEF_SHAREGPUKERNELSPASS
#include "quantir/Gpu/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

namespace {

/// A dispatch whose kernels nothing else runs.
struct Candidate {
  DispatchOp dispatch;
  SmallVector<gpu::GPUModuleOp> forms;
  SmallVector<CodeParameter> parameters = {};
};

/// A number of a kernel's main function; those of others are code.
Attribute numberOfMain(Operation *op) {
  return op->getParentOfType<gpu::GPUFuncOp>() ? numberOf(op) : Attribute();
}

int32_t bitsOf(Attribute number) {
  if (auto real = dyn_cast<FloatAttr>(number))
    return int32_t(real.getValue().bitcastToAPInt().getZExtValue());
  return int32_t(cast<IntegerAttr>(number).getValue().getSExtValue());
}

/// What one number is in each of several dispatches with the same code.
using Column = std::vector<int32_t>;

/// The numbers in which dispatches differ, each to be a push constant: the
/// places in the code where it stands.
using PushWords =
    llvm::MapVector<Column, SmallVector<unsigned>, std::map<Column, unsigned>>;

PushWords pushWordsOf(ArrayRef<Candidate> members) {
  PushWords words;
  for (unsigned place = 0; place < members[0].parameters.size(); ++place) {
    Column column;
    for (const Candidate &member : members)
      column.push_back(bitsOf(member.parameters[place].value));
    if (!llvm::all_equal(column))
      words[column].push_back(place);
  }
  return words;
}

/// Has the main functions read a number where it stands, once each.
void readPushWord(ArrayRef<Operation *> numbers, unsigned word,
                  unsigned count) {
  DenseMap<Operation *, Value> read;
  for (Operation *number : numbers) {
    auto main = number->getParentOfType<gpu::GPUFuncOp>();
    ImplicitLocOpBuilder b(main.getLoc(), main.getContext());
    Value &value = read[main];
    if (!value) {
      Block &entry = main.getBody().front();
      b.setInsertionPointToStart(&entry);
      value = spirv::getPushConstantValue(entry.getTerminator(), count, word,
                                          b.getI32Type(), b);
    }
    b.setInsertionPointAfterValue(value);
    Type type = number->getResult(0).getType();
    Value typed = value;
    if (getElementTypeOrSelf(type).isF32())
      typed = arith::BitcastOp::create(b, b.getF32Type(), typed);
    if (isa<VectorType>(type))
      typed = vector::BroadcastOp::create(b, type, typed);
    number->getResult(0).replaceAllUsesWith(typed);
    number->erase();
  }
}

/// Dispatches with the same code get the kernels of the first.
void share(ArrayRef<Candidate> members) {
  Candidate first = members[0];
  PushWords words = pushWordsOf(members);
  for (auto [i, member] : llvm::enumerate(members)) {
    DispatchOp dispatch = member.dispatch;
    dispatch.setPush(llvm::map_to_vector(
        words, [&](const auto &word) { return word.first[i]; }));
    if (i == 0)
      continue;
    dispatch.setKernelsAttr(first.dispatch.getKernelsAttr());
    for (gpu::GPUModuleOp form : member.forms)
      form.erase();
  }
  for (auto [i, word] : llvm::enumerate(words))
    readPushWord(llvm::map_to_vector(word.second,
                                     [&](unsigned place) {
                                       return first.parameters[place].op;
                                     }),
                 i, words.size());
}

/// The same, but with as few numbers as every device takes: in parts.
void shareInParts(ArrayRef<Candidate> members) {
  while (!members.empty()) {
    size_t count = 1;
    while (count < members.size() &&
           pushWordsOf(members.take_front(count + 1)).size() <=
               QUANTIR_GPU_MAX_PUSH)
      ++count;
    share(members.take_front(count));
    members = members.drop_front(count);
  }
}

struct ShareGpuKernels
    : quantir::impl::ShareGpuKernelsPassBase<ShareGpuKernels> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main)
      return;
    KernelsByCode<Candidate> groups;
    for (auto dispatch : main.getOps<DispatchOp>()) {
      Candidate candidate{dispatch, {}};
      SmallVector<Region *> code;
      for (auto name : dispatch.getKernels().getAsRange<FlatSymbolRefAttr>()) {
        auto form = module.lookupSymbol<gpu::GPUModuleOp>(name.getAttr());
        if (!form)
          return;
        candidate.forms.push_back(form);
        code.push_back(&form.getBodyRegion());
      }
      Fingerprint print(code, numberOfMain);
      // The arguments' order may differ between equal kernels, not their
      // meaning: binding i is argument i of both.
      print.add(dispatch.getWrittenAttr());
      groups.add(std::move(print), std::move(candidate));
    }
    for (ArrayRef<Candidate> members : groups.get())
      shareInParts(members);
  }
};

} // namespace
