// Pooling and resizing.
#include "OpsOnCodes.h"
#include "Quantir/AverageMath.h"
#include "quantir/Interpret/ResizeCoordinates.h"

using namespace mlir;
using namespace quantir;

Reason quantir::convert(OnCodes &on, AvgPoolOp op) {
  if (op.getKernel()[0] * op.getKernel()[1] > 32767)
    return "its windows have more than 32,767 taps";
  quant::QuantizedType type = on.codes.resultType(op.getResult());
  Value input = on.codes.narrow(op.getInput());
  if (!type || !input)
    return notCalibrated;
  auto made = cast<AvgPoolOp>(on.builder.clone(*op));
  made->setOperand(0, input);
  made.getResult().setType(op.getType().clone(type));
  remarkCertificate(op, AvgPoolCodes(made).stepsOff(), "proved for any window");
  on.codes.define(op.getResult(), made.getResult());
  return std::nullopt;
}

Reason quantir::convert(OnCodes &on, ResizeOp op) {
  if (op.getMode() == ResizeMode::nearest)
    return convertMovement(on, op);
  // Between two codes lies a code.
  Value input = on.codes.narrow(op.getInput());
  if (!input)
    return notCalibrated;
  quant::QuantizedType type = getQuantizedElement(input.getType());
  auto made = cast<ResizeOp>(on.builder.clone(*op));
  made->setOperand(0, input);
  made.getResult().setType(op.getType().clone(type));
  auto weights = [&](int axis) {
    return llvm::map_to_vector(linearCoordinates(op, axis),
                               [](const Neighbours &n) { return n.weight; });
  };
  remarkCertificate(op, ResizeCodes(type).stepsOff(weights(0), weights(1)),
                    "proved for any image");
  on.codes.define(op.getResult(), made.getResult());
  return std::nullopt;
}
