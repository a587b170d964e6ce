// Convolutions whose filters see one channel each: four channels of some pixels
// of a line, which share what they read.
#include "Product.h"
#include "Quantir/LaneKind.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/bit.h"
#include <map>

using namespace mlir;
using namespace quantir;

/// Taps of a line that are written out.
static constexpr int64_t kMostTaps = 32;

/// Whether all partial sums of codes are whole numbers that f32 holds.
static bool isExactInFloat(const ProductSource &source) {
  ArrayRef<char> raw = source.weights.getRawData();
  for (int64_t channel = 0; channel < source.columns; ++channel) {
    int64_t sum = 0;
    for (int64_t tap = 0; tap < source.taps(); ++tap) {
      int64_t at =
          source.weights.isSplat() ? 0 : source.weightIndex(0, channel, tap);
      sum += std::abs(int64_t(int8_t(raw[at])));
    }
    if (255 * sum > int64_t(1) << 24)
      return false;
  }
  return true;
}

bool quantir::canShareTaps(const ProductSource &source) {
  if (!source.isDepthwise() || !source.weights || source.width > kMostTaps)
    return false;
  if (source.isOfCodes())
    return isExactInFloat(source);
  return source.weights.getElementType().isF32();
}

/// The filter as f32: [taps][channels], these rounded up to quads.
static Value filterByTap(GpuKernel &code, const ProductSource &source) {
  int64_t pitch = roundedToQuads(source);
  PackedOrder order;
  order.add(0, 0,
            {{source.taps(), pitch, source.strideOfTerms()},
             {source.columns, 1, source.strideOfColumns()}});
  int64_t count = source.taps() * pitch;
  if (!source.isOfCodes())
    return code.use(packedBuffer(code.lowering(), source, order, count), 4);
  SmallVector<int32_t> words(count);
  auto codes = source.weights.getValues<int8_t>();
  PackedOrder::forEach(order.boxes.front(), [&](int64_t to, int64_t from) {
    words[to] = llvm::bit_cast<int32_t>(float(codes[from]));
  });
  return code.use(packedBuffer(code.lowering(), source, order, words, 4), 4);
}

/// What each channel's sum of codes starts at: its bias, less the zero point
/// times the sum of its weights.
static SmallVector<int32_t> startsOf(const ProductSource &source,
                                     DenseElementsAttr bias) {
  SmallVector<int32_t> starts(roundedToQuads(source));
  auto weights = source.weights.getValues<int8_t>();
  for (int64_t channel = 0; channel < source.columns; ++channel) {
    int64_t sum = 0;
    for (int64_t tap = 0; tap < source.taps(); ++tap)
      sum += weights[source.weightIndex(0, channel, tap)];
    int64_t added = bias ? bias.getValues<int32_t>()[channel] : 0;
    starts[channel] = int32_t(uint32_t(added - source.zeroPoint() * sum));
  }
  return starts;
}

namespace {
/// The code of one invocation. Matrices of `source` are lines, rows pixels.
class DepthwiseProduct {
public:
  DepthwiseProduct(GpuKernel &code, const ProductSource &source,
                   const ProductGrid &grid)
      : code(code), b(code.builder()), source(source), grid(grid),
        conv(source.conv), image(shapeOf(source.left)),
        element(getElementTypeOrSelf(source.left.getType())),
        evaluator(code, source.kernel, shapeOf(source.op->getResult(0))) {
    left = evaluator.bindingOf(
        source.left, quadWidth(source.columns, bytesOfElement(element) * 8));
    filter = filterByTap(code, source);
    if (!source.isOfCodes())
      return;
    DenseElementsAttr bias =
        source.bias
            ? constantOf(code.lowering().constants, source.kernel, source.bias)
            : DenseElementsAttr();
    addsBias = source.bias && !bias;
    starts = code.constant(startsOf(source, bias), 4);
  }

  LogicalResult emitTile(const ProductGrid::Place &place) {
    Value line = code.rem(place.matrix, outLines());
    Value images = code.div(place.matrix, outLines());
    Value top = code.mul(line, conv.getStrides()[0]);
    Value first = code.mul(place.row, conv.getStrides()[1]);
    SmallVector<Value> zeros(grid.tileRows, zeroQuad(code, b.getF32Type()));
    SmallVector<Value> sums =
        code.loop(code.index(0), code.index(source.height), 1, zeros,
                  [&](Value tapRow, ValueRange sums) {
                    Value y =
                        code.add(top, code.mul(tapRow, conv.getDilations()[0]));
                    return addLine(images, inImage(y, 0), first, place.column,
                                   tapRow, sums);
                  });
    LogicalResult status = success();
    finishTile(code, source, grid, place, sums,
               [&](Value sum, const QuadPosition &position) {
                 Value result = source.op->getResult(0);
                 Lanes known = {{result, complete(sum, position)}};
                 if (failed(evaluator.finish(known, position)))
                   status = failure();
               });
    return status;
  }

private:
  using Lanes = QuadEvaluator::Lanes;

  int64_t outLines() const { return shapeOf(source.op->getResult(0))[1]; }

  /// Coordinate `at` of the padded image in the image itself, far above its
  /// size for what lies before it.
  Value inImage(Value at, int axis) {
    int64_t pad = conv.getPads()[axis];
    return pad == 0 ? at
                    : arith::SubIOp::create(b, at, code.index(pad)).getResult();
  }

