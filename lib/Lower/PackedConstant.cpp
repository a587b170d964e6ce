#include "PackedConstant.h"

#include <cstring>

using namespace mlir;
using namespace quantir;

/// The packed elements, of their own width or codes of 16 bits.
static std::vector<char> packedBytes(DenseElementsAttr weights,
                                     const PackedOrder &order, int64_t width,
                                     int64_t count) {
  std::vector<char> bytes(count * width);
  if (width == bytesOfElement(getStorageType(weights.getElementType()))) {
    order.pack(weights, bytes);
    return bytes;
  }
  assert(width == 2 && "codes are widened to 16 bits");
  auto codes = weights.getValues<int8_t>();
  for (const PackedOrder::Box &box : order.boxes)
    PackedOrder::forEach(box, [&](int64_t to, int64_t from) {
      int16_t wide = codes[from];
      std::memcpy(&bytes[2 * to], &wide, 2);
    });
  return bytes;
}

Value quantir::packedConstant(KernelFunction &kernel, DenseElementsAttr weights,
                              const PackedOrder &order, Type storage,
                              int64_t count) {
  int64_t width = bytesOfElement(storage);
  auto value = DenseElementsAttr::getFromRawBuffer(
      RankedTensorType::get({count}, storage),
      packedBytes(weights, order, width, count));
  Value buffer = kernel.constant(value);
  memref::GlobalOp global = kernel.lowering().globalOf.lookup(value);
  if (Attribute described = order.describe(weights, width))
    global->setAttr(kOrderAttr, described);
  return buffer;
}
