#include "Kernels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "quantir/Fuse/Passes.h"
#include "quantir/Lower/KernelWork.h"
#include "quantir/Lower/MainLowering.h"
#include "quantir/Lower/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

namespace quantir {
#define GEN_PASS_DEF_LOWERKERNELSPASS
#include "quantir/Lower/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

static LogicalResult lowerKernel(Lowering &lowering, KernelOp kernel) {
  if (SoftmaxOp softmax = attentionOf(kernel))
    return lowerAttention(lowering, kernel, softmax);
  Operation *anchor = anchorOf(kernel);
  if (LookupOp lookup = onlyLookup(kernel))
    return lowerLookup(lowering, kernel, lookup);
  if (!anchor)
    return lowerElementwise(lowering, kernel);
  return llvm::TypeSwitch<Operation *, LogicalResult>(anchor)
      .Case([&](ConvOp op) { return lowerConv(lowering, kernel, op); })
      .Case([&](MatmulOp op) { return lowerMatmul(lowering, kernel, op); })
      .Case([&](SoftmaxOp op) { return lowerSoftmax(lowering, kernel, op); })
      .Case(
          [&](LayerNormOp op) { return lowerLayerNorm(lowering, kernel, op); })
      .Case([&](RmsNormOp op) { return lowerRmsNorm(lowering, kernel, op); })
      .Case([&](ReduceOp op) { return lowerReduce(lowering, kernel, op); })
      .Case([&](MaxPoolOp op) { return lowerMaxPool(lowering, kernel, op); })
      .Case([&](AvgPoolOp op) { return lowerAvgPool(lowering, kernel, op); })
      .Case<TransposeOp, SliceOp, PadOp, ExpandOp>(
          [&](auto op) { return lowerMovement(lowering, kernel, op); })
      .Case([&](ConcatOp op) { return lowerConcat(lowering, kernel, op); })
      .Case([&](GatherOp op) { return lowerGather(lowering, kernel, op); })
      .Case([&](ResizeOp op) { return lowerResize(lowering, kernel, op); })
      .Default(
          [](Operation *op) { return op->emitOpError("has no lowering"); });
}

static MemRefType flatBuffer(Type tensor) {
  auto type = cast<RankedTensorType>(tensor);
  return MemRefType::get({type.getNumElements()},
                         getStorageType(type.getElementType()));
}

namespace {
/// Main for processors: tensors lie in their buffers element by element.
class MainOfLaunches final : public MainLowering {
public:
  explicit MainOfLaunches(Lowering &lowering)
      : MainLowering(lowering.buffers, lowering.constants), lowering(lowering) {
  }

private:
  /// A constant gets its global only when something reads it whole.
  Value bufferOf(Value tensor) override {
    Value &buffer = lowering.buffers[tensor];
    if (!buffer)
      buffer = lowering.constantBuffer(tensor.getLoc(),
                                       lowering.constants.lookup(tensor));
    return buffer;
  }

  /// A buffer of its own, with room for the frame that its readers need, or
  /// that of an operand.
  Value allocate(KernelOp kernel, OpResult result) override {
    auto type = cast<RankedTensorType>(result.getType());
    Type storage = getStorageType(type.getElementType());
    int64_t count = type.getNumElements();
    if (std::optional<Margin> margin = marginFor(kernel, result)) {
      count = type.getDimSize(0) * margin->paddedHeight() *
              margin->paddedWidth() * type.getDimSize(3);
      lowering.margins[result] = *margin;
    } else if (Value buffer =
                   bufferInPlace(lowering, kernel, result.getResultNumber())) {
      return buffer;
    }
    return lowering.allocate(kernel.getLoc(), storage, count);
  }

  LogicalResult lowerKernel(KernelOp kernel) override {
    if (failed(::lowerKernel(lowering, kernel)))
      return failure();
    noteWork<LaunchOp>(kernel, *lowering.main.getBlock());
    emitMargins(kernel);
    return success();
  }

  /// Fills the frames around `kernel`'s results. Behind the kernel, so that
  /// buffers are not in use before it writes them.
  void emitMargins(KernelOp kernel) {
    for (Value result : kernel.getResults()) {
      auto margin = lowering.margins.find(result);
      if (margin == lowering.margins.end())
        continue;
      auto type = cast<RankedTensorType>(result.getType());
      emitMargin(lowering, kernel.getLoc(), margin->second,
                 lowering.buffers.lookup(result), type.getDimSize(0),
                 type.getDimSize(3));
    }
  }

