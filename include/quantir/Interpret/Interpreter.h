#ifndef QUANTIR_INTERPRET_INTERPRETER_H
#define QUANTIR_INTERPRET_INTERPRETER_H

#include "quantir/Interpret/Tensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace quantir {

/// Is shown the operand of each `quantir.observe` with its index.
using Observer = llvm::function_ref<void(int64_t index, const Tensor &value)>;

/// The results of one verified operation of the dialect on operands of its
/// operand types. Failure, with a diagnostic at the op, when the op has no
/// meaning on its element types, when it is no computation (launch), or when a
/// result would exceed 2^34 bytes.
mlir::FailureOr<llvm::SmallVector<Tensor>>
evaluate(mlir::Operation *op, llvm::ArrayRef<Tensor> operands,
         Observer observe = {});

/// The results of `function`, which is one block of operations of the dialect.
/// Every value is freed after its last use. Failure, with a diagnostic, when
/// the inputs have other types than the arguments or an operation fails.
mlir::FailureOr<llvm::SmallVector<Tensor>> run(mlir::func::FuncOp function,
                                               llvm::ArrayRef<Tensor> inputs,
                                               Observer observe = {});

/// The result of an op with one result and constants as operands. Failure,
/// without a diagnostic, for another op, and when the result is larger than
/// both 16 MiB and the operands together.
mlir::FailureOr<mlir::DenseElementsAttr> foldToConstant(mlir::Operation *op);

} // namespace quantir

#endif // QUANTIR_INTERPRET_INTERPRETER_H
