// Weights of a product of codes in the order in which tiles read them.
#include "ProductCodes.h"
#include "Quantir/LaneKind.h"

using namespace mlir;
using namespace quantir;

LeftBytes::LeftBytes(const GpuTarget &target, Type codes)
    : areUnsigned(target.mixesSigns),
      flips(isZeroExtended(codes) != areUnsigned),
      zeroPoint(getZeroPoints(cast<quant::QuantizedType>(codes))[0]) {
  if (flips)
    zeroPoint += areUnsigned ? 128 : -128;
}

/// Words of four neighbours of a tap, in rows of `width` columns.
static PackedOrder orderOfWords(const ProductSource &source, int64_t width) {
  PackedOrder order;
  int64_t row = width * 4, tap = wordsOfTap(source) * row,
          k = source.strideOfTerms();
  auto add = [&](int64_t first, int64_t steps, int64_t deep) {
    order.add(
        first * row, first * 4 * k,
        {{source.rights, source.taps() * tap, source.columns * source.terms()},
         {source.taps(), tap, source.depth * k},
         {steps, row, 4 * k},
         {source.columns, 4, source.strideOfColumns()},
         {deep, 1, k}});
  };
  add(0, source.depth / 4, 4);
  add(source.depth / 4, 1, source.depth % 4);
  return order;
}

/// What the sum of each column starts at, `width` for each right operand, and
/// the largest sum of a column's magnitudes.
static std::pair<SmallVector<int32_t>, int64_t>
startsOf(const GpuTarget &target, const ProductSource &source,
         DenseElementsAttr bias, int64_t width) {
  SmallVector<int32_t> starts(source.rights * width), biases;
  if (bias)
    llvm::append_range(biases, bias.getValues<int32_t>());
  ArrayRef<char> raw = source.weights.getRawData();
  int64_t largest = 0,
          zeroPoint = LeftBytes(target, source.leftCodes()).zeroPoint;
  for (int64_t right = 0; right < source.rights; ++right)
    for (int64_t column = 0; column < source.columns; ++column) {
      int64_t sum = 0, magnitude = 0;
      for (int64_t k = 0; k < source.terms(); ++k) {
        int64_t at =
            source.weights.isSplat() ? 0 : source.weightIndex(right, column, k);
        auto weight = int8_t(raw[at]);
        sum += weight;
        magnitude += std::abs(int64_t(weight));
      }
      largest = std::max(largest, magnitude);
      // Wrapping sums give the exact result, whose bound was proved.
      int64_t start = (bias ? biases[column] : 0) - zeroPoint * sum;
      starts[right * width + column] = int32_t(uint32_t(start));
    }
  return {std::move(starts), largest};
}

static PackedRight packConstant(GpuLowering &lowering,
                                const ProductSource &source,
                                const ProductGrid &grid) {
  int64_t width = grid.columnTiles * grid.tileColumns;
  DenseElementsAttr bias =
      source.bias ? constantOf(lowering.constants, source.kernel, source.bias)
                  : DenseElementsAttr();
  auto [starts, largest] = startsOf(lowering.target, source, bias, width);
  int64_t words = source.rights * source.taps() * wordsOfTap(source) * width;
  return {packedBuffer(lowering, source, orderOfWords(source, width), words),
          lowering.constantBuffer(source.location(), starts), bias != nullptr,
          largest};
}

PackedRight quantir::packRight(GpuLowering &lowering,
                               const ProductSource &source,
                               const ProductGrid &grid) {
  return source.weights ? packConstant(lowering, source, grid)
                        : packAtRunTime(lowering, source, grid);
}
