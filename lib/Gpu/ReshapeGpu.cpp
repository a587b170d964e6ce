#include "GpuKernels.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

/// Both layouts have their elements one behind the other.
static void copyWords(GpuKernel &kernel, int64_t words, Value from, Value to) {
  Value word = kernel.globalThread();
  kernel.when(kernel.less(word, kernel.index(words)),
              [&] { kernel.store(kernel.load(from, word), to, word); });
  kernel.dispatchFor(words);
}

void quantir::lowerReshapeGpu(GpuLowering &lowering, Location location,
                              Type from, Value fromBuffer, Type to,
                              Value toBuffer) {
  GpuKernel kernel(lowering, location, "reshape",
                   {lowering.target.elementThreads, 1, 1});
  WordLayout source(from), target(to);
  Value input = kernel.use(fromBuffer), output = kernel.useWritten(toBuffer);
  bool sameRows = source.columns == target.columns;
  if (sameRows || (source.isDense() && target.isDense()))
    return copyWords(kernel, target.words(), input, output);
  Type element = cast<RankedTensorType>(to).getElementType();
  int64_t quadsOfRow = (target.columns + 3) / 4;
  Value quad = kernel.globalThread();
  int64_t quads = target.rows * quadsOfRow;
  kernel.when(kernel.less(quad, kernel.index(quads)), [&] {
    Value row = kernel.div(quad, quadsOfRow);
    Value column = kernel.mul(kernel.rem(quad, quadsOfRow), 4);
    SmallVector<GpuLanes> lanes;
    for (int64_t i = 0; i < 4; ++i) {
      Value inRow =
          kernel.min(kernel.add(column, i), kernel.index(target.columns - 1));
      Value place = kernel.add(kernel.mul(row, target.columns), inRow);
      Value rowWord =
          kernel.mul(kernel.div(place, source.columns), source.wordsOfRow());
      lanes.push_back(loadElement(kernel, input, element, rowWord,
                                  kernel.rem(place, source.columns)));
    }
    storeQuad(kernel, joinLanes(kernel, lanes), output, element,
              kernel.mul(row, target.wordsOfRow()), column, target.columns);
  });
  kernel.dispatchFor(quads);
}
