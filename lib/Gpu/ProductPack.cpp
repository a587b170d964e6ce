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

static PackedRight packConstant(GpuLowering &lowering,
                                const ProductSource &source,
                                const ProductGrid &grid) {
  int64_t steps = wordsOfTap(source),
          width = grid.columnTiles * grid.tileColumns;
  SmallVector<int32_t> words(source.rights * width * source.taps() * steps);
  SmallVector<int32_t> starts(source.rights * width);
  DenseElementsAttr bias =
      source.bias ? constantOf(lowering.constants, source.kernel, source.bias)
                  : DenseElementsAttr();
  SmallVector<int32_t> biases;
  if (bias)
    llvm::append_range(biases, bias.getValues<int32_t>());
  ArrayRef<char> raw = source.weights.getRawData();
  int64_t largest = 0,
          zeroPoint = LeftBytes(lowering.target, source.leftCodes()).zeroPoint;
  for (int64_t right = 0; right < source.rights; ++right)
    for (int64_t column = 0; column < source.columns; ++column) {
      int64_t sum = 0, magnitude = 0;
      for (int64_t k = 0; k < source.terms(); ++k) {
        int64_t at =
            source.weights.isSplat() ? 0 : source.weightIndex(right, column, k);
        auto weight = int8_t(raw[at]);
        sum += weight;
        magnitude += std::abs(int64_t(weight));
        int64_t tap = k / source.depth, c = k % source.depth;
        int64_t step = (right * source.taps() + tap) * steps + c / 4;
        words[step * width + column] |=
            int32_t(uint32_t(uint8_t(weight)) << (8 * (c % 4)));
      }
      largest = std::max(largest, magnitude);
      // Wrapping sums give the exact result, whose bound was proved.
      int64_t start = (bias ? biases[column] : 0) - zeroPoint * sum;
      starts[right * width + column] = int32_t(uint32_t(start));
    }
  return {lowering.constantBuffer(source.location(), words),
          lowering.constantBuffer(source.location(), starts), bias != nullptr,
          largest};
}

PackedRight quantir::packRight(GpuLowering &lowering,
                               const ProductSource &source,
                               const ProductGrid &grid) {
  return source.weights ? packConstant(lowering, source, grid)
                        : packAtRunTime(lowering, source, grid);
}
