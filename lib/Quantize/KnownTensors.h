#ifndef QUANTIR_LIB_QUANTIZE_KNOWNTENSORS_H
#define QUANTIR_LIB_QUANTIZE_KNOWNTENSORS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "quantir/Quantize/ActivationChannels.h"
#include "quantir/Quantize/ActivationScales.h"
#include "llvm/ADT/DenseMap.h"

namespace quantir {

/// What calibration says of one tensor.
struct KnownTensor {
  std::optional<ActivationScale> scale;
  std::optional<ActivationChannels> channels;
};

/// What it says of all tensors of a function, for passes that change them
/// before quantization: read at the beginning, recorded at the end under the
/// names that follow from the new structure.
struct KnownTensors {
  static mlir::FailureOr<KnownTensors> read(mlir::ModuleOp module,
                                            mlir::func::FuncOp func);
  void record(mlir::ModuleOp module, mlir::func::FuncOp func);

  llvm::DenseMap<mlir::Value, KnownTensor> of;
};

} // namespace quantir

#endif // QUANTIR_LIB_QUANTIZE_KNOWNTENSORS_H
