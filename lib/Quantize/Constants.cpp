#include "quantir/Quantize/Constants.h"

using namespace mlir;
using namespace quantir;

Value quantir::floatConstant(OpBuilder &builder, Location location,
                             ArrayRef<int64_t> shape, ArrayRef<double> values) {
  SmallVector<float> rounded(values.begin(), values.end());
  auto type = RankedTensorType::get(shape, builder.getF32Type());
  auto data = DenseElementsAttr::get(type, ArrayRef<float>(rounded));
  return ConstantOp::create(builder, location, type, data);
}

Value quantir::codesConstant(OpBuilder &builder, Location location,
                             RankedTensorType type, ArrayRef<char> raw) {
  auto value = DenseElementsAttr::getFromRawBuffer(
      type.clone(getStorageType(type.getElementType())), raw);
  return ConstantOp::create(builder, location, type, value);
}
