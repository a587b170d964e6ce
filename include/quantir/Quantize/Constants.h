#ifndef QUANTIR_QUANTIZE_CONSTANTS_H
#define QUANTIR_QUANTIZE_CONSTANTS_H

#include "Quantir/QuantirOps.h"

namespace quantir {

/// A constant in f32; `values` are rounded to it.
mlir::Value floatConstant(mlir::OpBuilder &builder, mlir::Location location,
                          llvm::ArrayRef<int64_t> shape,
                          llvm::ArrayRef<double> values);

/// A constant of the codes in `raw`, in row-major order; `type` holds
/// quantized elements.
mlir::Value codesConstant(mlir::OpBuilder &builder, mlir::Location location,
                          mlir::RankedTensorType type,
                          llvm::ArrayRef<char> raw);

/// The bytes of `codes`.
template <typename T>
llvm::ArrayRef<char> rawBytes(const std::vector<T> &codes) {
  return {reinterpret_cast<const char *>(codes.data()),
          codes.size() * sizeof(T)};
}

} // namespace quantir

#endif // QUANTIR_QUANTIZE_CONSTANTS_H
