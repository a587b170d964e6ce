#include "quantir/Interpret/Tensor.h"

#include "Quantir/QuantirTypes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Operation.h"

#include <cstdlib>

using namespace mlir;
using namespace quantir;

int64_t quantir::elementSize(Type element) {
  return getStorageType(element).getIntOrFloatBitWidth() / 8;
}

std::optional<int64_t> quantir::byteSize(RankedTensorType type) {
  constexpr int64_t most = int64_t(1) << 34;
  int64_t size = elementSize(type.getElementType());
  if (llvm::is_contained(type.getShape(), 0))
    return 0;
  for (int64_t dim : type.getShape())
    if (llvm::MulOverflow(size, dim, size) || size > most)
      return std::nullopt;
  return size;
}

Tensor::Tensor(RankedTensorType type) : type(type) {
  // Not value-initialised through `new`: the system hands out zeros lazily.
  auto size = size_t(byteSize(type).value_or(0));
  bytes = std::shared_ptr<const uint8_t[]>(
      static_cast<uint8_t *>(llvm::safe_calloc(size, 1)), std::free);
}

/// `element` repeated, or copied once for each element.
static Tensor filledWith(ArrayRef<char> element, RankedTensorType type) {
  Tensor tensor(type);
  for (int64_t i = 0, e = type.getNumElements(); i < e; ++i)
    std::memcpy(tensor.mutableData() + i * element.size(), element.data(),
                element.size());
  return tensor;
}

/// The bytes that the blob of a resource holds, if they are `size` many and
/// aligned.
static std::optional<ArrayRef<char>> blobOf(DenseResourceElementsAttr value,
                                            int64_t size) {
  AsmResourceBlob *blob = value.getRawHandle().getBlob();
  if (!blob || int64_t(blob->getData().size()) != size ||
      !llvm::isAddrAligned(llvm::Align(8), blob->getData().data()))
    return std::nullopt;
  return blob->getData();
}

FailureOr<Tensor> Tensor::fromAttribute(ElementsAttr value,
                                        RankedTensorType type) {
  auto held = dyn_cast<RankedTensorType>(value.getType());
  if (!held || held.getShape() != type.getShape() ||
      getStorageType(held.getElementType()) !=
          getStorageType(type.getElementType()))
    return failure();
  std::optional<int64_t> size = byteSize(type);
  if (!size)
    return failure();
  // The attribute lives as long as its context: nobody owns a view of it.
  auto view = [&](ArrayRef<char> data) {
    Tensor tensor;
    tensor.type = type;
    tensor.bytes = std::shared_ptr<const uint8_t[]>(
        std::shared_ptr<void>(),
        reinterpret_cast<const uint8_t *>(data.data()));
    return tensor;
  };
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    std::optional<ArrayRef<char>> blob = blobOf(resource, *size);
    if (!blob)
      return failure();
    return view(*blob);
  }
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense)
    return failure();
  if (type.getElementType().isInteger(1)) {
    Tensor tensor(type);
    for (auto [i, bit] : llvm::enumerate(dense.getValues<bool>()))
      tensor.mutableData()[i] = bit;
    return tensor;
  }
  ArrayRef<char> data = dense.getRawData();
  if (dense.isSplat())
    return filledWith(data, type);
  if (int64_t(data.size()) != *size)
    return failure();
  return view(data);
}

DenseElementsAttr Tensor::toAttribute() const {
  if (getElementType().isInteger(1)) {
    SmallVector<bool> bits(as<uint8_t>(), as<uint8_t>() + getNumElements());
    return DenseElementsAttr::get(type, bits);
  }
  Type element = getElementType();
  if (isa<quant::QuantizedType>(element))
    element = getStorageType(element);
  return DenseElementsAttr::getFromRawBuffer(
      RankedTensorType::get(getShape(), element),
      ArrayRef(as<char>(), size_t(*byteSize(type))));
}

Tensor Tensor::withType(RankedTensorType newType) const {
  Tensor tensor = *this;
  tensor.type = newType;
  return tensor;
}
