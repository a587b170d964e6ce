#include "WordLayout.h"

#include "Quantir/QuantirTypes.h"
#include <cstring>

using namespace mlir;
using namespace quantir;

WordLayout::WordLayout(Type tensor) {
  auto type = cast<RankedTensorType>(tensor);
  columns = type.getRank() ? type.getShape().back() : 1;
  rows = columns ? type.getNumElements() / columns : 0;
  bits = bytesOfElement(getStorageType(type.getElementType())) * 8;
}

SmallVector<int32_t> quantir::wordsOf(DenseElementsAttr value, Type tensor) {
  WordLayout layout(tensor);
  SmallVector<int32_t> words(layout.words());
  int64_t bytes = layout.bits / 8;
  auto put = [&](int64_t index, const void *element) {
    int64_t row = index / layout.columns, column = index % layout.columns;
    std::memcpy(reinterpret_cast<char *>(words.data()) +
                    row * layout.wordsOfRow() * 4 + column * bytes,
                element, bytes);
  };
  if (value.getElementType().isInteger(1)) {
    for (auto [i, bit] : llvm::enumerate(value.getValues<bool>())) {
      char byte = bit;
      put(i, &byte);
    }
    return words;
  }
  bool splat = value.isSplat();
  for (int64_t i = 0, count = value.getNumElements(); i < count; ++i)
    put(i, value.getRawData().data() + (splat ? 0 : i * bytes));
  return words;
}
