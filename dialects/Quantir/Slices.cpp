#include "Quantir/Slices.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantir;

/// True for an operand that is the same for every slice of a result of `rank`.
static bool isRepeated(Value operand, int64_t rank) {
  ArrayRef<int64_t> shape = shapeOf(operand);
  return int64_t(shape.size()) < rank || shape.empty() || shape[0] == 1;
}

static bool productWorksBySlices(MatmulOp product,
                                 function_ref<bool(Value)> isSliced) {
  auto rank = int64_t(shapeOf(product.getLhs()).size());
  if (!isSliced(product.getLhs()) ||
      (product.getBias() && isSliced(product.getBias())))
    return false;
  if (isSliced(product.getRhs()))
    return rank > 2 && int64_t(shapeOf(product.getRhs()).size()) == rank;
  return shapeOf(product.getRhs()).size() == 2 ||
         isRepeated(product.getRhs(), rank);
}

static bool gatherWorksBySlices(GatherOp gather,
                                function_ref<bool(Value)> isSliced) {
  if (!isSliced(gather.getIndices()))
    return gather.getAxis() != 0;
  return gather.getAxis() == 0 && !isSliced(gather.getInput()) &&
         !shapeOf(gather.getIndices()).empty();
}

static bool elementsWorkBySlices(Operation *op,
                                 function_ref<bool(Value)> isSliced) {
  auto elementwise = cast<ElementwiseInterface>(op);
  auto rank = int64_t(shapeOf(op->getResult(0)).size());
  return llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
    if (isSliced(operand.get()))
      return int64_t(shapeOf(operand.get()).size()) == rank;
    return elementwise.isTable(operand.getOperandNumber()) ||
           isRepeated(operand.get(), rank);
  });
}

bool quantir::worksBySlices(Operation *op, function_ref<bool(Value)> isSliced) {
  auto onlyFirst = [&] {
    return isSliced(op->getOperand(0)) &&
           llvm::none_of(op->getOperands().drop_front(), isSliced);
  };
  auto rowsApart = [&] {
    return onlyFirst() && shapeOf(op->getOperand(0)).size() > 1;
  };
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case<ElementwiseInterface>(
          [&](auto) { return elementsWorkBySlices(op, isSliced); })
      .Case<ConvOp, MaxPoolOp, AvgPoolOp, ResizeOp>(
          [&](auto) { return onlyFirst(); })
      .Case<SoftmaxOp, LayerNormOp, RmsNormOp>(
          [&](auto) { return rowsApart(); })
      .Case([&](MatmulOp product) {
        return productWorksBySlices(product, isSliced);
      })
      .Case([&](GatherOp gather) {
        return gatherWorksBySlices(gather, isSliced);
      })
      .Case([&](ReduceOp reduce) {
        return onlyFirst() && !llvm::is_contained(reduce.getAxes(), 0);
      })
      .Case([&](TransposeOp transpose) {
        return transpose.getPermutation()[0] == 0;
      })
      .Case([&](SliceOp slice) {
        return slice.getOffsets()[0] == 0 && slice.getSteps()[0] == 1 &&
               slice.getSizes()[0] == shapeOf(slice.getInput())[0];
      })
      .Case([&](ConcatOp concat) {
        return concat.getAxis() != 0 &&
               llvm::all_of(concat.getInputs(), isSliced);
      })
      .Case([&](PadOp pad) {
        return pad.getLow()[0] == 0 && pad.getHigh()[0] == 0;
      })
      .Case([&](ExpandOp expand) {
        return shapeOf(expand.getInput()).size() ==
               shapeOf(expand.getResult()).size();
      })
      .Default(false);
}
