#include "Depthwise.h"
#include "InnerTileCode.h"
#include "PackedConstant.h"
#include "RowCode.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

/// The filter as [tap][channel], so that a vector of channels is one load.
static Value filterByTap(KernelFunction &kernel, DenseElementsAttr filter,
                         int64_t channels, int64_t taps, Type element) {
  PackedOrder order;
  order.add(0, 0, {{taps, channels, 1}, {channels, 1, taps}});
  return packedConstant(kernel, filter, order, element, taps * channels);
}

/// bias - zero point * sum of the channel's filter.
static SmallVector<int32_t> startValues(DenseElementsAttr filter,
                                        DenseElementsAttr bias,
                                        int64_t channels, int64_t taps,
                                        int64_t zeroPoint) {
  auto from = filter.getValues<int8_t>();
  SmallVector<int32_t> starts(channels);
  for (int64_t c = 0; c < channels; ++c) {
    int64_t sum = 0;
    for (int64_t t = 0; t < taps; ++t)
      sum += from[c * taps + t];
    int64_t added = bias ? bias.getValues<int32_t>()[c] : 0;
    starts[c] = int32_t(uint32_t(added - zeroPoint * sum));
  }
  return starts;
}

LogicalResult quantir::lowerDepthwise(Lowering &lowering, KernelOp op,
                                      ConvOp conv) {
  auto image = cast<RankedTensorType>(conv.getInput().getType());
  auto filterType = cast<RankedTensorType>(conv.getFilter().getType());
  auto out = cast<RankedTensorType>(conv.getType());
  DenseElementsAttr filter =
      constantOf(lowering.constants, op, conv.getFilter());
  DenseElementsAttr bias =
      conv.getBias() ? constantOf(lowering.constants, op, conv.getBias())
                     : nullptr;
  bool codes = !out.getElementType().isF32();
  if (!filter || (codes && conv.getBias() && !bias))
    return conv.emitOpError("needs a constant filter and bias");
  int64_t zeroPoint = codes ? getZeroPoints(getQuantizedElement(image))[0] : 0;
  ArrayRef<int64_t> pads = conv.getPads();
  Value padded = paddedInput(lowering, op, conv, zeroPoint);
  Depthwise d{image.getDimSize(0),
              image.getDimSize(1) + pads[0] + pads[2],
              image.getDimSize(2) + pads[1] + pads[3],
              out.getDimSize(1),
              out.getDimSize(2),
              out.getDimSize(3),
              filterType.getDimSize(1),
              filterType.getDimSize(2),
              conv.getStrides(),
              conv.getDilations()};

  KernelFunction kernel(lowering, op.getLoc(), "depthwise", KernelAim::Speed);
  ImplicitLocOpBuilder &b = kernel.builder();
  // Weights of all taps stay in registers; windows beside one another hide the
  // latency of each one's sum.
  int64_t lanes = codes ? lowering.lanesFor(d.channels) : lowering.unit.lanes;
  int64_t windows = codes ? 1 : lowering.elementLanes / lanes;
  int64_t taps = d.kh * d.kw;
  Type element = codes ? Type(b.getI32Type()) : Type(b.getF32Type());
  auto type = VectorType::get({lanes}, element);
  Value from = kernel.use(padded);
  LaneEvaluator evaluator(kernel, op, out.getShape());
  LogicalResult status = success();
  auto finish = [&](Value sums, Value row, Value column, int64_t valid) {
    LanePosition position{row, column, lanesOf(sums), valid};
    if (!codes && conv.getBias())
      sums = arith::AddFOp::create(b, sums,
                                   evaluator.load(conv.getBias(), position));
    if (failed(evaluator.finish({{conv.getResult(), sums}}, position)))
      status = failure();
  };
  double nanoseconds = double(out.getNumElements()) * taps / 20;
  int64_t tiles = tilesFor(nanoseconds, d.lines());
  auto [low, high] = kernel.share(d.lines(), tiles);
  SmallVector<int32_t> begins;
  if (codes) {
    const ChannelProducts *products = productsFor(lowering, d);
    int64_t offset = products && products->signedCodes ? 128 : 0;
    begins = startValues(filter, bias, d.channels, taps, zeroPoint - offset);
    if (products) {
      emitDepthwiseCodes(kernel, d, *products, from, filter, begins, low, high,
                         finish);
      kernel.launch(tiles);
      return status;
    }
  }
  Value weights = filterByTap(kernel, filter, d.channels, taps,
                              codes ? Type(b.getI8Type()) : element);
  Value starts;
  if (codes)
    starts = kernel.constant(DenseElementsAttr::get(
        RankedTensorType::get({d.channels}, element), ArrayRef(begins)));

  // Codes are exact in any order; f32 adds the taps in theirs.
  auto emitVectors = [&](Value line, Value x, Value row, Value column,
                         int64_t valid, int64_t windows) {
    SmallVector<Value> sums(
        windows,
        codes ? Value(vector::LoadOp::create(b, type, starts, column))
              : Value(arith::ConstantOp::create(b, type, b.getZeroAttr(type))));
    int64_t step = d.strides[1] * d.channels;
    Value window = kernel.add(kernel.add(line, kernel.mul(x, step)), column);
    Type leftElement = image.getElementType(),
         rightElement = filterType.getElementType();
    for (int64_t tap = 0; tap < taps; ++tap) {
      Value w =
          loadLanes(kernel, weights, rightElement,
                    kernel.add(column, tap * d.channels), lanes, lanes, true);
      for (auto [i, sum] : llvm::enumerate(sums)) {
        Value x = loadLanes(kernel, from, leftElement,
                            kernel.add(window, d.tap(tap) + int64_t(i) * step),
                            lanes, lanes, true);
        sum = codes ? Value(arith::AddIOp::create(
                          b, sum, arith::MulIOp::create(b, x, w)))
                    : emitFma(b, lowering.unit, x, w, sum);
      }
    }
    for (auto [i, sum] : llvm::enumerate(sums))
      finish(sum, kernel.add(row, int64_t(i)), column, valid);
  };
  int64_t whole = d.channels / lanes * lanes;
  kernel.loop(low, high, 1, [&](Value line) {
    Value begin = d.lineStart(kernel, line);
    auto emitLine = [&](Value column, int64_t valid) {
      auto emit = [&](int64_t first, int64_t end, int64_t windows) {
        if (first == end)
          return;
        kernel.loop(kernel.index(first), kernel.index(end), windows,
                    [&](Value x) {
                      Value row = kernel.add(kernel.mul(line, d.outWidth), x);
                      emitVectors(begin, x, row, column, valid, windows);
                    });
      };
      int64_t together = d.outWidth / windows * windows;
      emit(0, together, windows);
      emit(together, d.outWidth, 1);
    };
    kernel.loop(kernel.index(0), kernel.index(whole), lanes,
                [&](Value column) { emitLine(column, lanes); });
    if (whole < d.channels)
      emitLine(kernel.index(whole), d.channels - whole);
  });
  kernel.launch(tiles);
  return status;
}
