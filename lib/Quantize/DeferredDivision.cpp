#include "DeferredDivision.h"

#include "quantir/Quantize/Constants.h"

using namespace mlir;
using namespace quantir;

SoftmaxOp quantir::deferrableSoftmax(Operation *op) {
  auto product = dyn_cast<MatmulOp>(op);
  if (!product || product.getBias())
    return {};
  auto softmax = product.getLhs().getDefiningOp<SoftmaxOp>();
  bool normalizes = softmax && !softmax.getLog() && !softmax.getUnnormalized();
  return normalizes && softmax->hasOneUse() ? softmax : SoftmaxOp();
}

Value quantir::buildDivision(OpBuilder &builder, Value product, Value codes) {
  Location location = product.getLoc();
  auto type = cast<RankedTensorType>(codes.getType());
  SmallVector<int64_t> rows(type.getShape());
  rows.back() = 1;
  double scale =
      getScales(cast<quant::QuantizedType>(type.getElementType()))[0];
  auto real = RankedTensorType::get(rows, builder.getF32Type());
  auto sums = real.clone(
      getSymmetricType(builder.getContext(), 32, {scale}, std::nullopt));
  Value sum = ReduceOp::create(builder, location, sums, ReduceKind::sum, codes,
                               type.getRank() - 1, /*keepdims=*/true);
  sum = DequantizeOp::create(builder, location, real, sum);
  Value one = floatConstant(builder, location, {}, {1.0});
  Value inverse = DivOp::create(builder, location, real, one, sum);
  return MulOp::create(builder, location, product.getType(), product, inverse);
}
