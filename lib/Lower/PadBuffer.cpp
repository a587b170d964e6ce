#include "Kernels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

/// Calls `emit` with the starts and sizes of vectors that cover `count`
/// elements: of `widest` in a loop, then smaller powers of two.
static void forVectors(KernelFunction &kernel, int64_t count, int64_t widest,
                       function_ref<void(Value, int64_t)> emit) {
  int64_t whole = count / widest * widest;
  kernel.loop(kernel.index(0), kernel.index(whole), widest,
              [&](Value i) { emit(i, widest); });
  for (int64_t done = whole; done < count;) {
    int64_t size = llvm::bit_floor(uint64_t(count - done));
    emit(kernel.index(done), size);
    done += size;
  }
}

static int64_t widestOf(KernelFunction &kernel, Type element) {
  return kernel.lowering().unit.lanes * 32 / element.getIntOrFloatBitWidth();
}

/// Fills `count` elements with `value`.
static void fillRun(KernelFunction &kernel, Value to, Value offset,
                    int64_t count, int64_t value) {
  ImplicitLocOpBuilder &b = kernel.builder();
  Type element = cast<MemRefType>(to.getType()).getElementType();
  Attribute splat = element.isF32()
                        ? Attribute(b.getF32FloatAttr(float(value)))
                        : Attribute(b.getIntegerAttr(
                              element, APInt(element.getIntOrFloatBitWidth(),
                                             uint64_t(value), false, true)));
  forVectors(kernel, count, widestOf(kernel, element),
             [&](Value i, int64_t size) {
               auto type = VectorType::get({size}, element);
               Value fill = arith::ConstantOp::create(
                   b, type, DenseElementsAttr::get(type, splat));
               vector::StoreOp::create(b, fill, to, kernel.add(offset, i));
             });
}

void quantir::copyRun(KernelFunction &kernel, Value from, Value fromOffset,
                      Value to, Value toOffset, int64_t count) {
  ImplicitLocOpBuilder &b = kernel.builder();
  Type element = cast<MemRefType>(from.getType()).getElementType();
  forVectors(
      kernel, count, widestOf(kernel, element), [&](Value i, int64_t size) {
        Value run = vector::LoadOp::create(b, VectorType::get({size}, element),
                                           from, kernel.add(fromOffset, i));
        vector::StoreOp::create(b, run, to, kernel.add(toOffset, i));
      });
}

Value quantir::rowWithin(KernelFunction &kernel, const Margin &margin,
                         Value row) {
  Value line = kernel.div(row, margin.width);
  Value image = kernel.div(line, margin.height);
  int64_t sides = margin.pads[1] + margin.pads[3];
  int64_t between = (margin.pads[0] + margin.pads[2]) * margin.paddedWidth();
  int64_t first = margin.pads[0] * margin.paddedWidth() + margin.pads[1];
  return kernel.add(kernel.add(kernel.add(row, first), kernel.mul(line, sides)),
                    kernel.mul(image, between));
}

static bool needsPads(ConvOp conv) {
  return llvm::any_of(conv.getPads(), [](int64_t pad) { return pad != 0; });
}

/// The only convolution that reads body argument `i` of `kernel`, and nothing
/// but its image.
static ConvOp readerOf(KernelOp kernel, unsigned i) {
  BlockArgument argument = kernel.getBody().front().getArgument(i);
  if (!argument.hasOneUse())
    return {};
  OpOperand &use = *argument.use_begin();
  auto conv = dyn_cast<ConvOp>(use.getOwner());
  return conv && use.get() == conv.getInput() && use.getOperandNumber() == 0 &&
                 anchorOf(kernel) == conv
             ? conv
             : ConvOp();
}

std::optional<Margin> quantir::marginFor(KernelOp producer, Value result) {
  auto writer = dyn_cast_if_present<ConvOp>(anchorOf(producer));
  auto type = cast<RankedTensorType>(result.getType());
  if (!writer || type.getRank() != 4 ||
      type.getShape() != cast<ShapedType>(writer.getType()).getShape())
    return std::nullopt;
  ConvOp first;
  for (OpOperand &use : result.getUses()) {
    auto kernel = dyn_cast<KernelOp>(use.getOwner());
    ConvOp reader =
        kernel ? readerOf(kernel, use.getOperandNumber()) : ConvOp();
    if (!reader || !needsPads(reader) ||
        (first && first.getPads() != reader.getPads()))
      return std::nullopt;
    first = reader;
  }
  if (!first)
    return std::nullopt;
  auto codes = dyn_cast<quant::QuantizedType>(type.getElementType());
  return Margin{type.getDimSize(1), type.getDimSize(2),
                SmallVector<int64_t>(first.getPads()),
                codes ? getZeroPoints(codes)[0] : 0};
}

