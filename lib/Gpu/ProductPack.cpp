// The right operand of a product of codes in the order in which tiles read it.
#include "ProductCodes.h"
#include "Quantir/LaneKind.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

int64_t quantir::signedZeroPoint(const ProductSource &source) {
  Type codes = getElementTypeOrSelf(source.left.getType());
  return source.zeroPoint() - (isZeroExtended(codes) ? 128 : 0);
}

//===-- Constants
//-------------------------------------------------------------===//

static PackedRight packConstant(GpuLowering &lowering,
                                const ProductSource &source,
                                const ProductGrid &grid) {
  int64_t steps = wordsOfTap(source),
          width = grid.columnTiles * grid.tileColumns;
  SmallVector<int32_t> words(source.rights * width * source.taps() * steps);
  SmallVector<int32_t> starts(source.rights * width);
  DenseElementsAttr bias =
      source.bias ? gpuConstantOf(lowering, source.kernel, source.bias)
                  : DenseElementsAttr();
  SmallVector<int32_t> biases;
  if (bias)
    llvm::append_range(biases, bias.getValues<int32_t>());
  ArrayRef<char> raw = source.weights.getRawData();
  int64_t largest = 0;
  for (int64_t right = 0; right < source.rights; ++right)
    for (int64_t column = 0; column < source.columns; ++column) {
      int64_t sum = 0, magnitude = 0;
      int64_t tile = right * grid.columnTiles + column / grid.tileColumns;
      for (int64_t k = 0; k < source.terms(); ++k) {
        int64_t at =
            source.weights.isSplat() ? 0 : source.weightIndex(right, column, k);
        auto weight = int8_t(raw[at]);
        sum += weight;
        magnitude += std::abs(int64_t(weight));
        int64_t tap = k / source.depth, c = k % source.depth;
        int64_t step = (tile * source.taps() + tap) * steps + c / 4;
        words[step * grid.tileColumns + column % grid.tileColumns] |=
            int32_t(uint32_t(uint8_t(weight)) << (8 * (c % 4)));
      }
      largest = std::max(largest, magnitude);
      // Wrapping sums give the exact result, whose bound was proved.
      int64_t start =
          (bias ? biases[column] : 0) - signedZeroPoint(source) * sum;
      starts[right * width + column] = int32_t(uint32_t(start));
    }
  return {lowering.constantBuffer(source.location(), words),
          lowering.constantBuffer(source.location(), starts), bias != nullptr,
          largest};
}

//===-- At run time
//-----------------------------------------------------------===//

namespace {
/// The code that packs four neighbouring columns.
struct RunTimePacking {
  RunTimePacking(GpuKernel &code, const ProductSource &source, Value binding)
      : code(code), b(code.builder()), source(source), binding(binding),
        element(getElementTypeOrSelf(source.right.getType())),
        pitch(WordLayout(source.right.getType()).wordsOfRow()) {}

  Value vectorOf(int32_t value) {
    auto type = VectorType::get({4}, b.getI32Type());
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(type, Attribute(b.getI32IntegerAttr(value))));
  }

  /// Word `step` of each column, of which `count` bytes exist, and the sum of
  /// these added to `sums`.
  std::pair<Value, Value> packWord(Value step, int64_t count, Value sums) {
    return source.rightIsTransposed ? takeWords(step, count, sums)
                                    : joinRows(step, count, sums);
  }

  /// The four words lie in rows already.
  std::pair<Value, Value> takeWords(Value step, int64_t count, Value sums) {
    SmallVector<GpuLanes> lanes;
    for (int64_t lane = 0; lane < 4; ++lane) {
      Value at =
          code.min(code.add(column, lane), code.index(source.columns - 1));
      Value row = code.add(code.mul(matrix, source.columns), at);
      lanes.push_back(code.load(binding, code.add(code.mul(row, pitch), step)));
    }
    Value words = joinLanes(code, lanes);
    for (int64_t i = 0; i < count; ++i) {
      Value up = arith::ShLIOp::create(b, words, vectorOf(24 - 8 * i));
      sums = arith::AddIOp::create(b, sums,
                                   arith::ShRSIOp::create(b, up, vectorOf(24)));
    }
    if (count < 4)
      words = arith::AndIOp::create(b, words, vectorOf((1 << (8 * count)) - 1));
    return {words, sums};
  }

