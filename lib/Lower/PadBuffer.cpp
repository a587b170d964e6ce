#include "Kernels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

/// Copies or fills `count` elements (known at compile time, or a value) a
/// vector at a time; the tail element by element.
static void fillRun(KernelFunction &kernel, Value to, Value offset,
                    int64_t count, Value fill) {
  ImplicitLocOpBuilder &b = kernel.builder();
  auto type = cast<VectorType>(fill.getType());
  int64_t lanes = type.getDimSize(0), whole = count / lanes * lanes;
  kernel.loop(kernel.index(0), kernel.index(whole), lanes, [&](Value i) {
    vector::StoreOp::create(b, fill, to, kernel.add(offset, i));
  });
  Value one = vector::ExtractOp::create(b, fill, ArrayRef<int64_t>{0});
  kernel.loop(kernel.index(whole), kernel.index(count), 1, [&](Value i) {
    memref::StoreOp::create(b, one, to, kernel.add(offset, i));
  });
}

void quantir::copyRun(KernelFunction &kernel, Value from, Value fromOffset,
                      Value to, Value toOffset, int64_t count) {
  ImplicitLocOpBuilder &b = kernel.builder();
  Type element = cast<MemRefType>(from.getType()).getElementType();
  int64_t done = 0;
  int64_t widest =
      kernel.lowering().unit.lanes * 32 / element.getIntOrFloatBitWidth();
  auto copy = [&](Value i, int64_t size) {
    Value run = vector::LoadOp::create(b, VectorType::get({size}, element),
                                       from, kernel.add(fromOffset, i));
    vector::StoreOp::create(b, run, to, kernel.add(toOffset, i));
  };
  int64_t whole = count / widest * widest;
  kernel.loop(kernel.index(0), kernel.index(whole), widest,
              [&](Value i) { copy(i, widest); });
  for (done = whole; done < count;) {
    int64_t size = llvm::bit_floor(uint64_t(count - done));
    copy(kernel.index(done), size);
    done += size;
  }
}

Value quantir::emitPadded(Lowering &lowering, Location location, Value buffer,
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
  auto type = VectorType::get(
      {lowering.unit.lanes * 32 / int64_t(element.getIntOrFloatBitWidth())},
      element);
  Attribute splat =
      element.isF32()
          ? Attribute(b.getF32FloatAttr(value))
          : Attribute(b.getIntegerAttr(element, APInt(8, value, false, true)));
  Value fill =
      arith::ConstantOp::create(b, type, DenseElementsAttr::get(type, splat));
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
      fillRun(kernel, to, at, pads[1] * channels, fill);
      copyRun(kernel, from, begin, to, kernel.add(at, pads[1] * channels),
              width * channels);
      fillRun(kernel, to, kernel.add(at, (pads[1] + width) * channels),
              pads[3] * channels, fill);
      b.setInsertionPointToStart(branch.elseBlock());
      fillRun(kernel, to, at, line, fill);
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
