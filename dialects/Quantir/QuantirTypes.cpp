#include "Quantir/QuantirTypes.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;
using namespace quantir;

bool quantir::isShortFloat(Type element) {
  return element.isBF16() || element.isF16();
}

static bool isQuantirElement(Type element) {
  if (element.isF32() || isShortFloat(element))
    return true;
  if (auto integer = dyn_cast<IntegerType>(element)) {
    if (integer.isUnsigned())
      return integer.getWidth() == 8;
    return integer.isSignless() &&
           llvm::is_contained({1u, 8u, 32u, 64u}, integer.getWidth());
  }
  return isa<quant::UniformQuantizedType, quant::UniformQuantizedPerAxisType>(
             element) &&
         cast<quant::QuantizedType>(element).getExpressedType().isF32();
}

bool quantir::isQuantirTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.hasStaticShape() &&
         isQuantirElement(tensor.getElementType());
}

quant::QuantizedType quantir::getQuantizedElement(Type tensor) {
  return dyn_cast<quant::QuantizedType>(getElementTypeOrSelf(tensor));
}

Type quantir::getStorageType(Type element) {
  if (auto codes = dyn_cast<quant::QuantizedType>(element))
    return IntegerType::get(element.getContext(),
                            codes.getStorageTypeIntegralWidth());
  if (element.isF32())
    return element;
  return IntegerType::get(element.getContext(),
                          std::max(8u, element.getIntOrFloatBitWidth()));
}

RankedTensorType quantir::typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

ArrayRef<int64_t> quantir::shapeOf(Value value) {
  return typeOf(value).getShape();
}

int64_t quantir::elementsOf(Value value) {
  return typeOf(value).getNumElements();
}

int64_t quantir::bytesOfElement(Type element) {
  return getStorageType(element).getIntOrFloatBitWidth() / 8;
}

int64_t quantir::bytesOfTensor(Type tensor) {
  auto type = cast<RankedTensorType>(tensor);
  return type.getNumElements() * bytesOfElement(type.getElementType());
}

SmallVector<double> quantir::getScales(quant::QuantizedType type) {
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type))
    return llvm::to_vector(perAxis.getScales());
  return {cast<quant::UniformQuantizedType>(type).getScale()};
}

SmallVector<int64_t> quantir::getZeroPoints(quant::QuantizedType type) {
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type))
    return llvm::to_vector(perAxis.getZeroPoints());
  return {cast<quant::UniformQuantizedType>(type).getZeroPoint()};
}

std::optional<int64_t> quantir::getQuantizedAxis(quant::QuantizedType type) {
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type))
    return perAxis.getQuantizedDimension();
  return std::nullopt;
}

int64_t quantir::codeOf(float value, quant::QuantizedType type) {
  double scale = getScales(type)[0];
  auto zeroPoint = double(getZeroPoints(type)[0]);
  if (std::isnan(value))
    return int64_t(zeroPoint);
  double steps = type.getStorageTypeIntegralWidth() > 16
                     ? double(value) / scale
                     : double(value / float(scale));
  return int64_t(std::clamp(std::nearbyint(steps) + zeroPoint,
                            double(type.getStorageTypeMin()),
                            double(type.getStorageTypeMax())));
}

bool quantir::isActivationCode(Type element) {
  auto codes = dyn_cast<quant::UniformQuantizedType>(element);
  return codes && codes.getStorageTypeIntegralWidth() == 8;
}

bool quantir::canTakeReciprocal(Type element) {
  if (!isActivationCode(element))
    return false;
  float reciprocal =
      1.0f / float(cast<quant::UniformQuantizedType>(element).getScale());
  return std::isnormal(reciprocal);
}

static bool isSymmetricOfWidth(Type element, unsigned bits) {
  auto codes = dyn_cast<quant::QuantizedType>(element);
  return codes && codes.isSigned() &&
         codes.getStorageTypeIntegralWidth() == bits &&
         llvm::all_of(getZeroPoints(codes), [](int64_t z) { return z == 0; });
}

bool quantir::isSymmetricCode(Type element) {
  return isSymmetricOfWidth(element, 8);
}

bool quantir::isWideCode(Type element) {
  return isa<quant::UniformQuantizedType>(element) &&
         isSymmetricOfWidth(element, 16);
}

bool quantir::isAccumulatorCode(Type element) {
  return isSymmetricOfWidth(element, 32);
}

quant::QuantizedType quantir::getSymmetricType(MLIRContext *context,
                                               unsigned bits,
                                               ArrayRef<double> scales,
                                               std::optional<int64_t> axis) {
  Type storage = IntegerType::get(context, bits);
  Type real = Float32Type::get(context);
  int64_t high = (int64_t(1) << (bits - 1)) - 1;
  int64_t low = bits == 8 ? -high : -high - 1;
  unsigned flags = quant::QuantizationFlags::Signed;
  if (!axis)
    return quant::UniformQuantizedType::get(flags, storage, real, scales[0], 0,
                                            low, high);
  SmallVector<int64_t> zeroPoints(scales.size(), 0);
  return quant::UniformQuantizedPerAxisType::get(flags, storage, real, scales,
                                                 zeroPoints, *axis, low, high);
}

quant::QuantizedType quantir::getActivationType(MLIRContext *context,
                                                float scale,
                                                int64_t zeroPoint) {
  return quant::UniformQuantizedType::get(0, IntegerType::get(context, 8),
                                          Float32Type::get(context), scale,
                                          zeroPoint, 0, 255);
}
