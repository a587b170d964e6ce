#ifndef QUANTIR_LIB_LOWER_ENTRYPOINT_H
#define QUANTIR_LIB_LOWER_ENTRYPOINT_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace quantir {

inline mlir::LLVM::LLVMPointerType pointerType(mlir::MLIRContext *context) {
  return mlir::LLVM::LLVMPointerType::get(context);
}

/// The place of the `index`-th of the pointers at `base`, which are as wide as
/// the target's.
mlir::Value pointerSlot(mlir::OpBuilder &b, mlir::Location location,
                        mlir::Value base, int64_t index);

/// The pointer there.
mlir::Value loadPointer(mlir::OpBuilder &b, mlir::Location location,
                        mlir::Value base, int64_t index);

/// A quantir_context is pointers alone: the index of one of them.
#define QUANTIR_CONTEXT_FIELD(field)                                           \
  int64_t(offsetof(quantir_context, field) / sizeof(void *))

/// for (i = low; i < high; ++i) body(i), of i32, in code of branches; goes on
/// behind it.
void countedLoop(mlir::OpBuilder &b, mlir::Location location, mlir::Value low,
                 mlir::Value high, llvm::function_ref<void(mlir::Value)> body);

/// i32 <name>_run(ptr context): unpacks the context for main, whose arguments
/// are inputs, outputs, context and arena, once or for each sample of a batch.
void createEntry(mlir::ModuleOp module, mlir::func::FuncOp main,
                 llvm::StringRef name);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_ENTRYPOINT_H
