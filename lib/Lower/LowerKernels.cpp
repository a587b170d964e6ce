#include "Kernels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "quantir/Fuse/Passes.h"
#include "quantir/Lower/KernelWork.h"
#include "quantir/Lower/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

namespace quantir {
#define GEN_PASS_DEF_LOWERKERNELSPASS
#include "quantir/Lower/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

static LogicalResult lowerKernel(Lowering &lowering, KernelOp kernel) {
  auto softmaxes = kernel.getBody().front().getOps<SoftmaxOp>();
  if (!softmaxes.empty() &&
      !kernel.getBody().front().getOps<MatmulOp>().empty())
    return lowerAttention(lowering, kernel, *softmaxes.begin());
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
struct LowerKernels : quantir::impl::LowerKernelsPassBase<LowerKernels> {
  using LowerKernelsPassBase::LowerKernelsPassBase;

  void runOnOperation() override {
    auto old = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!old || !llvm::hasSingleElement(old.getBody())) {
      getOperation().emitError("has no function 'main' of one block to lower");
      return signalPassFailure();
    }
    llvm::Expected<TargetSpec> target =
        TargetSpec::resolve(triple, cpu, features, 2);
    if (!target) {
      getOperation().emitError(llvm::toString(target.takeError()));
      return signalPassFailure();
    }
    old.setName("main_of_tensors");
    if (failed(lowerMain(old, *target)))
      return signalPassFailure();
    old.erase();
    getOperation()->removeAttr(kTilesAttr);
  }

  /// The new main: inputs, outputs and the context.
  func::FuncOp createMain(func::FuncOp old) {
    SmallVector<Type> types = llvm::map_to_vector(
        old.getArgumentTypes(), [](Type t) { return Type(flatBuffer(t)); });
    for (Type result : old.getResultTypes())
      types.push_back(flatBuffer(result));
    OpBuilder builder(old);
    types.push_back(LLVM::LLVMPointerType::get(&getContext()));
    auto main = func::FuncOp::create(builder, old.getLoc(), "main",
                                     builder.getFunctionType(types, {}));
    main->setAttr("quantir.outputs",
                  builder.getI64IntegerAttr(old.getNumResults()));
    if (Attribute batch = old->getAttr(kBatchAttr))
      main->setAttr(kBatchAttr, batch);
    return main;
  }

  LogicalResult lowerMain(func::FuncOp old, const TargetSpec &target) {
    func::FuncOp main = createMain(old);
    Block *entry = main.addEntryBlock();
    Lowering lowering(getOperation(), OpBuilder::atBlockEnd(entry), target);
    lowering.outerConstants = outerConstants;
    lowering.chosenTiles =
        getOperation()->getAttrOfType<DictionaryAttr>(kTilesAttr);
    readPackings(lowering);
    for (auto [argument, buffer] :
         llvm::zip(old.getArguments(), entry->getArguments()))
      lowering.buffers[argument] = buffer;
    auto outputs =
        entry->getArguments().drop_front(old.getNumArguments()).drop_back();
    Operation *terminator = old.getBody().front().getTerminator();
    // A kernel writes straight into the output that its result becomes.
    DenseMap<Value, Value> destination;
    for (auto [result, buffer] : llvm::zip(terminator->getOperands(), outputs))
      if (result.getDefiningOp<KernelOp>())
        destination.try_emplace(result, buffer);
    for (Operation &op : old.getBody().front().without_terminator())
      if (failed(lowerOp(lowering, op, destination)))
        return failure();
    for (auto [result, buffer] : llvm::zip(terminator->getOperands(), outputs))
      if (lowering.buffers.lookup(result) != buffer)
        emitCopy(lowering, terminator->getLoc(), bufferOf(lowering, result),
                 buffer, cast<RankedTensorType>(result.getType()));
    func::ReturnOp::create(lowering.main, terminator->getLoc());
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

  /// The buffer of a tensor; a constant gets its global only when something
  /// reads it whole.
  static Value bufferOf(Lowering &lowering, Value tensor) {
    Value &buffer = lowering.buffers[tensor];
    if (!buffer)
      buffer = lowering.constantBuffer(tensor.getLoc(),
                                       lowering.constants.lookup(tensor));
    return buffer;
  }

  static void emitCopy(Lowering &lowering, Location location, Value from,
                       Value to, RankedTensorType type) {
    KernelFunction kernel(lowering, location, "copy");
    Value zero = kernel.index(0);
    copyRun(kernel, kernel.use(from), zero, kernel.use(to), zero,
            type.getNumElements());
    kernel.launch(1);
  }

  /// A buffer of its own, with room for the frame that its readers need, or
  /// that of an operand.
  static Value allocateResult(Lowering &lowering, KernelOp kernel,
                              OpResult result) {
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

  /// Fills the frames around `kernel`'s results. Behind the kernel, so that
  /// buffers are not in use before it writes them.
  static void emitMargins(Lowering &lowering, KernelOp kernel) {
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

  static LogicalResult lowerOp(Lowering &lowering, Operation &op,
                               const DenseMap<Value, Value> &destination) {
    return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
        .Case([&](ConstantOp constant) -> LogicalResult {
          auto value = dyn_cast<DenseElementsAttr>(constant.getValue());
          if (!value)
            return constant.emitOpError("is not a dense constant");
          lowering.constants[constant] = value;
          return success();
        })
        .Case([&](ReshapeOp reshape) {
          if (DenseElementsAttr value =
                  lowering.constants.lookup(reshape.getInput()))
            lowering.constants[reshape.getResult()] =
                value.reshape(cast<ShapedType>(value.getType())
                                  .clone(reshape.getType().getShape()));
          else
            lowering.buffers[reshape.getResult()] =
                bufferOf(lowering, reshape.getInput());
          return success();
        })
        .Case([&](ObserveOp observe) {
          lowerObserve(lowering, observe);
          return success();
        })
        .Case([&](KernelOp kernel) -> LogicalResult {
          for (Value input : kernel.getInputs())
            if (!lowering.constants.contains(input))
              bufferOf(lowering, input);
          for (OpResult result : kernel.getResults()) {
            Value given = destination.lookup(result);
            Value buffer =
                given ? given : allocateResult(lowering, kernel, result);
            lowering.buffers[result] = buffer;
          }
          if (failed(lowerKernel(lowering, kernel)))
            return failure();
          Block *main = lowering.main.getBlock();
          if (auto last =
                  main->empty() ? LaunchOp() : dyn_cast<LaunchOp>(main->back()))
            noteWork(kernel, last);
          emitMargins(lowering, kernel);
          return success();
        })
        .Default([](Operation *other) {
          return other->emitOpError(
              "is outside every kernel; run quantir-fuse-kernels first");
        });
  }

  /// A call to the host that runs calibration: context, index, address, count.
  static void lowerObserve(Lowering &lowering, ObserveOp observe) {
    Value buffer = bufferOf(lowering, observe.getInput());
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
};
} // namespace
