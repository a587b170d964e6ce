#include "Depthwise.h"
#include "PackedConstant.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

// Neighbouring windows share columns, which stay in registers.
//
// Where an instruction sums four products a lane, a column of the filter has up
// to four taps: one dot product a channel. Four lines of the input interleave
// by bytes inside 128-bit lanes, as the processor's unpack instructions do,
// into four vectors of four bytes a channel. Of `bytes` channels, vector j then
// holds at position (q, i) channel 16 q + 4 j + i; the filter is packed in this
// order, and the sums are put in their natural order once, at the end.
//
// Elsewhere each line of a column is widened to 16 bits once, and each tap is
// one product that widens to 32.

namespace {
/// Registers that may hold columns between windows.
constexpr int64_t kMostShared = 25;
constexpr int64_t kVectorsOfDots = 4;

/// One block of channels, and how its columns, products and sums look.
class BlockEmitter {
public:
  using Finish = function_ref<void(Value, Value, Value, int64_t)>;

  BlockEmitter(KernelFunction &kernel, const Depthwise &shape,
               const ChannelProducts &products, Value input, int64_t bytes,
               Finish finish)
      : kernel(kernel), shape(shape), products(products), input(input),
        bytes(bytes), finish(finish), b(kernel.builder()) {}

  /// One output line.
  void emitLine(Value window, Value line, Value channel, Value weights,
                Value weightsAt, Value starts, Value startsAt);

private:
  bool sumsLines() const { return products.lines != 0; }
  int64_t vectorsOfColumn() const {
    return sumsLines() ? kVectorsOfDots : shape.kh;
  }
  int64_t sharedColumns() const;
  int64_t windowsOfTurn() const;
  Value loadCodes(Value offset);
  SmallVector<Value> loadColumn(Value offset);
  SmallVector<Value> sumsOf(ArrayRef<Value> columns, Value weights,
                            Value weightsAt, ArrayRef<Value> starts);
  void emitPixel(ArrayRef<Value> columns, Value row, Value channel,
                 Value weights, Value weightsAt, ArrayRef<Value> starts);
  Value inOrder(ArrayRef<Value> sums, int64_t sixteenth);
  Value weave(Value x, Value y, int64_t unit, bool high);
  Value multiplyAdd(Value sum, Value codes, Value weights);
  Value part(Value vector, int64_t start, int64_t size);
  Value call(Type type, ValueRange operands);

  KernelFunction &kernel;
  const Depthwise &shape;
  const ChannelProducts &products;
  Value input;
  int64_t bytes;
  Finish finish;
  ImplicitLocOpBuilder &b;
};
} // namespace

Value BlockEmitter::part(Value vector, int64_t start, int64_t size) {
  if (cast<VectorType>(vector.getType()).getDimSize(0) == size)
    return vector;
  return vector::ExtractStridedSliceOp::create(
      b, vector, ArrayRef<int64_t>{start}, ArrayRef<int64_t>{size},
      ArrayRef<int64_t>{1});
}

Value BlockEmitter::call(Type type, ValueRange operands) {
  return callIntrinsic(b, products.intrinsicOf(bytes), type, operands);
}

/// Alternates `unit` bytes of x and y, from the lower or upper half of each
/// 128-bit lane.
Value BlockEmitter::weave(Value x, Value y, int64_t unit, bool high) {
  SmallVector<int64_t> mask;
  for (int64_t lane = 0; lane < bytes; lane += 16)
    for (int64_t i = 0; i < 8; i += unit)
      for (int64_t from : {int64_t(0), bytes})
        for (int64_t k = 0; k < unit; ++k)
          mask.push_back(from + lane + (high ? 8 : 0) + i + k);
  return vector::ShuffleOp::create(b, x, y, mask);
}

Value BlockEmitter::loadCodes(Value offset) {
  auto type = VectorType::get({bytes}, b.getI8Type());
  Value codes = vector::LoadOp::create(b, type, input, offset);
  return products.signedCodes ? flipTopBits(b, codes) : codes;
}

SmallVector<Value> BlockEmitter::loadColumn(Value offset) {
  SmallVector<Value> lines;
  for (int64_t tap = 0; tap < shape.kh; ++tap) {
    int64_t down = tap * shape.dilations[0] * shape.width * shape.channels;
    lines.push_back(loadCodes(kernel.add(offset, down)));
  }
  if (!sumsLines()) {
    for (Value &line : lines)
      line = arith::ExtUIOp::create(b, VectorType::get({bytes}, b.getI16Type()),
                                    line);
    return lines;
  }
  auto type = VectorType::get({bytes}, b.getI8Type());
  while (lines.size() < 4)
    lines.push_back(arith::ConstantOp::create(b, type, b.getZeroAttr(type)));
  SmallVector<Value> woven;
  for (bool high : {false, true}) {
    Value upper = weave(lines[0], lines[1], 1, high);
    Value lower = weave(lines[2], lines[3], 1, high);
    woven.push_back(weave(upper, lower, 2, false));
    woven.push_back(weave(upper, lower, 2, true));
  }
  return woven;
}

