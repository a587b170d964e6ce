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

/// As many as workgroups of a dispatch have that is split until its weights can
/// be bound.
static int64_t tilesOfBlock(const GpuLowering &lowering,
                            const ProductSource &source,
                            const ProductGrid &grid) {
  int64_t bytesOfTile =
      4 * source.taps() * wordsOfTap(source) * grid.tileColumns;
  int64_t groups = grid.groups()[0];
  if (source.rights > 1 ||
      grid.columnTiles * bytesOfTile <= lowering.largestBinding)
    return grid.columnTiles;
  int64_t pieces = 1, tiles;
  do
    tiles = llvm::divideCeil(groups, ++pieces) * grid.threads[0];
  while (tiles * bytesOfTile > lowering.largestBinding && pieces < groups);
  return tiles;
}

Value LeftBytes::of(GpuKernel &code, Value words) const {
  if (!flips)
    return words;
  Value tops = code.i32(int32_t(0x80808080));
  if (auto vector = dyn_cast<VectorType>(words.getType()))
    tops = vector::BroadcastOp::create(code.builder(), vector, tops);
  return arith::XOrIOp::create(code.builder(), words, tops);
}

/// Words of four neighbours of a tap, in blocks of `width` columns.
static PackedOrder orderOfWords(const ProductSource &source, int64_t width) {
  PackedOrder order;
  int64_t row = width * 4, tap = wordsOfTap(source) * row,
          block = source.taps() * tap, k = source.strideOfTerms(),
          blocks = llvm::divideCeil(source.columns, width);
  auto add = [&](int64_t firstBlock, int64_t count, int64_t columns,
                 int64_t first, int64_t steps, int64_t deep) {
    int64_t perBlock = width * source.strideOfColumns();
    order.add(firstBlock * block + first * row,
              firstBlock * perBlock + first * 4 * k,
              {{source.rights, blocks * block, source.columns * source.terms()},
               {count, block, perBlock},
               {source.taps(), tap, source.depth * k},
               {steps, row, 4 * k},
               {columns, 4, source.strideOfColumns()},
               {deep, 1, k}});
  };
  auto addBlocks = [&](int64_t first, int64_t count, int64_t columns) {
    add(first, count, columns, 0, source.depth / 4, 4);
    add(first, count, columns, source.depth / 4, 1, source.depth % 4);
  };
  int64_t whole = source.columns / width;
  addBlocks(0, whole, width);
  addBlocks(whole, 1, source.columns % width);
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
  int64_t width = grid.columnTiles * grid.tileColumns,
          tiles = tilesOfBlock(lowering, source, grid),
          widthOfBlock = tiles * grid.tileColumns;
  DenseElementsAttr bias =
      source.bias ? constantOf(lowering.constants, source.kernel, source.bias)
                  : DenseElementsAttr();
  auto [starts, largest] = startsOf(lowering.target, source, bias, width);
  int64_t words = source.rights * source.taps() * wordsOfTap(source) *
                  llvm::alignTo(width, widthOfBlock);
  return {
      packedBuffer(lowering, source, orderOfWords(source, widthOfBlock), words),
      lowering.constantBuffer(source.location(), starts), bias != nullptr,
      largest, tiles};
}

PackedRight quantir::packRight(GpuLowering &lowering,
                               const ProductSource &source,
                               const ProductGrid &grid) {
  return source.weights ? packConstant(lowering, source, grid)
                        : packAtRunTime(lowering, source, grid);
}
