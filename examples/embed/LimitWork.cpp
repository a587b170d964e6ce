#include "LimitWork.h"

#include "Quantir/QuantirOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

/// Bytes of the weights that the model brings along; products of two
/// activations have none.
static int64_t weightBytes(quantir::QuantizationInterface product) {
  OpOperand *weights = product.getWeightOperand();
  if (!weights || !weights->get().getDefiningOp<quantir::ConstantOp>())
    return 0;
  return quantir::bytesOfTensor(weights->get().getType());
}

static int64_t multiplyAccumulates(quantir::QuantizationInterface product) {
  auto result = cast<ShapedType>(product->getResult(0).getType());
  return result.getNumElements() * product.getAccumulationDepth();
}

namespace {
struct LimitWork : PassWrapper<LimitWork, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LimitWork)

  LimitWork() = default;
  LimitWork(const LimitWork &other) : PassWrapper(other) {}

  StringRef getArgument() const override { return "limit-work"; }
  StringRef getDescription() const override {
    return "Say what products cost and refuse those that cost too much";
  }

  void runOnOperation() override {
    getOperation().walk([&](Operation *op) {
      if (isa<quantir::ConvOp, quantir::MatmulOp>(op))
        check(cast<quantir::QuantizationInterface>(op));
    });
  }

  void check(quantir::QuantizationInterface product) {
    int64_t macs = multiplyAccumulates(product), limit = maxMacs;
    if (limit == 0 || macs <= limit) {
      product.emitRemark() << macs << " multiply-accumulates, "
                           << weightBytes(product) << " bytes of weights";
      return;
    }
    product.emitOpError("takes ")
        << macs << " multiply-accumulates; the limit is " << limit;
    signalPassFailure();
  }

  Option<int64_t> maxMacs{*this, "max-macs", llvm::cl::init(0),
                          llvm::cl::desc("The most of one node; 0: any.")};
};
} // namespace

std::unique_ptr<Pass> createLimitWorkPass(int64_t maxMacs) {
  auto pass = std::make_unique<LimitWork>();
  pass->maxMacs = maxMacs;
  return pass;
}

void registerLimitWorkPass() { PassRegistration<LimitWork>(); }
