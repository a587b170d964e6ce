#include "quantir/Lower/KernelBody.h"

using namespace mlir;
using namespace quantir;

Operation *quantir::anchorOf(KernelOp kernel) {
  for (Operation &op : kernel.getBody().front().without_terminator())
    if (!isa<ElementwiseInterface, ConstantOp>(op))
      return &op;
  return nullptr;
}

SoftmaxOp quantir::attentionOf(KernelOp kernel) {
  Block &body = kernel.getBody().front();
  auto softmaxes = body.getOps<SoftmaxOp>();
  if (softmaxes.empty() || body.getOps<MatmulOp>().empty())
    return {};
  return *softmaxes.begin();
}

Value quantir::outerValue(KernelOp kernel, Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return kernel.getInputs()[argument.getArgNumber()];
  return value;
}

DenseElementsAttr quantir::constantOf(const KnownConstants &constants,
                                      KernelOp kernel, Value value) {
  if (auto constant = value.getDefiningOp<ConstantOp>())
    return dyn_cast<DenseElementsAttr>(constant.getValue());
  return constants.lookup(outerValue(kernel, value));
}
