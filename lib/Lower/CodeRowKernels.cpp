// The norms on codes: the arithmetic is RowMath.h's.
#include "Kernels.h"
#include "Quantir/RowMath.h"
#include "RowInput.h"
#include "VectorBuilder.h"
#include "quantir/Lower/NormOfCodes.h"

using namespace mlir;
using namespace quantir;

namespace {
/// What kernels on rows of codes have in common.
struct CodeRows {
  CodeRows(Lowering &lowering, KernelOp op, Operation *anchor, StringRef kind,
           int64_t instructions, bool keepsOthers)
      : anchor(anchor), kernel(lowering, op.getLoc(), kind),
        evaluator(
            kernel, op,
            cast<RankedTensorType>(anchor->getResult(0).getType()).getShape()),
        code(kernel, evaluator.columns()), rows(evaluator.rows()),
        group(rowGroup(lowering, rows)),
        tiles(tilesFor(double(rows) * evaluator.columns() / code.lanes() *
                           double(evaluator.cost() + instructions) / 4,
                       rows)),
        input(kernel, evaluator, anchor->getOperand(0), evaluator.columns(),
              group, tiles, keepsOthers) {}

  void finish(Value row, Value column, int64_t valid, Value result) {
    if (failed(evaluator.finish({{anchor->getResult(0), result}},
                                {row, column, code.lanes(), valid})))
      status = failure();
  }

  void each(function_ref<void(ArrayRef<Value>)> emit) {
    eachRowGroup(kernel, rows, tiles, group, emit);
  }

  LogicalResult launch() {
    kernel.launch(tiles);
    return success(succeeded(status) && succeeded(input.status));
  }

  Operation *anchor;
  KernelFunction kernel;
  LaneEvaluator evaluator;
  RowCode code;
  int64_t rows, group, tiles;
  RowInput input;
  LogicalResult status = success();
};
} // namespace

static DenseElementsAttr columnConstant(Lowering &lowering,
                                        ArrayRef<int32_t> values) {
  auto type = RankedTensorType::get({int64_t(values.size())},
                                    lowering.main.getI32Type());
  return DenseElementsAttr::get(type, values);
}

LogicalResult quantir::lowerNormOfCodes(Lowering &lowering, KernelOp op,
                                        Operation *norm, float epsilon) {
  FailureOr<NormCodes> found =
      normCodesOf(lowering.constants, op, norm, epsilon);
  if (failed(found))
    return failure();
  const NormCodes &codes = *found;
  bool subtracts = isa<LayerNormOp>(norm);
  CodeRows work(lowering, op, norm, subtracts ? "layer_norm" : "rms_norm",
                /*instructions=*/30, /*keepsOthers=*/false);
  RowCode &code = work.code;
  int64_t lanes = code.lanes();
  VectorBuilder v(work.kernel, lanes), one(work.kernel, 1);
  Value multipliers =
      work.kernel.constant(columnConstant(lowering, codes.getMultipliers()));
  Value offsets =
      work.kernel.constant(columnConstant(lowering, codes.getOffsets()));
  auto atColumn = [&](Value buffer, Value column) {
    return loadLanes(work.kernel, buffer, lowering.main.getI32Type(), column,
                     lanes, lanes, /*slack=*/true);
  };
  work.each([&](ArrayRef<Value> row) {
    auto centred = [&](Value x) {
      int32_t zero = codes.getZeroPoint();
      return zero ? v.subInt(x, v.i32(zero)) : x;
    };
    auto add = [&](Value a, Value b) { return v.addInt(a, b); };
    SmallVector<Value> sums(row.size(), one.i32(0));
    if (subtracts)
      sums = code.fold(
          row.size(), v.i32(0),
          [&](int64_t slot, Value partial, Value column, int64_t valid) {
            return v.addInt(partial, centred(work.input.first(slot, row[slot],
                                                              column, valid)));
          },
          add);
    SmallVector<Value> squares = code.fold(
        row.size(), v.i64(0),
        [&](int64_t slot, Value partial, Value column, int64_t valid) {
          Value x = centred(
              subtracts ? work.input.again(slot, row[slot], column, valid)
                        : work.input.first(slot, row[slot], column, valid));
          return v.addInt(partial, v.i32ToI64(v.mulInt(x, x)));
        },
        add);
    SmallVector<NormCodes::Root<Value>> roots;
    for (auto [sum, square] : llvm::zip_equal(sums, squares)) {
      auto root = codes.root(one, sum, square);
      roots.push_back({splatLane(work.kernel, root.mantissa, lanes),
                       splatLane(work.kernel, root.shift, lanes)});
      sum = splatLane(work.kernel, sum, lanes);
    }
    code.each([&](Value column, int64_t valid) {
      Value multiplier = atColumn(multipliers, column);
      Value offset = atColumn(offsets, column);
      for (size_t slot = 0; slot < row.size(); ++slot) {
        Value x = centred(work.input.again(slot, row[slot], column, valid));
        work.finish(
            row[slot], column, valid,
            codes.finish(v, x, sums[slot], roots[slot], multiplier, offset));
      }
    });
  });
  return work.launch();
}