/// One step on a register of sums.
Value BlockEmitter::multiplyAdd(Value sum, Value codes, Value weights) {
  if (sumsLines())
    return call(sum.getType(), {sum, codes, weights});
  return arith::AddIOp::create(b, sum, call(sum.getType(), {codes, weights}));
}

SmallVector<Value> BlockEmitter::sumsOf(ArrayRef<Value> columns, Value weights,
                                        Value weightsAt,
                                        ArrayRef<Value> starts) {
  auto type = VectorType::get({bytes}, sumsLines() ? Type(b.getI8Type())
                                                   : Type(b.getI16Type()));
  SmallVector<Value> sums(starts);
  for (auto [i, codes] : llvm::enumerate(columns)) {
    Value packed = vector::LoadOp::create(b, type, weights,
                                          kernel.add(weightsAt, i * bytes));
    if (sumsLines()) {
      Value &sum = sums[i % kVectorsOfDots];
      sum = multiplyAdd(sum, codes, packed);
      continue;
    }
    int64_t size = bytes / int64_t(sums.size());
    for (auto [j, sum] : llvm::enumerate(sums))
      sum = multiplyAdd(sum, part(codes, j * size, size),
                        part(packed, j * size, size));
  }
  return sums;
}

/// Up to 16 sums in the order of their channels, from `16 * sixteenth` on.
Value BlockEmitter::inOrder(ArrayRef<Value> sums, int64_t sixteenth) {
  auto join = [&](Value x, Value y, int64_t start, int64_t size) -> Value {
    int64_t total = cast<VectorType>(x.getType()).getDimSize(0);
    SmallVector<int64_t> mask;
    for (int64_t from : {int64_t(0), total})
      for (int64_t i = 0; i < size; ++i)
        mask.push_back(from + start + i);
    return vector::ShuffleOp::create(b, x, y, mask);
  };
  if (!sumsLines())
    return join(sums[0], sums[1], 0, bytes / 2);
  Value low = join(sums[0], sums[1], 4 * sixteenth, 4);
  Value high = join(sums[2], sums[3], 4 * sixteenth, 4);
  return join(low, high, 0, 8);
}

void BlockEmitter::emitPixel(ArrayRef<Value> columns, Value row, Value channel,
                             Value weights, Value weightsAt,
                             ArrayRef<Value> starts) {
  SmallVector<Value> sums = sumsOf(columns, weights, weightsAt, starts);
  int64_t ordered = std::min<int64_t>(bytes, 16);
  int64_t lanes = std::min(ordered, kernel.lowering().elementLanes);
  for (int64_t q = 0; q < bytes / ordered; ++q) {
    Value whole = inOrder(sums, q);
    for (int64_t start = 0; start < ordered; start += lanes)
      finish(part(whole, start, lanes), row,
             kernel.add(channel, q * ordered + start), lanes);
  }
}

/// Columns that a window has in common with the next.
int64_t BlockEmitter::sharedColumns() const {
  if (!sumsLines() && shape.kh * shape.kw > kMostShared)
    return 0;
  return std::max<int64_t>(0, shape.kw - shape.strides[1]);
}

/// After as many windows as a filter has columns, each register holds again
/// what it held before.
int64_t BlockEmitter::windowsOfTurn() const {
  bool pays = products.unrolls && sharedColumns() > 0 &&
              shape.strides[1] == 1 && shape.kw <= 3;
  return pays ? shape.kw : 1;
}

void BlockEmitter::emitLine(Value window, Value line, Value channel,
                            Value weights, Value weightsAt, Value starts,
                            Value startsAt) {
  int64_t vectors = sumsLines() ? kVectorsOfDots : 2, lanes = bytes / vectors;
  auto type = VectorType::get({lanes}, b.getI32Type());
  SmallVector<Value> first;
  for (int64_t j = 0; j < vectors; ++j)
    first.push_back(vector::LoadOp::create(b, type, starts,
                                           kernel.add(startsAt, j * lanes)));
  int64_t step = shape.strides[1], kept = sharedColumns();
  auto column = [&](Value x, int64_t number) {
    Value offset = kernel.mul(x, step * shape.channels);
    return loadColumn(
        kernel.add(kernel.add(window, offset), number * shape.channels));
  };
  SmallVector<Value> shared;
  for (int64_t number = 0; number < kept; ++number)
    shared.append(column(kernel.index(0), number));
  Value rows = kernel.mul(line, shape.outWidth);
  auto emitWindow = [&](Value x, SmallVector<Value> columns) {
    for (int64_t number = kept; number < shape.kw; ++number)
      columns.append(column(x, number));
    emitPixel(columns, kernel.add(rows, x), channel, weights, weightsAt, first);
    return SmallVector<Value>(
        ArrayRef(columns).take_back(kept * vectorsOfColumn()));
  };
  int64_t turn = windowsOfTurn(), whole = shape.outWidth / turn * turn;
  shared = kernel.loop(kernel.index(0), kernel.index(whole), turn, shared,
                       [&](Value x, ValueRange before) {
                         SmallVector<Value> columns(before);
                         for (int64_t i = 0; i < turn; ++i)
                           columns = emitWindow(kernel.add(x, i), columns);
                         return columns;
                       });
  for (int64_t x = whole; x < shape.outWidth; ++x)
    shared = emitWindow(kernel.index(x), shared);
}