  Value reshaped(ReshapeOp reshape) override {
    return bufferOf(reshape.getInput());
  }

  void copy(Location location, Type tensor, Value from, Value to) override {
    KernelFunction kernel(lowering, location, "copy");
    Value zero = kernel.index(0);
    copyRun(kernel, kernel.use(from), zero, kernel.use(to), zero,
            cast<RankedTensorType>(tensor).getNumElements());
    kernel.launch(1);
  }

  LogicalResult lowerOther(Operation *op) override {
    auto observe = dyn_cast<ObserveOp>(op);
    if (!observe)
      return MainLowering::lowerOther(op);
    lowerObserve(observe);
    return success();
  }

  /// A call to the host that runs calibration: context, index, address, count.
  void lowerObserve(ObserveOp observe) {
    Value buffer = bufferOf(observe.getInput());
    OpBuilder &b = lowering.main;
    Location location = observe.getLoc();
    Value data =
        memref::ExtractAlignedPointerAsIndexOp::create(b, location, buffer);
    Value context = b.getBlock()->getArguments().back();
    Value index =
        arith::ConstantIntOp::create(b, location, observe.getIndex(), 64);
    int64_t elements =
        cast<RankedTensorType>(observe.getInput().getType()).getNumElements();
    Value count = arith::ConstantIntOp::create(b, location, elements, 64);
    constexpr StringLiteral name = "quantir_observe";
    if (!lowering.module.lookupSymbol(name)) {
      OpBuilder top = OpBuilder::atBlockBegin(lowering.module.getBody());
      auto type = top.getFunctionType(
          {context.getType(), index.getType(), data.getType(), count.getType()},
          {});
      func::FuncOp::create(top, location, name, type).setPrivate();
    }
    func::CallOp::create(b, location, name, TypeRange(),
                         ValueRange{context, index, data, count});
  }

  Lowering &lowering;
};

struct LowerKernels : quantir::impl::LowerKernelsPassBase<LowerKernels> {
  using LowerKernelsPassBase::LowerKernelsPassBase;

  void runOnOperation() override {
    func::FuncOp old = takeMain(getOperation());
    if (!old)
      return signalPassFailure();
    llvm::Expected<TargetSpec> target =
        TargetSpec::resolve(triple, cpu, features, 2);
    if (!target) {
      getOperation().emitError(llvm::toString(target.takeError()));
      return signalPassFailure();
    }
    if (failed(lowerMain(old, *target)))
      return signalPassFailure();
    old.erase();
    getOperation()->removeAttr(kTilesAttr);
  }

  LogicalResult lowerMain(func::FuncOp old, const TargetSpec &target) {
    Type ofContext = LLVM::LLVMPointerType::get(&getContext());
    func::FuncOp main = createMain(old, flatBuffer, ofContext);
    if (Attribute batch = old->getAttr(kBatchAttr))
      main->setAttr(kBatchAttr, batch);
    Block *entry = main.addEntryBlock();
    Lowering lowering(getOperation(), OpBuilder::atBlockEnd(entry), target);
    lowering.outerConstants = outerConstants;
    lowering.chosenTiles =
        getOperation()->getAttrOfType<DictionaryAttr>(kTilesAttr);
    readPackings(lowering);
    if (failed(MainOfLaunches(lowering).lower(old, entry->getArguments())))
      return failure();
    func::ReturnOp::create(lowering.main,
                           old.getBody().front().getTerminator()->getLoc());
    writePackings(lowering);
    return success();
  }

  void readPackings(Lowering &lowering) {
    auto known = getOperation()->getAttrOfType<DictionaryAttr>(kPackingsAttr);
    if (!known)
      return;
    lowering.packings.emplace();
    for (NamedAttribute entry : known)
      if (auto text = dyn_cast<StringAttr>(entry.getValue()))
        lowering.packings->insert({entry.getName().str(), text.str()});
  }

  void writePackings(const Lowering &lowering) {
    if (!lowering.packings)
      return;
    Builder builder(&getContext());
    SmallVector<NamedAttribute> entries;
    for (const auto &[key, packing] : *lowering.packings)
      entries.emplace_back(key, builder.getStringAttr(packing));
    getOperation()->setAttr(kPackingsAttr, builder.getDictionaryAttr(entries));
  }
};
} // namespace
