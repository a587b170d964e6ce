#include "Depthwise.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

// A column of the filter has up to four taps: one dot product a channel. Four
// lines of the input interleave by bytes inside 128-bit lanes, as the
// processor's unpack instructions do, into four vectors of four bytes a
// channel. Of `bytes` channels, vector j then holds at position (q, i) channel
// 16 q + 4 j + i; the filter is packed in this order, and the sums are put in
// their natural order once, at the end. Neighbouring windows share columns,
// which stay in registers.

namespace {
constexpr int64_t vectorsOfBlock = 4;

class DotEmitter {
public:
  DotEmitter(KernelFunction &kernel, const Depthwise &shape,
             const InnerTile &tile, Value input, int64_t bytes,
             function_ref<void(Value, Value, Value, int64_t)> finish)
      : kernel(kernel), shape(shape), tile(tile), input(input), bytes(bytes),
        finish(finish), b(kernel.builder()) {}

  /// One output line of one block of channels.
  void emitLine(Value window, Value line, Value channel, Value weights,
                Value weightsAt, Value starts, Value startsAt);

private:
  SmallVector<Value> loadColumn(Value offset);
  void emitPixel(ArrayRef<Value> columns, Value row, Value channel,
                 Value weights, Value weightsAt, ArrayRef<Value> starts);
  Value weave(Value x, Value y, int64_t unit, bool high);
  Value dot(Value sum, Value codes, Value weights);

  KernelFunction &kernel;
  const Depthwise &shape;
  const InnerTile &tile;
  Value input;
  int64_t bytes;
  function_ref<void(Value, Value, Value, int64_t)> finish;
  ImplicitLocOpBuilder &b;
};
} // namespace

/// Alternates `unit` bytes of x and y, from the lower or upper half of each
/// 128-bit lane.
Value DotEmitter::weave(Value x, Value y, int64_t unit, bool high) {
  SmallVector<int64_t> mask;
  for (int64_t lane = 0; lane < bytes; lane += 16)
    for (int64_t i = 0; i < 8; i += unit)
      for (int64_t from : {int64_t(0), bytes})
        for (int64_t k = 0; k < unit; ++k)
          mask.push_back(from + lane + (high ? 8 : 0) + i + k);
  return vector::ShuffleOp::create(b, x, y, mask);
}

SmallVector<Value> DotEmitter::loadColumn(Value offset) {
  auto type = VectorType::get({bytes}, b.getI8Type());
  SmallVector<Value> lines;
  for (int64_t tap = 0; tap < 4; ++tap) {
    if (tap >= shape.kh) {
      lines.push_back(arith::ConstantOp::create(b, type, b.getZeroAttr(type)));
      continue;
    }
    int64_t down = tap * shape.dilations[0] * shape.width * shape.channels;
    lines.push_back(
        vector::LoadOp::create(b, type, input, kernel.add(offset, down)));
  }
  SmallVector<Value> woven;
  for (bool high : {false, true}) {
    Value upper = weave(lines[0], lines[1], 1, high);
    Value lower = weave(lines[2], lines[3], 1, high);
    woven.push_back(weave(upper, lower, 2, false));
    woven.push_back(weave(upper, lower, 2, true));
  }
  return woven;
}

Value DotEmitter::dot(Value sum, Value codes, Value weights) {
  return LLVM::CallIntrinsicOp::create(
             b, sum.getType(),
             b.getStringAttr(tile.intrinsicOfWidth(bytes * 8)),
             ValueRange{sum, codes, weights})
      .getResult(0);
}

void DotEmitter::emitPixel(ArrayRef<Value> columns, Value row, Value channel,
                           Value weights, Value weightsAt,
                           ArrayRef<Value> starts) {
  auto type = VectorType::get({bytes}, b.getI8Type());
  SmallVector<Value> sums(starts);
  for (auto [i, codes] : llvm::enumerate(columns)) {
    Value packed = vector::LoadOp::create(b, type, weights,
                                          kernel.add(weightsAt, i * bytes));
    Value &sum = sums[i % vectorsOfBlock];
    sum = dot(sum, codes, packed);
  }
  int64_t lanes = kernel.lowering().unit.lanes, total = bytes / 4;
  for (int64_t q = 0; q < bytes / 16; ++q) {
    SmallVector<int64_t> pair, four;
    for (int64_t from : {int64_t(0), total})
      for (int64_t i = 0; i < 4; ++i)
        pair.push_back(from + q * 4 + i);
    Value low = vector::ShuffleOp::create(b, sums[0], sums[1], pair);
    Value high = vector::ShuffleOp::create(b, sums[2], sums[3], pair);
    for (int64_t i = 0; i < 16; ++i)
      four.push_back(i);
    Value sixteen = vector::ShuffleOp::create(b, low, high, four);
    for (int64_t part = 0; part < 16; part += lanes) {
      Value piece = sixteen;
      if (lanes < 16)
        piece = vector::ExtractStridedSliceOp::create(
            b, sixteen, ArrayRef<int64_t>{part}, ArrayRef<int64_t>{lanes},
            ArrayRef<int64_t>{1});
      finish(piece, row, kernel.add(channel, q * 16 + part), lanes);
    }
  }
}

