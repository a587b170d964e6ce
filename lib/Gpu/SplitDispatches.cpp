#include "DispatchCut.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVDialect.h"
#include "mlir/Dialect/SPIRV/IR/TargetAndABI.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/SymbolTable.h"
#include "quantir/Gpu/GpuLimits.h"
#include "quantir/Gpu/Passes.h"
#include "quantir/Lower/KernelName.h"
#include <map>

namespace quantir {
#define GEN_PASS_DEF_SPLITDISPATCHESPASS
#include "quantir/Gpu/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

//===-- What kernels do with buffers --------------------------------------===//

static gpu::GPUFuncOp mainOf(gpu::GPUModuleOp kernel) {
  return *kernel.getOps<gpu::GPUFuncOp>().begin();
}

static int64_t bindingOf(gpu::GPUFuncOp function, unsigned argument) {
  return function
      .getArgAttrOfType<spirv::InterfaceVarABIAttr>(
          argument, spirv::getInterfaceVarABIAttrName())
      .getBinding();
}

/// Words of an element of a binding.
static int64_t widthOf(Value binding) {
  auto vector = dyn_cast<VectorType>(
      cast<MemRefType>(binding.getType()).getElementType());
  return vector ? vector.getNumElements() : 1;
}

/// The index of a load from a binding or a store into it; null for all else.
static Value indexOf(Operation *access, Value binding) {
  if (auto load = dyn_cast<memref::LoadOp>(access))
    return load.getIndices().front();
  auto store = dyn_cast<memref::StoreOp>(access);
  return store && store.getMemRef() == binding ? store.getIndices().front()
                                               : Value();
}

static FailureOr<SmallVector<BufferUse>>
usesOf(DispatchOp dispatch, ArrayRef<gpu::GPUModuleOp> kernels) {
  SmallVector<BufferUse> uses;
  for (Value buffer : dispatch.getArguments())
    uses.push_back({cast<MemRefType>(buffer.getType()).getNumElements(), {}});
  for (gpu::GPUModuleOp kernel : kernels) {
    gpu::GPUFuncOp function = mainOf(kernel);
    for (auto [i, argument] : llvm::enumerate(function.getArguments()))
      for (Operation *user : argument.getUsers()) {
        Value index = indexOf(user, argument);
        if (!index)
          return user->emitError("internal error: is no load or store");
        uses[bindingOf(function, i)].accesses.push_back(
            {user, index, widthOf(argument)});
      }
  }
  return uses;
}

//===-- A piece's kernel --------------------------------------------------===//

/// Does what `access` does on the part that has element `at` of all, which lie
/// one behind the other.
static SmallVector<Value> accessParts(ImplicitLocOpBuilder &b,
                                      Operation *access, ArrayRef<Value> parts,
                                      Value at) {
  if (parts.size() == 1) {
    if (auto store = dyn_cast<memref::StoreOp>(access)) {
      memref::StoreOp::create(b, store.getValue(), parts[0], at);
      return {};
    }
    return {memref::LoadOp::create(b, parts[0], at)};
  }
  ArrayRef<Value> low = parts.take_front(parts.size() / 2);
  int64_t elements = 0;
  for (Value part : low)
    elements += cast<MemRefType>(part.getType()).getNumElements();
  Value middle = arith::ConstantIndexOp::create(b, elements);
  Value isLow = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, at, middle);
  auto choice = scf::IfOp::create(b, access->getResultTypes(), isLow,
                                  /*addThenBlock=*/true, /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToEnd(choice.thenBlock());
  scf::YieldOp::create(b, accessParts(b, access, low, at));
  b.setInsertionPointToEnd(choice.elseBlock());
  at = arith::SubIOp::create(b, at, middle);
  scf::YieldOp::create(
      b, accessParts(b, access, parts.drop_front(low.size()), at));
  return SmallVector<Value>(choice.getResults());
}

namespace {
/// Makes a kernel that of one piece of a cut.
class PieceKernel {
public:
  PieceKernel(gpu::GPUFuncOp function, const DispatchCut &cut, size_t piece)
      : function(function), cut(cut), piece(piece) {}

  void rewrite() {
    moveGroups();
    SmallVector<int64_t> firstBinding = {0};
    for (const BufferWindow &window : cut.windows)
      firstBinding.push_back(firstBinding.back() + window.parts());
    unsigned count = function.getNumArguments();
    llvm::BitVector replaced(count);
    for (unsigned i = 0; i < count; ++i) {
      int64_t binding = bindingOf(function, i);
      const BufferWindow &window = cut.windows[binding];
      if (isWhole(function.getArgument(i), window))
        function.setArgAttr(i, spirv::getInterfaceVarABIAttrName(),
                            place(firstBinding[binding]));
      else
        replaced.set(i);
    }
    for (unsigned i : replaced.set_bits()) {
      int64_t binding = bindingOf(function, i);
      replace(i, cut.windows[binding], firstBinding[binding]);
    }
    replaced.resize(function.getNumArguments());
    (void)function.eraseArguments(replaced);
  }

private:
  static bool isWhole(Value argument, const BufferWindow &window) {
    auto type = cast<MemRefType>(argument.getType());
    return window.words <= window.wordsOfPart &&
           type.getNumElements() * widthOf(argument) == window.words;
  }

