#include "Quantir/QuantirOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "quantir/Lower/Fingerprint.h"
#include "quantir/Lower/Passes.h"

namespace quantir {
#define GEN_PASS_DEF_SHAREKERNELSPASS
#include "quantir/Lower/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

namespace {

/// What one kernel may have different from another that shares its code: the
/// global that `op` reads, or a number. Null when it is part of the code.
Attribute parameterOf(Operation *op) {
  if (auto global = dyn_cast<memref::GetGlobalOp>(op))
    return global.getNameAttr();
  return numberOf(op);
}

/// A kernel and its launches.
struct Kernel {
  func::FuncOp function;
  SmallVector<LaunchOp> launches;
  SmallVector<CodeParameter> parameters = {};
};

/// Kernels with the same code, which become the first of them.
class Group {
public:
  Group(ModuleOp module, ArrayRef<Kernel> kernels, unsigned &tables)
      : module(module), kernels(kernels), tables(tables) {}

  void share() {
    FunctionType before = shared().getFunctionType();
    SmallVector<unsigned> globals;
    llvm::MapVector<Type, SmallVector<unsigned>> numbers; // by element type
    for (auto [i, parameter] : llvm::enumerate(kernels[0].parameters)) {
      if (!differs(i))
        continue;
      if (isa<memref::GetGlobalOp>(parameter.op))
        globals.push_back(i);
      else
        numbers[getElementTypeOrSelf(parameter.op->getResult(0))].push_back(i);
    }
    // Read first: the shared code loses what it had.
    SmallVector<SmallVector<Value>> added;
    for (const Kernel &kernel : kernels)
      for (LaunchOp launch : kernel.launches)
        added.push_back(operandsFor(kernel, launch, globals, numbers));
    for (unsigned i : globals) {
      Operation *global = kernels[0].parameters[i].op;
      replace(global, addArgument(global->getResult(0).getType()));
    }
    for (auto &[type, places] : numbers)
      readTable(addArgument(tableType(type, places.size())), places);
    shared().setFunctionType(FunctionType::get(
        module.getContext(), shared().getBody().front().getArgumentTypes(),
        before.getResults()));
    unsigned next = 0;
    for (Kernel kernel : kernels) {
      for (LaunchOp launch : kernel.launches) {
        launch.setKernel(shared().getSymName());
        launch.getArgumentsMutable().append(added[next++]);
      }
      if (kernel.function != shared())
        kernel.function.erase();
    }
  }

private:
  func::FuncOp shared() { return kernels[0].function; }

  bool differs(unsigned i) const {
    return llvm::any_of(kernels, [&](const Kernel &kernel) {
      return kernel.parameters[i].value != kernels[0].parameters[i].value;
    });
  }

  static MemRefType tableType(Type element, int64_t count) {
    return MemRefType::get({count}, element);
  }

  /// What a launch of `kernel` passes for its parameters.
  SmallVector<Value>
  operandsFor(const Kernel &kernel, LaunchOp launch, ArrayRef<unsigned> globals,
              const llvm::MapVector<Type, SmallVector<unsigned>> &numbers) {
    ImplicitLocOpBuilder b(launch.getLoc(), launch);
    SmallVector<Value> operands;
    for (unsigned i : globals)
      operands.push_back(b.clone(*kernel.parameters[i].op)->getResult(0));
    for (auto &[type, places] : numbers) {
      SmallVector<Attribute> values;
      for (unsigned i : places)
        values.push_back(kernel.parameters[i].value);
      auto table = tableType(type, values.size());
      operands.push_back(memref::GetGlobalOp::create(
          b, table, addTable(launch.getLoc(), table, values)));
    }
    return operands;
  }

  StringRef addTable(Location location, MemRefType type,
                     ArrayRef<Attribute> values) {
    OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
    auto tensor = RankedTensorType::get(type.getShape(), type.getElementType());
    return memref::GlobalOp::create(
               b, location, ("numbers_" + Twine(tables++)).str(),
               b.getStringAttr("private"), type,
               DenseElementsAttr::get(tensor, values), /*constant=*/true,
               /*alignment=*/nullptr)
        .getSymName();
  }

  /// A new argument, before the number of the tile.
  Value addArgument(Type type) {
    unsigned last = shared().getNumArguments() - 1;
    auto attributes = DictionaryAttr::get(
        module.getContext(),
        NamedAttribute(StringAttr::get(module.getContext(), "llvm.noalias"),
                       UnitAttr::get(module.getContext())));
    (void)shared().insertArgument(last, type, attributes, shared().getLoc());
    return shared().getArgument(last);
  }

  void readTable(Value table, ArrayRef<unsigned> places) {
    ImplicitLocOpBuilder b(shared().getLoc(), module.getContext());
    for (auto [row, place] : llvm::enumerate(places)) {
      // Anew, for what stood first may be gone.
      b.setInsertionPointToStart(&shared().getBody().front());
      Operation *parameter = kernels[0].parameters[place].op;
      Value number = memref::LoadOp::create(
          b, table,
          ValueRange{arith::ConstantIndexOp::create(b, int64_t(row))});
      Type type = parameter->getResult(0).getType();
      if (isa<VectorType>(type))
        number = vector::BroadcastOp::create(b, type, number);
      replace(parameter, number);
    }
  }

  static void replace(Operation *op, Value value) {
    op->getResult(0).replaceAllUsesWith(value);
    op->erase();
  }

  ModuleOp module;
  ArrayRef<Kernel> kernels;
  unsigned &tables;
};

struct ShareKernels : quantir::impl::ShareKernelsPassBase<ShareKernels> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main)
      return;
    llvm::MapVector<StringRef, SmallVector<LaunchOp>> launches;
    main.walk([&](LaunchOp launch) {
      launches[launch.getKernel()].push_back(launch);
    });
    KernelsByCode<Kernel> groups;
    for (auto &[name, calls] : launches) {
      auto function = module.lookupSymbol<func::FuncOp>(name);
      if (!function || function.isExternal())
        continue;
      Fingerprint print(&function.getBody(), parameterOf);
      print.add(function.getArgAttrsAttr());
      groups.add(std::move(print), {function, calls});
    }
    unsigned tables = 0;
    for (ArrayRef<Kernel> kernels : groups.get())
      if (kernels.size() > 1)
        Group(module, kernels, tables).share();
  }
};
} // namespace
