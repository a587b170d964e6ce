#ifndef QUANTIR_LIB_LOWER_ENTRYPOINT_H
#define QUANTIR_LIB_LOWER_ENTRYPOINT_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace quantir {

inline mlir::LLVM::LLVMPointerType pointerType(mlir::MLIRContext *context) {
  return mlir::LLVM::LLVMPointerType::get(context);
}

/// `base` plus `offset` bytes.
mlir::Value byteOffset(mlir::OpBuilder &b, mlir::Location location,
                       mlir::Value base, int64_t offset);
mlir::Value byteOffset(mlir::OpBuilder &b, mlir::Location location,
                       mlir::Value base, mlir::Value offset);

/// The pointer `offset` bytes behind `base`, loaded.
mlir::Value loadPointer(mlir::OpBuilder &b, mlir::Location location,
                        mlir::Value base, int64_t offset);

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