void quantir::emitMargin(Lowering &lowering, Location location,
                         const Margin &margin, Value buffer, int64_t images,
                         int64_t channels) {
  KernelFunction kernel(lowering, location, "frame");
  Value to = kernel.use(buffer);
  int64_t line = margin.paddedWidth() * channels;
  int64_t width = margin.width * channels;
  int64_t left = margin.pads[1] * channels, right = margin.pads[3] * channels;
  kernel.loop(images, [&](Value image) {
    Value at = kernel.mul(image, margin.paddedHeight() * line);
    fillRun(kernel, to, at, margin.pads[0] * line + left, margin.value);
    at = kernel.add(at, margin.pads[0] * line + left + width);
    kernel.loop(margin.height - 1, [&](Value y) {
      fillRun(kernel, to, kernel.add(at, kernel.mul(y, line)), right + left,
              margin.value);
    });
    fillRun(kernel, to, kernel.add(at, (margin.height - 1) * line),
            right + margin.pads[2] * line, margin.value);
  });
  kernel.launch(1);
}

/// A copy of a [N, H, W, C] buffer with `pads` (top, left, bottom, right) of
/// `value` around every image.
static Value emitPadded(Lowering &lowering, Location location, Value buffer,
                        RankedTensorType image, ArrayRef<int64_t> pads,
                        int64_t value) {
  Type element = getStorageType(image.getElementType());
  int64_t images = image.getDimSize(0), height = image.getDimSize(1),
          width = image.getDimSize(2), channels = image.getDimSize(3);
  int64_t paddedHeight = height + pads[0] + pads[2],
          paddedWidth = width + pads[1] + pads[3];
  int64_t line = paddedWidth * channels;
  Value padded =
      lowering.allocate(location, element, images * paddedHeight * line);
  KernelFunction kernel(lowering, location, "pad");
  Value from = kernel.use(buffer), to = kernel.use(padded);
  ImplicitLocOpBuilder &b = kernel.builder();
  int64_t tiles = tilesFor(double(images) * paddedHeight * line / 16,
                           images * paddedHeight);
  auto [low, high] = kernel.share(images * paddedHeight, tiles);
  kernel.loop(low, high, 1, [&](Value row) {
    Value at = kernel.mul(row, line);
    Value y = kernel.rem(row, paddedHeight), n = kernel.div(row, paddedHeight);
    // Wraps far above `height` for the lines above the image.
    Value source = arith::SubIOp::create(b, y, kernel.index(pads[0]));
    Value inside = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, source,
                                         kernel.index(height));
    auto branch = scf::IfOp::create(b, inside, /*withElseRegion=*/true);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(branch.thenBlock());
      Value begin = kernel.mul(kernel.add(kernel.mul(n, height), source),
                               width * channels);
      fillRun(kernel, to, at, pads[1] * channels, value);
      copyRun(kernel, from, begin, to, kernel.add(at, pads[1] * channels),
              width * channels);
      fillRun(kernel, to, kernel.add(at, (pads[1] + width) * channels),
              pads[3] * channels, value);
      b.setInsertionPointToStart(branch.elseBlock());
      fillRun(kernel, to, at, line, value);
    }
  });
  kernel.launch(tiles);
  return padded;
}

Value quantir::bufferWithSlack(Lowering &lowering, Location location,
                               Value buffer, int64_t elements) {
  if (hasSlack(buffer, elements))
    return buffer;
  Value &copy = lowering.copies[buffer];
  if (!copy) {
    Type element = cast<MemRefType>(buffer.getType()).getElementType();
    copy = lowering.allocate(location, element, elements);
    KernelFunction kernel(lowering, location, "copy");
    Value zero = kernel.index(0);
    copyRun(kernel, kernel.use(buffer), zero, kernel.use(copy), zero, elements);
    kernel.launch(1);
  }
  return copy;
}

Value quantir::paddedInput(Lowering &lowering, KernelOp kernel, ConvOp conv,
                           int64_t padValue) {
  Value tensor = outerValue(kernel, conv.getInput());
  auto image = cast<RankedTensorType>(conv.getInput().getType());
  Value buffer = lowering.buffers.lookup(tensor);
  if (lowering.margins.contains(tensor))
    return buffer;
  if (!needsPads(conv))
    return bufferWithSlack(lowering, kernel.getLoc(), buffer,
                           image.getNumElements());
  return emitPadded(lowering, kernel.getLoc(), buffer, image, conv.getPads(),
                    padValue);
}
