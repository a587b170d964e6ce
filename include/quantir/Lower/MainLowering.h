#ifndef QUANTIR_LOWER_MAINLOWERING_H
#define QUANTIR_LOWER_MAINLOWERING_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "quantir/Lower/KernelBody.h"

namespace quantir {

/// The function "main" of one block, under another name, so that its successor
/// can have this one; null, with a diagnostic, when there is none.
mlir::func::FuncOp takeMain(mlir::ModuleOp module);

/// The new main, without a body: it takes a buffer for each input and each
/// output, then `others`.
mlir::func::FuncOp
createMain(mlir::func::FuncOp old,
           llvm::function_ref<mlir::MemRefType(mlir::Type)> bufferFor,
           mlir::TypeRange others = {});

/// Walks over a main function of kernels on tensors and says which buffer of
/// the new one each tensor is. What a kernel and a copy are, and how a tensor
/// lies in its buffer, subclasses know.
class MainLowering {
public:
  /// \param arguments  of the new main: inputs and outputs come first.
  mlir::LogicalResult lower(mlir::func::FuncOp old, mlir::ValueRange arguments);

protected:
  /// \param buffers    gets the buffer of each tensor of the old main.
  /// \param constants  gets the constant behind each tensor that is one.
  MainLowering(llvm::DenseMap<mlir::Value, mlir::Value> &buffers,
               KnownConstants &constants)
      : buffers(buffers), constants(constants) {}
  ~MainLowering() = default;

  /// The buffer of a tensor, constants included.
  virtual mlir::Value bufferOf(mlir::Value tensor) = 0;
  /// A buffer for a result that is no output.
  virtual mlir::Value allocate(KernelOp kernel, mlir::OpResult result) = 0;
  /// Emits a kernel whose results have their buffers.
  virtual mlir::LogicalResult lowerKernel(KernelOp kernel) = 0;
  /// The buffer of a reshape of what is no constant.
  virtual mlir::Value reshaped(ReshapeOp reshape) = 0;
  /// Copies a tensor that is no kernel's result to an output.
  virtual void copy(mlir::Location location, mlir::Type tensor,
                    mlir::Value from, mlir::Value to) = 0;
  /// Anything else, which is an error.
  virtual mlir::LogicalResult lowerOther(mlir::Operation *op);

private:
  mlir::LogicalResult lowerOp(mlir::Operation &op);

  llvm::DenseMap<mlir::Value, mlir::Value> &buffers;
  KnownConstants &constants;
  /// A kernel writes straight into the output that its result becomes.
  llvm::DenseMap<mlir::Value, mlir::Value> outputOf;
};

} // namespace quantir

#endif // QUANTIR_LOWER_MAINLOWERING_H
