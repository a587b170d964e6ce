#include "Quantir/Slices.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"
#include "quantir/Fuse/Passes.h"
#include "llvm/ADT/SetVector.h"

namespace quantir {
#define GEN_PASS_DEF_SPLITBATCHPASS
#include "quantir/Fuse/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

namespace {
/// A function of one block, seen as the same work on every sample of a batch.
class Splitter {
public:
  Splitter(func::FuncOp func, int64_t samples) : func(func), samples(samples) {}

  /// The first op that needs several samples at once, or null when every
  /// result is one sample after the other.
  Operation *findSlices();

  /// True when the tensors between kernels fall out of a cache of that many
  /// bytes, and moving those of a sample costs more than reading the constants
  /// again.
  bool isWorthwhile(int64_t cache);

  void apply();

private:
  bool isSliceable(Value value) const {
    RankedTensorType type = typeOf(value);
    auto codes = dyn_cast<quant::QuantizedType>(type.getElementType());
    return type.getRank() > 0 && type.getDimSize(0) % samples == 0 &&
           !(codes && getQuantizedAxis(codes) == 0);
  }
  bool isSliced(Value value) const { return sliced.contains(value); }
  Operation *findSlices(Block &block);
  bool works(Operation *op) const;

  func::FuncOp func;
  int64_t samples;
  llvm::SetVector<Value> sliced;
};
} // namespace

bool Splitter::works(Operation *op) const {
  if (op->hasTrait<OpTrait::IsTerminator>())
    return llvm::all_of(op->getOperands(),
                        [&](Value value) { return isSliced(value); });
  if (isa<ReshapeOp, ObserveOp>(op))
    return true;
  int64_t length = 0;
  for (Value operand : op->getOperands())
    if (isSliced(operand))
      length = typeOf(operand).getDimSize(0);
  auto isSame = [&](Value value) {
    return typeOf(value).getRank() > 0 && typeOf(value).getDimSize(0) == length;
  };
  return worksBySlices(op, [&](Value value) { return isSliced(value); }) &&
         llvm::all_of(op->getResults(), isSame) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return !isSliced(operand) || isSame(operand);
         });
}

Operation *Splitter::findSlices(Block &block) {
  for (Operation &op : block) {
    if (llvm::none_of(op.getOperands(),
                      [&](Value value) { return isSliced(value); })) {
      if (op.hasTrait<OpTrait::IsTerminator>())
        return &op;
      continue;
    }
    if (auto kernel = dyn_cast<KernelOp>(op)) {
      Block &body = kernel.getBody().front();
      for (auto [operand, argument] :
           llvm::zip(kernel.getInputs(), body.getArguments()))
        if (isSliced(operand))
          sliced.insert(argument);
      if (Operation *culprit = findSlices(body))
        return culprit;
    } else if (!works(&op)) {
      return &op;
    }
    for (Value result : op.getResults()) {
      if (!isSliceable(result))
        return &op;
      sliced.insert(result);
    }
  }
  return nullptr;
}

Operation *Splitter::findSlices() {
  for (Value argument : func.getArguments()) {
    if (!isSliceable(argument) || typeOf(argument).getDimSize(0) != samples)
      return func;
    sliced.insert(argument);
  }
  if (Operation *culprit = findSlices(func.getBody().front()))
    return culprit;
  Operation *terminator = func.getBody().front().getTerminator();
  for (Value result : terminator->getOperands())
    if (typeOf(result).getDimSize(0) != samples)
      return terminator;
  return nullptr;
}

bool Splitter::isWorthwhile(int64_t cache) {
  int64_t moved = 0, constants = 0, largest = 0;
  for (Operation &op : func.getBody().front()) {
    if (isa<ConstantOp>(op))
      constants += bytesOfTensor(op.getResult(0).getType());
    if (!isa<KernelOp>(op))
      continue;
    int64_t own = 0;
    for (ValueRange values :
         {ValueRange(op.getOperands()), ValueRange(op.getResults())})
      for (Value value : values)
        own += isSliced(value) ? bytesOfTensor(value.getType()) : 0;
    moved += own;
    largest = std::max(largest, own);
  }
  return largest > cache && moved / samples > constants;
}

void Splitter::apply() {
  for (Value value : sliced) {
    RankedTensorType type = typeOf(value);
    SmallVector<int64_t> shape(type.getShape());
    shape[0] /= samples;
    value.setType(type.clone(shape));
  }
  func.walk([&](SliceOp slice) {
    if (!isSliced(slice.getResult()))
      return;
    SmallVector<int64_t> sizes(slice.getSizes());
    sizes[0] /= samples;
    slice.setSizes(sizes);
  });
  Block &block = func.getBody().front();
  func.setFunctionType(
      FunctionType::get(func.getContext(), block.getArgumentTypes(),
                        block.getTerminator()->getOperandTypes()));
  func->setAttr(kBatchAttr, OpBuilder(func).getI64IntegerAttr(samples));
}

namespace {
struct SplitBatch : quantir::impl::SplitBatchPassBase<SplitBatch> {
  using SplitBatchPassBase::SplitBatchPassBase;

  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal() || !func.getBody().hasOneBlock() ||
        func->hasAttr(kBatchAttr) || func.getNumArguments() == 0 ||
        func.getNumResults() == 0)
      return;
    auto first = dyn_cast<RankedTensorType>(func.getArgumentTypes()[0]);
    if (!first || first.getRank() == 0 || first.getDimSize(0) < 2)
      return;
    Splitter splitter(func, first.getDimSize(0));
    if (Operation *culprit = splitter.findSlices()) {
      remark::missed(
          culprit->getLoc(),
          remark::RemarkOpts::name("BatchNotSplit").category("quantir-fuse"))
          << remark::add("{0} needs several samples of the batch at once",
                         culprit->getName().getStringRef());
      return;
    }
    if (!splitter.isWorthwhile(cache))
      return;
    splitter.apply();
    remark::passed(
        func.getLoc(),
        remark::RemarkOpts::name("BatchSplit").category("quantir-fuse"))
        << remark::add("each of the {0} samples runs by itself, as all of them "
                       "at once would not stay in the cache",
                       first.getDimSize(0));
  }
};
} // namespace
