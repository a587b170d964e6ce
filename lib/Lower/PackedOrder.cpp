#include "quantir/Lower/PackedOrder.h"

#include "Quantir/QuantirTypes.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"
#include <cstring>

using namespace mlir;
using namespace quantir;

void PackedOrder::add(int64_t to, int64_t from, ArrayRef<Loop> loops) {
  Box box{to, from, {}};
  for (const Loop &loop : loops) {
    if (loop.count == 0)
      return;
    if (loop.count > 1)
      box.loops.push_back(loop);
  }
  boxes.push_back(std::move(box));
}

static int64_t widthOf(DenseElementsAttr weights) {
  return bytesOfElement(getStorageType(weights.getElementType()));
}

template <int64_t width>
static void packElements(const PackedOrder &order, const char *from, bool splat,
                         char *to) {
  for (const PackedOrder::Box &box : order.boxes)
    PackedOrder::forEach(box, [&](int64_t place, int64_t element) {
      std::memcpy(to + place * width, from + (splat ? 0 : element) * width,
                  width);
    });
}

void PackedOrder::pack(DenseElementsAttr weights,
                       MutableArrayRef<char> packed) const {
  const char *raw = weights.getRawData().data();
  bool splat = weights.isSplat();
  switch (widthOf(weights)) {
  case 1:
    return packElements<1>(*this, raw, splat, packed.data());
  case 2:
    return packElements<2>(*this, raw, splat, packed.data());
  case 4:
    return packElements<4>(*this, raw, splat, packed.data());
  default:
    return packElements<8>(*this, raw, splat, packed.data());
  }
}

static std::string fingerprintOf(ArrayRef<char> bytes) {
  llvm::XXH128_hash_t hash = llvm::xxh3_128bits(ArrayRef<uint8_t>(
      reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()));
  return llvm::utohexstr(hash.high64, /*LowerCase=*/true, 16) +
         llvm::utohexstr(hash.low64, /*LowerCase=*/true, 16);
}

Attribute PackedOrder::describe(DenseElementsAttr weights,
                                int64_t width) const {
  if (weights.isSplat())
    return {};
  Builder b(weights.getContext());
  SmallVector<Attribute> texts;
  for (const Box &box : boxes) {
    SmallVector<int64_t> numbers{box.to, box.from};
    for (const Loop &loop : box.loops)
      numbers.append({loop.count, loop.to, loop.from});
    texts.push_back(b.getDenseI64ArrayAttr(numbers));
  }
  return b.getDictionaryAttr(
      {b.getNamedAttr("boxes", b.getArrayAttr(texts)),
       b.getNamedAttr("weights",
                      b.getStringAttr(fingerprintOf(weights.getRawData()))),
       b.getNamedAttr("width",
                      b.getI64IntegerAttr(width ? width : widthOf(weights)))});
}

static std::optional<PackedOrder::Box> parseBox(Attribute attribute) {
  auto numbers = dyn_cast<DenseI64ArrayAttr>(attribute);
  if (!numbers || numbers.size() % 3 != 2)
    return std::nullopt;
  ArrayRef<int64_t> at = numbers.asArrayRef();
  PackedOrder::Box box{at[0], at[1], {}};
  for (at = at.drop_front(2); !at.empty(); at = at.drop_front(3))
    box.loops.push_back({at[0], at[1], at[2]});
  return box;
}

std::optional<DescribedOrder> DescribedOrder::parse(Attribute attribute) {
  auto fields = dyn_cast_if_present<DictionaryAttr>(attribute);
  if (!fields)
    return std::nullopt;
  auto weights = fields.getAs<StringAttr>("weights");
  auto width = fields.getAs<IntegerAttr>("width");
  auto boxes = fields.getAs<ArrayAttr>("boxes");
  if (!weights || !width || !boxes)
    return std::nullopt;
  DescribedOrder described{weights.getValue(), width.getInt(), {}};
  for (Attribute text : boxes) {
    std::optional<PackedOrder::Box> box = parseBox(text);
    if (!box)
      return std::nullopt;
    described.order.boxes.push_back(std::move(*box));
  }
  return described;
}