const ChannelProducts *quantir::productsFor(const Lowering &lowering,
                                            const Depthwise &shape) {
  if (shape.dilations[1] != 1)
    return nullptr;
  return selectChannelProducts(lowering.target, shape.kh, shape.channels);
}

namespace {
/// Filter and start values of blocks of channels in the order of their vectors.
struct PackedBlocks {
  const Depthwise &shape;
  const ChannelProducts &products;
  ArrayRef<int32_t> channelStarts;
  PackedOrder order; ///< of weights of 16 bits, or of bytes
  int64_t weights = 0;
  SmallVector<int32_t> starts;

  int64_t weightsOf(int64_t bytes) const {
    return bytes * shape.kw * (products.lines ? 4 : shape.kh);
  }

  /// Blocks of `bytes` channels each, from `channel` on.
  void add(int64_t channel, int64_t bytes, int64_t blocks) {
    int64_t taps = shape.kh * shape.kw, sixteenths = bytes / 16;
    PackedOrder::Loop byBlock{blocks, weightsOf(bytes), bytes * taps};
    if (products.lines)
      order.add(weights, channel * taps,
                {byBlock,
                 {shape.kw, 4 * bytes, 1},
                 {kVectorsOfDots, bytes, 4 * taps},
                 {sixteenths, 16, 16 * taps},
                 {4, 4, taps},
                 {shape.kh, 1, shape.kw}});
    else
      order.add(weights, channel * taps,
                {byBlock,
                 {shape.kw, shape.kh * bytes, 1},
                 {shape.kh, bytes, shape.kw},
                 {bytes, 1, taps}});
    weights += blocks * weightsOf(bytes);
    for (int64_t block = 0; block < blocks; ++block)
      addStarts(channel + block * bytes, bytes);
  }

  void addStarts(int64_t channel, int64_t bytes) {
    if (!products.lines) {
      llvm::append_range(starts, channelStarts.slice(channel, bytes));
      return;
    }
    for (int64_t j = 0; j < kVectorsOfDots; ++j)
      for (int64_t q = 0; q < bytes / 16; ++q)
        for (int64_t i = 0; i < 4; ++i)
          starts.push_back(channelStarts[channel + 16 * q + 4 * j + i]);
  }
};
} // namespace

void quantir::emitDepthwiseCodes(
    KernelFunction &kernel, const Depthwise &shape,
    const ChannelProducts &products, Value input, DenseElementsAttr filter,
    ArrayRef<int32_t> starts, Value low, Value high,
    function_ref<void(Value, Value, Value, int64_t)> finish) {
  int64_t widest = products.widest, channels = shape.channels;
  while (widest > channels)
    widest /= 2;
  int64_t blocks = channels / widest, rest = channels % widest;
  // The last block is as narrow as the rest allows; it may begin in the block
  // before, whose results it then computes once more.
  int64_t last =
      rest ? std::max<int64_t>(products.narrowest, llvm::PowerOf2Ceil(rest))
           : 0;
  PackedBlocks packed{shape, products, starts, {}, 0, {}};
  packed.add(0, widest, blocks);
  int64_t tailWeights = packed.weights, tailStarts = packed.starts.size();
  if (rest)
    packed.add(channels - last, last, 1);
  ImplicitLocOpBuilder &b = kernel.builder();
  Value weights =
      packedConstant(kernel, filter, packed.order,
                     b.getIntegerType(products.lines ? 8 : 16), packed.weights);
  auto type =
      RankedTensorType::get({int64_t(packed.starts.size())}, b.getI32Type());
  Value begins =
      kernel.constant(DenseElementsAttr::get(type, ArrayRef(packed.starts)));
  kernel.loop(low, high, 1, [&](Value line) {
    Value window = shape.lineStart(kernel, line);
    BlockEmitter whole(kernel, shape, products, input, widest, finish);
    kernel.loop(blocks, [&](Value block) {
      Value channel = kernel.mul(block, widest);
      whole.emitLine(kernel.add(window, channel), line, channel, weights,
                     kernel.mul(block, packed.weightsOf(widest)), begins,
                     channel);
    });
    if (!rest)
      return;
    BlockEmitter tail(kernel, shape, products, input, last, finish);
    Value channel = kernel.index(channels - last);
    tail.emitLine(kernel.add(window, channel), line, channel, weights,
                  kernel.index(tailWeights), begins, kernel.index(tailStarts));
  });
}