void DotEmitter::emitLine(Value window, Value line, Value channel,
                          Value weights, Value weightsAt, Value starts,
                          Value startsAt) {
  auto type = VectorType::get({bytes / 4}, b.getI32Type());
  SmallVector<Value> first;
  for (int64_t j = 0; j < vectorsOfBlock; ++j)
    first.push_back(vector::LoadOp::create(
        b, type, starts, kernel.add(startsAt, j * bytes / 4)));
  int64_t step = shape.strides[1];
  int64_t kept = std::max<int64_t>(0, shape.kw - step);
  auto column = [&](Value x, int64_t number) {
    Value offset = kernel.mul(x, step * shape.channels);
    return loadColumn(
        kernel.add(kernel.add(window, offset), number * shape.channels));
  };
  SmallVector<Value> shared;
  for (int64_t number = 0; number < kept; ++number)
    shared.append(column(kernel.index(0), number));
  Value rows = kernel.mul(line, shape.outWidth);
  kernel.loop(kernel.index(0), kernel.index(shape.outWidth), 1, shared,
              [&](Value x, ValueRange before) {
                SmallVector<Value> columns(before);
                for (int64_t number = kept; number < shape.kw; ++number)
                  columns.append(column(x, number));
                emitPixel(columns, kernel.add(rows, x), channel, weights,
                          weightsAt, first);
                return SmallVector<Value>(
                    ArrayRef(columns).take_back(kept * vectorsOfBlock));
              });
}

bool quantir::takesDots(const Depthwise &shape, const InnerTile &tile) {
  return tile.kind == DotKind::Dot && shape.kh <= 4 &&
         shape.dilations[1] == 1 && shape.channels >= 16;
}

namespace {
/// Filter and start values of a block of channels in the order of its vectors.
struct PackedBlocks {
  SmallVector<int8_t> weights;
  SmallVector<int32_t> starts;

  void add(const Depthwise &shape, ArrayRef<int8_t> filter,
           ArrayRef<int32_t> channelStarts, int64_t channel, int64_t bytes) {
    auto forEach = [&](int64_t j, auto use) {
      for (int64_t q = 0; q < bytes / 16; ++q)
        for (int64_t i = 0; i < 4; ++i)
          use(channel + 16 * q + 4 * j + i);
    };
    for (int64_t x = 0; x < shape.kw; ++x)
      for (int64_t j = 0; j < vectorsOfBlock; ++j)
        forEach(j, [&](int64_t c) {
          for (int64_t y = 0; y < 4; ++y)
            weights.push_back(
                y < shape.kh ? filter[(c * shape.kh + y) * shape.kw + x] : 0);
        });
    for (int64_t j = 0; j < vectorsOfBlock; ++j)
      forEach(j, [&](int64_t c) { starts.push_back(channelStarts[c]); });
  }
};
} // namespace

void quantir::emitDepthwiseDots(
    KernelFunction &kernel, const Depthwise &shape, const InnerTile &tile,
    Value input, ArrayRef<int8_t> filter, ArrayRef<int32_t> starts, Value low,
    Value high, function_ref<void(Value, Value, Value, int64_t)> finish) {
  int64_t widest = tile.lanes * 4, channels = shape.channels;
  while (widest > channels)
    widest /= 2;
  int64_t blocks = channels / widest, rest = channels % widest;
  // The last block is as narrow as the rest allows; it may begin in the block
  // before, whose results it then computes once more.
  int64_t last = rest ? std::max<int64_t>(16, llvm::PowerOf2Ceil(rest)) : 0;
  PackedBlocks packed;
  for (int64_t block = 0; block < blocks; ++block)
    packed.add(shape, filter, starts, block * widest, widest);
  int64_t tailWeights = packed.weights.size(),
          tailStarts = packed.starts.size();
  if (rest)
    packed.add(shape, filter, starts, channels - last, last);
  ImplicitLocOpBuilder &b = kernel.builder();
  auto constant = [&](auto values, Type element) {
    auto type = RankedTensorType::get({int64_t(values.size())}, element);
    return kernel.constant(DenseElementsAttr::get(type, values));
  };
  Value weights = constant(ArrayRef(packed.weights), b.getI8Type());
  Value begins = constant(ArrayRef(packed.starts), b.getI32Type());
  kernel.loop(low, high, 1, [&](Value line) {
    Value window = shape.lineStart(kernel, line);
    DotEmitter whole(kernel, shape, tile, input, widest, finish);
    kernel.loop(blocks, [&](Value block) {
      Value channel = kernel.mul(block, widest);
      whole.emitLine(kernel.add(window, channel), line, channel, weights,
                     kernel.mul(block, shape.kw * vectorsOfBlock * widest),
                     begins, channel);
    });
    if (!rest)
      return;
    DotEmitter tail(kernel, shape, tile, input, last, finish);
    Value channel = kernel.index(channels - last);
    tail.emitLine(kernel.add(window, channel), line, channel, weights,
                  kernel.index(tailWeights), begins, kernel.index(tailStarts));
  });
}
