#ifndef QUANTIR_LIB_INTERPRET_EVALUATORS_H
#define QUANTIR_LIB_INTERPRET_EVALUATORS_H

#include "quantir/Interpret/Tensor.h"

#include "Quantir/QuantirOps.h"

/// One function a family of operations: fills `result`, which has the type of
/// the op's result and holds zeros. The op is verified and the operands have
/// its operand types.
namespace quantir {

using Operands = llvm::ArrayRef<Tensor>;

llvm::LogicalResult evaluateLanes(mlir::Operation *op, Operands operands,
                                  Tensor &result);

llvm::LogicalResult evaluate(ConvOp op, Operands operands, Tensor &result);
llvm::LogicalResult evaluate(MatmulOp op, Operands operands, Tensor &result);
llvm::LogicalResult evaluate(ReduceOp op, Operands operands, Tensor &result);
llvm::LogicalResult evaluate(MaxPoolOp op, Operands operands, Tensor &result);
llvm::LogicalResult evaluate(AvgPoolOp op, Operands operands, Tensor &result);
llvm::LogicalResult evaluate(SoftmaxOp op, Operands operands, Tensor &result);
llvm::LogicalResult evaluate(LayerNormOp op, Operands operands, Tensor &result);
llvm::LogicalResult evaluate(RmsNormOp op, Operands operands, Tensor &result);
llvm::LogicalResult evaluate(TransposeOp op, Operands operands, Tensor &result);
llvm::LogicalResult evaluate(SliceOp op, Operands operands, Tensor &result);
llvm::LogicalResult evaluate(ConcatOp op, Operands operands, Tensor &result);
llvm::LogicalResult evaluate(PadOp op, Operands operands, Tensor &result);
llvm::LogicalResult evaluate(GatherOp op, Operands operands, Tensor &result);
llvm::LogicalResult evaluate(ExpandOp op, Operands operands, Tensor &result);
llvm::LogicalResult evaluate(ResizeOp op, Operands operands, Tensor &result);

/// `input` repeated to the shape of `type` as numpy broadcasts.
Tensor broadcastTo(const Tensor &input, mlir::RankedTensorType type);

/// Where the elements of a result come from: that of dimension d at position i
/// from position positions[d][i] of the input's dimension d, or, where a
/// position is negative, from `fill` (one element).
struct Selection {
  llvm::SmallVector<llvm::SmallVector<int64_t>> positions;
  llvm::ArrayRef<char> fill;
};

/// Copies the selected elements of `size` bytes, row-major, out of an array of
/// the given shape.
void copySelected(const uint8_t *input, llvm::ArrayRef<int64_t> shape,
                  const Selection &selection, int64_t size, uint8_t *out);

/// Element i of integers or codes.
int64_t integerAt(const Tensor &tensor, int64_t i);
/// The same, written; keeps the low bits.
void putInteger(Tensor &tensor, int64_t i, int64_t value);

/// Strides of a row-major array, in elements.
llvm::SmallVector<int64_t> rowMajorStrides(llvm::ArrayRef<int64_t> shape);

} // namespace quantir

#endif // QUANTIR_LIB_INTERPRET_EVALUATORS_H