  /// Of one number for each piece the own one, an index: a constant of 32 bits,
  /// so that all pieces may share the code.
  Value numberOf(const std::vector<int64_t> &ofPieces) {
    Value &number = numbers[ofPieces];
    if (!number) {
      ImplicitLocOpBuilder b(function.getLoc(), function.getContext());
      b.setInsertionPointToStart(&function.getBody().front());
      Value word = arith::ConstantIntOp::create(b, ofPieces[piece], 32);
      number = arith::IndexCastOp::create(b, b.getIndexType(), word);
    }
    return number;
  }

  static bool movesAny(ArrayRef<int64_t> firsts) {
    return llvm::any_of(firsts, [](int64_t first) { return first != 0; });
  }

  Attribute place(int64_t binding) {
    return spirv::getInterfaceVarABIAttr(0, binding, std::nullopt,
                                         function.getContext());
  }

  /// Groups are counted from the piece's first one on.
  void moveGroups() {
    SmallVector<gpu::BlockIdOp> identifiers;
    function.walk([&](gpu::BlockIdOp id) { identifiers.push_back(id); });
    for (gpu::BlockIdOp id : identifiers) {
      std::vector<int64_t> firsts;
      for (const GroupBox &box : cut.boxes)
        firsts.push_back(box.first[unsigned(id.getDimension())]);
      if (!movesAny(firsts))
        continue;
      ImplicitLocOpBuilder b(id.getLoc(), id->getContext());
      b.setInsertionPointAfter(id);
      auto moved = arith::AddIOp::create(b, id, numberOf(firsts));
      id.getResult().replaceAllUsesExcept(moved, moved);
    }
  }

  SmallVector<Value> addParts(unsigned argument, const BufferWindow &window,
                              int64_t binding) {
    auto type = cast<MemRefType>(function.getArgument(argument).getType());
    int64_t width = widthOf(function.getArgument(argument));
    auto name = StringAttr::get(function.getContext(),
                                spirv::getInterfaceVarABIAttrName());
    SmallVector<Value> parts;
    for (int64_t i = 0; i < window.parts(); ++i) {
      unsigned last = function.getNumArguments();
      int64_t words = window.wordsOf(i);
      (void)function.insertArgument(
          last, MemRefType::Builder(type).setShape({words / width}),
          DictionaryAttr::get(function.getContext(),
                              NamedAttribute(name, place(binding + i))),
          function.getLoc());
      parts.push_back(function.getArgument(last));
    }
    return parts;
  }

  void replace(unsigned argument, const BufferWindow &window, int64_t binding) {
    SmallVector<Value> parts = addParts(argument, window, binding);
    Value whole = function.getArgument(argument);
    std::vector<int64_t> firsts;
    for (int64_t word : window.first)
      firsts.push_back(word / widthOf(whole));
    for (Operation *access : llvm::make_early_inc_range(whole.getUsers())) {
      ImplicitLocOpBuilder b(access->getLoc(), access);
      Value at = indexOf(access, whole);
      if (movesAny(firsts))
        at = arith::SubIOp::create(b, at, numberOf(firsts));
      access->replaceAllUsesWith(accessParts(b, access, parts, at));
      access->erase();
    }
  }

  gpu::GPUFuncOp function;
  const DispatchCut &cut;
  size_t piece;
  std::map<std::vector<int64_t>, Value> numbers;
};
} // namespace

//===-- The dispatches ----------------------------------------------------===//

/// What a piece binds of a buffer.
static void addOperands(OpBuilder &b, Location location, Value buffer,
                        const BufferWindow &window, size_t piece,
                        SmallVectorImpl<Value> &operands) {
  auto type = cast<MemRefType>(buffer.getType());
  if (window.parts() == 1 && window.words == type.getNumElements()) {
    operands.push_back(buffer);
    return;
  }
  for (int64_t i = 0; i < window.parts(); ++i) {
    int64_t first = window.first[piece] + i * window.wordsOfPart;
    OpFoldResult offset = b.getIndexAttr(first), stride = b.getIndexAttr(1),
                 size = b.getIndexAttr(window.wordsOf(i));
    operands.push_back(
        memref::SubViewOp::create(b, location, buffer, offset, size, stride));
  }
}

/// The share of `all` that the piece has, such that all shares add up to it.
static IntegerAttr shareOf(std::optional<uint64_t> all, const DispatchCut &cut,
                           size_t piece, Builder &b) {
  if (!all)
    return {};
  auto upTo = [&](size_t pieces) {
    return int64_t(__uint128_t(*all) * pieces / cut.boxes.size());
  };
  return b.getI64IntegerAttr(upTo(piece + 1) - upTo(piece));
}

namespace {
struct SplitDispatches
    : quantir::impl::SplitDispatchesPassBase<SplitDispatches> {
  using SplitDispatchesPassBase::SplitDispatchesPassBase;

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (largestBinding < kBindingAlignment ||
        largestBinding % kBindingAlignment != 0 || mostGroups < 1) {
      getOperation().emitError("bindings of ")
          << int64_t(largestBinding) << " bytes and " << int64_t(mostGroups)
          << " groups are no limits of a device";
      return signalPassFailure();
    }
    if (!main)
      return;
    SymbolTable found(getOperation());
    symbols = &found;
    SmallVector<DispatchOp> dispatches(main.getOps<DispatchOp>());
    next = llvm::range_size(getOperation().getOps<gpu::GPUModuleOp>());
    for (DispatchOp dispatch : dispatches)
      nextWhole = std::max<int64_t>(
          nextWhole, int64_t(dispatch.getPartOf().value_or(-1)) + 1);
    for (DispatchOp dispatch : dispatches)
      if (isTooLarge(dispatch) && failed(split(dispatch)))
        return signalPassFailure();
    eraseUnused(main);
  }

private:
  bool isTooLarge(DispatchOp dispatch) {
    return llvm::any_of(dispatch.getGroups(),
                        [&](int64_t count) { return count > mostGroups; }) ||
           llvm::any_of(dispatch.getArguments(), [&](Value buffer) {
             return bytesOf(buffer) > largestBinding;
           });
  }

