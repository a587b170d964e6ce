#ifndef QUANTIR_LIB_QUANTIZE_PLAN_H
#define QUANTIR_LIB_QUANTIZE_PLAN_H

#include "Quantir/QuantirOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace quantir {

/// A value whose range quantization asks for, and its name in statistics files.
struct ObservedValue {
  mlir::Value value;
  std::string name;
};

/// The value whose elements `value` holds in the same or another order.
mlir::Value originOf(mlir::Value value);

/// The ONNX node behind `location`, or nothing.
std::optional<llvm::StringRef> nodeName(mlir::Location location);

/// Why `op` (role `computes`, f32) cannot be computed on codes, whatever the
/// calibration says; nothing when it can.
std::optional<std::string> reasonToStayFloat(mlir::Operation *op);

/// Every f32 op with role `computes`, in program order.
llvm::SmallVector<mlir::Operation *> computingOps(mlir::func::FuncOp func);

/// All activations that quantization may read, each once, in program order,
/// with unique names that depend on node names and structure only: what weights
/// multiply as it is, of the rest the origins. With `everything` all other f32
/// values that are computed, and the f32 arguments, come behind them.
llvm::SmallVector<ObservedValue> observedValues(mlir::func::FuncOp func,
                                                bool everything = false);

} // namespace quantir

#endif // QUANTIR_LIB_QUANTIZE_PLAN_H