  /// Each byte of the words lies in a row of its own.
  std::pair<Value, Value> joinRows(Value step, int64_t count, Value sums) {
    Value words;
    for (int64_t i = 0; i < count; ++i) {
      Value k = code.add(code.mul(step, 4), i);
      Value row = code.add(code.mul(matrix, source.depth), k);
      Value quad = loadQuad(code, binding, element, code.mul(row, pitch),
                            column, source.columns);
      sums = arith::AddIOp::create(b, sums, quad);
      Value byte = arith::AndIOp::create(b, quad, vectorOf(255));
      byte = arith::ShLIOp::create(b, byte, vectorOf(8 * i));
      words = words ? arith::OrIOp::create(b, words, byte).getResult() : byte;
    }
    return {words, sums};
  }

  GpuKernel &code;
  ImplicitLocOpBuilder &b;
  const ProductSource &source;
  Value binding;
  Type element;
  int64_t pitch;
  Value matrix, column; ///< of the four columns
};
} // namespace

static PackedRight packAtRunTime(GpuLowering &lowering,
                                 const ProductSource &source,
                                 const ProductGrid &grid) {
  int64_t steps = wordsOfTap(source), quads = grid.tileColumns / 4;
  int64_t all = source.rights * grid.columnTiles * quads;
  int64_t zeroPoint = signedZeroPoint(source);
  // A code of -128 may be there, and every weight may be one.
  PackedRight packed{lowering.allocate(source.location(), all * steps * 4),
                     nullptr, false, 128 * source.depth};
  if (zeroPoint != 0)
    packed.starts = lowering.allocate(source.location(), all * 4);
  int64_t threads = lowering.target.elementThreads;
  GpuKernel code(lowering, source.location(), "pack", {threads, 1, 1});
  QuadEvaluator evaluator(code, source.kernel,
                          shapeOf(source.op->getResult(0)));
  RunTimePacking packing(code, source, evaluator.bindingOf(source.right));
  Value words = code.useWritten(packed.words, 4);
  Value starts = packed.starts ? code.useWritten(packed.starts, 4) : nullptr;
  Value quad = code.globalThread();
  auto emitQuad = [&] {
    int64_t quadsOfMatrix = grid.columnTiles * quads;
    packing.matrix = code.div(quad, quadsOfMatrix);
    packing.column = code.min(code.mul(code.rem(quad, quadsOfMatrix), 4),
                              code.index((source.columns - 1) / 4 * 4));
    Value tile = code.mul(code.div(quad, quads), steps * quads);
    Value first = code.add(tile, code.rem(quad, quads));
    auto emitWord = [&](Value step, int64_t count, Value sums) {
      auto [word, added] = packing.packWord(step, count, sums);
      code.store(word, words, code.add(first, code.mul(step, quads)));
      return added;
    };
    int64_t whole = source.depth / 4, rest = source.depth % 4;
    Value zeros = zeroQuad(code, code.builder().getI32Type());
    Value sums =
        code.loop(code.index(0), code.index(whole), 1, zeros,
                  [&](Value step, ValueRange sums) {
                    return SmallVector<Value>{emitWord(step, 4, sums[0])};
                  })[0];
    if (rest != 0)
      sums = emitWord(code.index(whole), rest, sums);
    if (starts)
      code.store(arith::MulIOp::create(code.builder(), sums,
                                       packing.vectorOf(int32_t(-zeroPoint))),
                 starts, quad);
  };
  if (all % threads == 0)
    emitQuad();
  else
    code.when(code.less(quad, code.index(all)), emitQuad);
  code.dispatchFor(all);
  return packed;
}

PackedRight quantir::packRight(GpuLowering &lowering,
                               const ProductSource &source,
                               const ProductGrid &grid) {
  return source.weights ? packConstant(lowering, source, grid)
                        : packAtRunTime(lowering, source, grid);
}
