#include "quantir/Lower/NormOfCodes.h"

using namespace mlir;
using namespace quantir;

FailureOr<NormCodes> quantir::normCodesOf(const KnownConstants &constants,
                                          KernelOp kernel, Operation *norm,
                                          float epsilon) {
  auto layerNorm = dyn_cast<LayerNormOp>(norm);
  NormForm form = layerNorm ? layerNorm.getForm() : NormForm::house;
  SmallVector<float> columns[2]; // scale and bias
  for (unsigned i = 1; i < norm->getNumOperands(); ++i) {
    DenseElementsAttr constant =
        constantOf(constants, kernel, norm->getOperand(i));
    if (!constant)
      return norm->emitOpError("on codes needs a constant scale and bias");
    llvm::append_range(columns[i - 1], constant.getValues<float>());
  }
  return NormCodes(getQuantizedElement(norm->getOperand(0).getType()),
                   getQuantizedElement(norm->getResult(0).getType()),
                   columns[0], columns[1], epsilon,
                   /*subtractsMean=*/layerNorm != nullptr, form);
}