  static int64_t bytesOf(Value buffer) {
    return cast<MemRefType>(buffer.getType()).getNumElements() * 4;
  }

  LogicalResult split(DispatchOp dispatch) {
    for (Value buffer : dispatch.getArguments())
      if (bytesOf(buffer) > kLargestBuffer)
        return dispatch.emitError("has a tensor of ")
               << bytesOf(buffer) << " bytes, but code for GPUs counts up to "
               << kLargestBuffer << "; compile without --gpu";
    SmallVector<gpu::GPUModuleOp> kernels;
    for (auto name : dispatch.getKernels().getAsRange<FlatSymbolRefAttr>()) {
      auto kernel = symbols->lookup<gpu::GPUModuleOp>(name.getAttr());
      if (!kernel)
        return dispatch.emitError("internal error: there is no kernel ")
               << name;
      kernels.push_back(kernel);
    }
    FailureOr<SmallVector<BufferUse>> uses = usesOf(dispatch, kernels);
    if (failed(uses))
      return failure();
    DispatchCut cut = cutOf(dispatch, *uses, {largestBinding, mostGroups});
    if (cut.bindings() > kMostBindings)
      return dispatch.emitError("needs ")
             << cut.bindings() << " bindings, for a GPU binds "
             << int64_t(largestBinding) << " bytes in one piece, and at most "
             << kMostBindings << " pieces; compile without --gpu";
    IntegerAttr whole = dispatch.getPartOfAttr();
    if (!whole && cut.boxes.size() > 1)
      whole = Builder(dispatch).getI64IntegerAttr(nextWhole++);
    for (size_t piece = 0; piece < cut.boxes.size(); ++piece)
      emitPiece(dispatch, kernels, cut, piece, whole);
    dispatch.erase();
    return success();
  }

  void emitPiece(DispatchOp dispatch, ArrayRef<gpu::GPUModuleOp> kernels,
                 const DispatchCut &cut, size_t piece, IntegerAttr whole) {
    OpBuilder b(dispatch);
    SmallVector<Attribute> names;
    for (gpu::GPUModuleOp kernel : kernels) {
      gpu::GPUModuleOp own = kernel.clone();
      SymbolTable::setSymbolName(
          own, kernelName(next++, kindOfKernel(kernel.getName())));
      symbols->insert(own);
      PieceKernel(mainOf(own), cut, piece).rewrite();
      names.push_back(FlatSymbolRefAttr::get(own.getSymNameAttr()));
    }
    SmallVector<Value> operands;
    SmallVector<bool> written;
    for (auto [i, buffer] : llvm::enumerate(dispatch.getArguments())) {
      addOperands(b, dispatch.getLoc(), buffer, cut.windows[i], piece,
                  operands);
      written.resize(operands.size(), dispatch.getWritten()[i]);
    }
    DispatchOp::create(b, dispatch.getLoc(), b.getArrayAttr(names),
                       cut.boxes[piece].count, operands, written,
                       dispatch.getPush(), dispatch.getAfterBarrier(), whole,
                       shareOf(dispatch.getMacs(), cut, piece, b),
                       shareOf(dispatch.getBytes(), cut, piece, b));
  }

  /// The kernels that pieces have replaced.
  void eraseUnused(func::FuncOp main) {
    DenseSet<Attribute> used;
    for (auto dispatch : main.getOps<DispatchOp>())
      used.insert_range(dispatch.getKernels().getValue());
    for (auto kernel :
         llvm::make_early_inc_range(getOperation().getOps<gpu::GPUModuleOp>()))
      if (!used.contains(FlatSymbolRefAttr::get(kernel.getSymNameAttr())))
        kernel.erase();
  }

  SymbolTable *symbols = nullptr;
  unsigned next = 0;     ///< number of a new kernel
  int64_t nextWhole = 0; ///< what a dispatch's pieces are parts of
};
} // namespace
