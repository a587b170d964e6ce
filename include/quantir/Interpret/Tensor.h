#ifndef QUANTIR_INTERPRET_TENSOR_H
#define QUANTIR_INTERPRET_TENSOR_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

#include <memory>

namespace quantir {

/// A tensor value: a type and its elements, row-major, as they lie in memory: 4
/// bytes an f32, i32 or 32-bit code, 8 an i64, 2 a short float or 16-bit code,
/// one an i8, ui8, i1 or 8-bit code. Copies share the elements.
class Tensor {
public:
  Tensor() = default;

  /// Zeros. The caller has checked `byteSize`.
  explicit Tensor(mlir::RankedTensorType type);

  /// The elements of an attribute: dense, or dense resource. Shares the memory
  /// of the attribute where the layout is the same. `type` has the attribute's
  /// shape; its element type may be a quantized type with the attribute's
  /// storage. Failure when the attribute holds something else.
  static mlir::FailureOr<Tensor> fromAttribute(mlir::ElementsAttr value,
                                               mlir::RankedTensorType type);

  /// A copy of the elements; codes as integers of their storage type.
  mlir::DenseElementsAttr toAttribute() const;

  /// The same elements with another type of the same size.
  Tensor withType(mlir::RankedTensorType newType) const;

  mlir::RankedTensorType getType() const { return type; }
  mlir::Type getElementType() const { return type.getElementType(); }
  llvm::ArrayRef<int64_t> getShape() const { return type.getShape(); }
  int64_t getNumElements() const { return type.getNumElements(); }

  /// `byteSize(getType())` bytes.
  const uint8_t *data() const { return bytes.get(); }
  /// Only for a tensor made by the constructor, before it is shared.
  uint8_t *mutableData() { return const_cast<uint8_t *>(bytes.get()); }
  template <typename T> const T *as() const {
    return reinterpret_cast<const T *>(data());
  }
  template <typename T> T *mutableAs() {
    return reinterpret_cast<T *>(mutableData());
  }

private:
  mlir::RankedTensorType type;
  std::shared_ptr<const uint8_t[]> bytes;
};

/// Bytes of one element in memory.
int64_t elementSize(mlir::Type element);

/// Bytes of a tensor, or nothing when they exceed 2^34.
std::optional<int64_t> byteSize(mlir::RankedTensorType type);

} // namespace quantir

#endif // QUANTIR_INTERPRET_TENSOR_H
