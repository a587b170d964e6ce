#include "GpuKernels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "quantir/Gpu/Passes.h"
#include "quantir/Lower/KernelWork.h"
#include "llvm/ADT/TypeSwitch.h"

namespace quantir {
#define GEN_PASS_DEF_LOWERKERNELSTOGPUPASS
#include "quantir/Gpu/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

static LogicalResult lowerKernel(GpuLowering &lowering, KernelOp kernel) {
  if (isAttention(kernel))
    return lowerAttentionGpu(lowering, kernel);
  Operation *anchor = anchorOf(kernel);
  if (!anchor)
    return lowerElementwiseGpu(lowering, kernel);
  return llvm::TypeSwitch<Operation *, LogicalResult>(anchor)
      .Case([&](ConvOp op) { return lowerConvGpu(lowering, kernel, op); })
      .Case([&](MatmulOp op) { return lowerMatmulGpu(lowering, kernel, op); })
      .Case([&](SoftmaxOp op) { return lowerSoftmaxGpu(lowering, kernel, op); })
      .Case([&](LayerNormOp op) {
        return lowerLayerNormGpu(lowering, kernel, op);
      })
      .Case([&](RmsNormOp op) { return lowerRmsNormGpu(lowering, kernel, op); })
      .Case([&](ReduceOp op) { return lowerReduceGpu(lowering, kernel, op); })
      .Case([&](MaxPoolOp op) { return lowerMaxPoolGpu(lowering, kernel, op); })
      .Case([&](AvgPoolOp op) { return lowerAvgPoolGpu(lowering, kernel, op); })
      .Case<TransposeOp, SliceOp, ConcatOp, PadOp, GatherOp, ExpandOp,
            ResizeOp>(
          [&](Operation *op) { return lowerMovementGpu(lowering, kernel, op); })
      .Default([](Operation *op) {
        return op->emitOpError("has no code for GPUs; compile without --gpu");
      });
}

static MemRefType wordsOfTensor(Type tensor) {
  return MemRefType::get({WordLayout(tensor).words()},
                         IntegerType::get(tensor.getContext(), 32));
}

namespace {
struct LowerKernelsToGpu
    : quantir::impl::LowerKernelsToGpuPassBase<LowerKernelsToGpu> {
  using LowerKernelsToGpuPassBase::LowerKernelsToGpuPassBase;

  void runOnOperation() override {
    auto old = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!old || !llvm::hasSingleElement(old.getBody())) {
      getOperation().emitError("has no function 'main' of one block to lower");
      return signalPassFailure();
    }
    llvm::Expected<const GpuTarget *> family = GpuTarget::find(target);
    if (!family) {
      getOperation().emitError(llvm::toString(family.takeError()));
      return signalPassFailure();
    }
    old.setName("main_of_tensors");
    if (failed(lowerMain(old, **family)))
      return signalPassFailure();
    old.erase();
  }

  /// The new main: inputs and outputs.
  func::FuncOp createMain(func::FuncOp old) {
    SmallVector<Type> types =
        llvm::map_to_vector(old.getArgumentTypes(),
                            [](Type t) -> Type { return wordsOfTensor(t); });
    for (Type result : old.getResultTypes())
      types.push_back(wordsOfTensor(result));
    OpBuilder builder(old);
    auto main = func::FuncOp::create(builder, old.getLoc(), "main",
                                     builder.getFunctionType(types, {}));
    main->setAttr("quantir.outputs",
                  builder.getI64IntegerAttr(old.getNumResults()));
    return main;
  }

  LogicalResult lowerMain(func::FuncOp old, const GpuTarget &family) {
    func::FuncOp main = createMain(old);
    Block *entry = main.addEntryBlock();
    GpuLowering lowering(getOperation(), OpBuilder::atBlockEnd(entry), family);
    for (auto [argument, buffer] :
         llvm::zip(old.getArguments(), entry->getArguments()))
      lowering.buffers[argument] = buffer;
    auto outputs = entry->getArguments().drop_front(old.getNumArguments());
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
      if (Value from = lowering.bufferOf(result); from != buffer)
        lowerReshapeGpu(lowering, terminator->getLoc(), result.getType(), from,
                        result.getType(), buffer);
    func::ReturnOp::create(lowering.main, terminator->getLoc());
    return success();
  }

  static LogicalResult lowerOp(GpuLowering &lowering, Operation &op,
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
          lowerReshape(lowering, reshape);
          return success();
        })
        .Case([&](KernelOp kernel) {
          for (OpResult result : kernel.getResults()) {
            Value given = destination.lookup(result);
            lowering.buffers[result] =
                given ? given
                      : lowering.allocate(kernel.getLoc(),
                                          WordLayout(result.getType()).words());
          }
          if (failed(lowerKernel(lowering, kernel)))
            return failure();
          if (auto last =
                  dyn_cast<DispatchOp>(lowering.main.getBlock()->back()))
            noteWork(kernel, last);
          return success();
        })
        .Default([](Operation *other) {
          return other->emitOpError(
              "is outside every kernel; run quantir-fuse-kernels first");
        });
  }

  /// A view, unless rows of one of the shapes end within words.
  static void lowerReshape(GpuLowering &lowering, ReshapeOp reshape) {
    Value input = reshape.getInput();
    if (DenseElementsAttr value = lowering.constants.lookup(input)) {
      lowering.constants[reshape.getResult()] = value.reshape(
          cast<ShapedType>(value.getType()).clone(shapeOf(reshape)));
      return;
    }
    WordLayout from(input.getType()), to(reshape.getType());
    Value buffer = lowering.bufferOf(input);
    if (from.columns != to.columns && !(from.isDense() && to.isDense())) {
      Value source = buffer;
      buffer = lowering.allocate(reshape.getLoc(), to.words());
      lowerReshapeGpu(lowering, reshape.getLoc(), input.getType(), source,
                      reshape.getType(), buffer);
    }
    lowering.buffers[reshape.getResult()] = buffer;
  }
};
} // namespace
