#include "quantir/Lower/KernelWork.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace quantir;

KernelWork quantir::workOf(KernelOp kernel) {
  KernelWork work;
  for (Operation &op : kernel.getBody().front()) {
    if (isa<ConvOp, MatmulOp>(op))
      work.macs += elementsOf(op.getResult(0)) *
                   cast<QuantizationInterface>(op).getAccumulationDepth();
    if (isa<ConstantOp>(op))
      work.bytes += bytesOfTensor(op.getResult(0).getType());
  }
  for (Value operand : llvm::SetVector<Value>(kernel.getInputs().begin(),
                                              kernel.getInputs().end()))
    work.bytes += bytesOfTensor(operand.getType());
  for (Value result : kernel.getResults())
    work.bytes += bytesOfTensor(result.getType());
  return work;
}