  /// i1: whether that is within the image; null if it always is.
  Value isWithin(Value at, int axis) {
    bool ends = axis == 1 && source.rows % grid.tileRows != 0;
    if (!ends && conv.getPads()[axis] == 0 && conv.getPads()[axis + 2] == 0)
      return {};
    return code.less(at, code.index(image[1 + axis]));
  }

  /// The sums with one line of taps of every pixel of the tile.
  SmallVector<Value> addLine(Value images, Value y, Value first, Value channel,
                             Value tapRow, ValueRange sums) {
    Value line = code.mul(code.add(code.mul(images, image[1]), y), image[2]);
    Value lineIsWithin = isWithin(y, 0);
    int64_t pitch = WordLayout(source.left.getType()).wordsOfRow();
    Value firstWord = code.mul(code.add(line, inImage(first, 1)), pitch);
    std::map<int64_t, Value> pixels;
    auto pixelAt = [&](int64_t offset) {
      Value &pixel = pixels[offset];
      if (!pixel) {
        Value x = inImage(code.add(first, offset), 1);
        Value inside = isWithin(x, 1);
        if (inside && lineIsWithin)
          inside = arith::AndIOp::create(b, lineIsWithin, inside);
        else if (!inside)
          inside = lineIsWithin;
        Value word = code.add(firstWord, offset * pitch);
        pixel = loadPixel(word, inside, channel);
      }
      return pixel;
    };
    SmallVector<Value> added(sums);
    for (int64_t tap = 0; tap < source.width; ++tap) {
      Value number = code.add(code.mul(tapRow, source.width), tap);
      Value at = code.add(code.mul(number, roundedToQuads(source)), channel);
      Value weights = asFloat(code.load(filter, code.div(at, 4)));
      for (auto [i, sum] : llvm::enumerate(added)) {
        Value pixel = pixelAt(int64_t(i) * conv.getStrides()[1] +
                              tap * conv.getDilations()[1]);
        // Sums of codes are exact however a device fuses.
        if (source.isOfCodes())
          sum = math::FmaOp::create(b, pixel, weights, sum);
        else
          sum = GpuBuilder(code, 4).fmaF32(pixel, weights, sum);
      }
    }
    return added;
  }

  Value asFloat(Value words) {
    auto type = cast<VectorType>(words.getType()).clone(b.getF32Type());
    return arith::BitcastOp::create(b, type, words);
  }

  /// Four channels of the pixel that begins at a word, as f32, codes with their
  /// zero point; outside of the image they count zero.
  Value loadPixel(Value word, Value inside, Value channel) {
    if (inside)
      word = arith::SelectOp::create(b, inside, word, code.index(0));
    if (source.isOfCodes())
      return loadCodes(word, inside, channel);
    Value quad = loadQuad(code, left, element, word, channel, source.columns);
    return inside ? arith::SelectOp::create(b, splat(code, inside), quad,
                                            zeroQuad(code, b.getF32Type()))
                        .getResult()
                  : quad;
  }

  Value loadCodes(Value word, Value inside, Value channel) {
    SmallVector<Value> words =
        loadQuadWords(code, left, element, word, channel, source.columns);
    if (inside)
      for (Value &each : words)
        each = arith::SelectOp::create(b, inside, each,
                                       code.i32(wordOfZeroPoints()));
    Value quad = widenQuad(code, words, element);
    auto type = cast<VectorType>(quad.getType()).clone(b.getF32Type());
    return arith::SIToFPOp::create(b, type, quad);
  }

  /// What a word of codes that count zero holds.
  int32_t wordOfZeroPoints() {
    int64_t bits = 8 * bytesOfElement(element);
    auto zeroPoint = uint32_t(source.zeroPoint()) & ((1u << bits) - 1);
    uint32_t word = 0;
    for (int64_t at = 0; at < 32; at += bits)
      word |= zeroPoint << at;
    return int32_t(word);
  }

  Value complete(Value sum, const QuadPosition &position) {
    Value bias;
    if (source.bias && (addsBias || !source.isOfCodes()))
      bias = evaluator.load(source.bias, position);
    if (!source.isOfCodes())
      return bias ? Value(GpuBuilder(code, 4).addF32(sum, bias)) : sum;
    auto type = cast<VectorType>(sum.getType()).clone(b.getI32Type());
    sum = arith::FPToSIOp::create(b, type, sum);
    sum = arith::AddIOp::create(
        b, sum, code.load(starts, code.div(position.column, 4)));
    return bias ? arith::AddIOp::create(b, sum, bias).getResult() : sum;
  }

  GpuKernel &code;
  ImplicitLocOpBuilder &b;
  const ProductSource &source;
  const ProductGrid &grid;
  ConvOp conv;
  ArrayRef<int64_t> image;
  Type element;
  QuadEvaluator evaluator;
  Value left, filter, starts; ///< bindings
  bool addsBias = false;      ///< one of codes that is known at run time alone
};
} // namespace

LogicalResult quantir::lowerDepthwiseProduct(GpuLowering &lowering,
                                             ProductSource source) {
  ArrayRef<int64_t> out = shapeOf(source.op->getResult(0));
  source.matrices = out[0] * out[1];
  source.rows = out[2];
  ProductGrid grid(source, lowering.target, lowering.target.tileRows, 4);
  GpuKernel code(lowering, source.location(), "depthwise", grid.threads);
  DepthwiseProduct product(code, source, grid);
  if (failed(emitTiles(code, grid, product)))
    return failure();
  code.dispatch(grid.groups());
  return success();
}
