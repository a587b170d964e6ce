#include "GpuKernels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "quantir/Gpu/Passes.h"
#include "quantir/Lower/KernelWork.h"
#include "quantir/Lower/MainLowering.h"
#include "llvm/ADT/TypeSwitch.h"

namespace quantir {
#define GEN_PASS_DEF_LOWERKERNELSTOGPUPASS
#include "quantir/Gpu/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

static LogicalResult lowerKernel(GpuLowering &lowering, KernelOp kernel) {
  if (SoftmaxOp softmax = attentionOf(kernel))
    return lowerAttentionGpu(lowering, kernel, softmax);
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
/// Main for GPUs: tensors lie in words.
class MainOfDispatches final : public MainLowering {
public:
  explicit MainOfDispatches(GpuLowering &lowering)
      : MainLowering(lowering.buffers, lowering.constants), lowering(lowering) {
  }

private:
  Value bufferOf(Value tensor) override { return lowering.bufferOf(tensor); }

  Value allocate(KernelOp kernel, OpResult result) override {
    return lowering.allocate(kernel.getLoc(),
                             WordLayout(result.getType()).words());
  }

  LogicalResult lowerKernel(KernelOp kernel) override {
    if (failed(::lowerKernel(lowering, kernel)))
      return failure();
    noteWork<DispatchOp>(kernel, *lowering.main.getBlock());
    return success();
  }

  /// A view, unless rows of one of the shapes end within words.
  Value reshaped(ReshapeOp reshape) override {
    Type source = reshape.getInput().getType();
    WordLayout from(source), to(reshape.getType());
    Value buffer = bufferOf(reshape.getInput());
    if (from.columns == to.columns || (from.isDense() && to.isDense()))
      return buffer;
    Value moved = lowering.allocate(reshape.getLoc(), to.words());
    lowerReshapeGpu(lowering, reshape.getLoc(), source, buffer,
                    reshape.getType(), moved);
    return moved;
  }

  void copy(Location location, Type tensor, Value from, Value to) override {
    lowerReshapeGpu(lowering, location, tensor, from, tensor, to);
  }

  GpuLowering &lowering;
};

struct LowerKernelsToGpu
    : quantir::impl::LowerKernelsToGpuPassBase<LowerKernelsToGpu> {
  using LowerKernelsToGpuPassBase::LowerKernelsToGpuPassBase;

  void runOnOperation() override {
    func::FuncOp old = takeMain(getOperation());
    if (!old)
      return signalPassFailure();
    llvm::Expected<const GpuTarget *> family = GpuTarget::find(target);
    if (!family) {
      getOperation().emitError(llvm::toString(family.takeError()));
      return signalPassFailure();
    }
    Block *entry = createMain(old, wordsOfTensor).addEntryBlock();
    GpuLowering lowering(getOperation(), OpBuilder::atBlockEnd(entry), **family,
                         largestBinding);
    if (failed(MainOfDispatches(lowering).lower(old, entry->getArguments())))
      return signalPassFailure();
    func::ReturnOp::create(lowering.main,
                           old.getBody().front().getTerminator()->getLoc());
    old.erase();
  }
};
} // namespace
