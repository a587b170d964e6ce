#include "GpuKernels.h"
#include "LaneParts.h"
#include "MoveGpu.h"

#include "Quantir/AverageMath.h"
#include "quantir/Interpret/ResizeCoordinates.h"

using namespace mlir;
using namespace quantir;

namespace {
/// The neighbours along one axis as a table that the kernel reads: low, high
/// and weight of every coordinate.
class ResizeAxis {
public:
  /// \param codes  makes the weights integers.
  ResizeAxis(GpuKernel &kernel, ArrayRef<Neighbours> neighbours,
             const ResizeCodes *codes)
      : kernel(kernel), isReal(!codes) {
    SmallVector<int32_t> words;
    for (const Neighbours &n : neighbours) {
      words.push_back(int32_t(n.low));
      words.push_back(int32_t(n.high));
      words.push_back(codes ? codes->weight(n.weight)
                            : llvm::bit_cast<int32_t>(n.weight));
    }
    table = kernel.constant(words);
  }

  Value low(Value i) { return kernel.asIndex(word(i, 0)); }
  Value high(Value i) { return kernel.asIndex(word(i, 1)); }
  GpuLanes weight(Value i) {
    GpuLanes lanes = repeatLane(kernel, word(i, 2));
    return isReal ? GpuBuilder(kernel, 4).asF32(lanes) : lanes;
  }

private:
  Value word(Value i, int64_t part) {
    return kernel.load(table, kernel.add(kernel.mul(i, 3), part));
  }

  GpuKernel &kernel;
  bool isReal;
  Value table;
};
} // namespace

LogicalResult quantir::lowerLinearResizeGpu(GpuLowering &lowering, KernelOp op,
                                            ResizeOp resize) {
  GpuKernel kernel(lowering, op.getLoc(), "resize",
                   {lowering.target.elementThreads, 1, 1});
  RankedTensorType in = typeOf(resize.getInput()), out = resize.getType();
  int64_t height = in.getDimSize(1), width = in.getDimSize(2);
  QuadEvaluator operand(kernel, op, in.getShape());
  QuadEvaluator evaluator(kernel, op, out.getShape());
  std::optional<ResizeCodes> codes;
  if (auto type = getQuantizedElement(out))
    codes.emplace(type);
  const ResizeCodes *ofCodes = codes ? &*codes : nullptr;
  LogicalResult status = success();
  int64_t quads = evaluator.rows() * evaluator.quadsOfRow();
  Value quad = kernel.globalThread();
  kernel.when(kernel.less(quad, kernel.index(quads)), [&] {
    ResizeAxis down(kernel, linearCoordinates(resize, 0), ofCodes);
    ResizeAxis across(kernel, linearCoordinates(resize, 1), ofCodes);
    QuadPosition position = evaluator.positionOf(quad);
    Value x = kernel.rem(position.row, out.getDimSize(2));
    Value line = kernel.div(position.row, out.getDimSize(2));
    Value y = kernel.rem(line, out.getDimSize(1));
    Value image = kernel.mul(kernel.div(line, out.getDimSize(1)), height);
    Value top = kernel.mul(kernel.add(image, down.low(y)), width);
    Value bottom = kernel.mul(kernel.add(image, down.high(y)), width);
    Value left = across.low(x), right = across.high(x);
    SmallVector<GpuLanes> at;
    for (Value line : {top, bottom})
      for (Value pixel : {left, right}) {
        FailureOr<GpuLanes> lanes = operand.compute(
            resize.getInput(), {kernel.add(line, pixel), position.column});
        if (failed(lanes)) {
          status = failure();
          return;
        }
        at.push_back(*lanes);
      }
    GpuBuilder v(kernel, 4);
    GpuLanes wx = across.weight(x), wy = down.weight(y);
    auto between = [&](const GpuLanes &a, const GpuLanes &b,
                       const GpuLanes &weight) {
      return v.addF32(a, v.mulF32(weight, v.subF32(b, a)));
    };
    GpuLanes blended =
        codes
            ? codes->blend(v, at[0], at[1], at[2], at[3], wx, wy)
            : between(between(at[0], at[1], wx), between(at[2], at[3], wx), wy);
    status = evaluator.finish({{resize.getResult(), blended}}, position);
  });
  kernel.dispatchFor(quads);
  return status;
}
