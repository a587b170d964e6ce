#ifndef QUANTIR_TYPES_H
#define QUANTIR_TYPES_H

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinTypes.h"

namespace quantir {

/// True for a ranked tensor of static shape whose elements are f32, bf16, f16,
/// i64, i32, i8, ui8, i1 or `!quant.uniform` per tensor or per axis.
bool isQuantirTensor(mlir::Type type);

/// True for a Quantir tensor whose element type is an `Element`.
template <typename Element> bool isTensorOf(mlir::Type type) {
  return isQuantirTensor(type) &&
         mlir::isa<Element>(
             mlir::cast<mlir::RankedTensorType>(type).getElementType());
}

/// The `!quant.uniform` element type of a tensor, or null.
mlir::quant::QuantizedType getQuantizedElement(mlir::Type tensor);

/// bf16 or f16: numbers that products read and nothing computes in.
bool isShortFloat(mlir::Type element);

/// What one element occupies in memory: f32 and integers as they are, codes as
/// their storage type (i8 for u8 too), i1 as i8, short floats as i16.
mlir::Type getStorageType(mlir::Type element);

/// Of a value that is a ranked tensor its type, its shape and how many elements
/// it has.
mlir::RankedTensorType typeOf(mlir::Value value);
llvm::ArrayRef<int64_t> shapeOf(mlir::Value value);
int64_t elementsOf(mlir::Value value);

/// Bytes in memory of one element, and of a tensor's elements one after
/// another.
int64_t bytesOfElement(mlir::Type element);
int64_t bytesOfTensor(mlir::Type tensor);

/// The scales of a per-tensor (one) or per-axis type.
llvm::SmallVector<double> getScales(mlir::quant::QuantizedType type);

/// The zero points of a per-tensor (one) or per-axis type.
llvm::SmallVector<int64_t> getZeroPoints(mlir::quant::QuantizedType type);

/// The axis of a per-axis type, or nothing.
std::optional<int64_t> getQuantizedAxis(mlir::quant::QuantizedType type);

/// The code that stands for `value` where one scale serves all: for 8 and 16
/// bits what `quantir.quantize` gives, ONNX's QuantizeLinear, which divides in
/// f32; for 32 bits the nearest. NaN has the zero point.
int64_t codeOf(float value, mlir::quant::QuantizedType type);

/// 8-bit codes of one scale and zero point: what activations are stored as.
bool isActivationCode(mlir::Type element);

/// 8-bit codes with zero point 0, per tensor or per axis.
bool isSymmetricCode(mlir::Type element);

/// 16-bit codes of one scale, zero point 0: what needs more than 8 bits.
bool isWideCode(mlir::Type element);

/// True for codes of 8 bits with one scale, whose reciprocal is a normal f32.
bool canTakeReciprocal(mlir::Type element);

/// 32-bit codes with zero point 0, per tensor or per axis.
bool isAccumulatorCode(mlir::Type element);

/// Codes of `bits` bits over f32 with the given scales: per tensor when there
/// is one scale and no axis. Zero points are 0.
mlir::quant::QuantizedType getSymmetricType(mlir::MLIRContext *context,
                                            unsigned bits,
                                            llvm::ArrayRef<double> scales,
                                            std::optional<int64_t> axis);

/// `!quant.uniform<u8:f32, scale:zeroPoint>`.
mlir::quant::QuantizedType getActivationType(mlir::MLIRContext *context,
                                             float scale, int64_t zeroPoint);

} // namespace quantir

#endif // QUANTIR_TYPES_H
