#ifndef QUANTIR_LIB_IMPORT_TENSORDATA_H
#define QUANTIR_LIB_IMPORT_TENSORDATA_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"
#include "quantir/Import/ImportOnnx.h"

namespace onnx {
class TensorProto;
} // namespace onnx

namespace quantir {

/// The element type that stands for ONNX's `dataType`: f64, f16 and bf16 become
/// f32. Null when there is none.
mlir::Type importElementType(mlir::MLIRContext *context, int dataType);

/// ONNX's name of a data type, for messages.
llvm::StringRef dataTypeName(int dataType);

/// True for the types that `importElementType` narrows or widens to f32.
bool becomesF32(int dataType);

/// The number of elements, or failure when a dimension is negative or the
/// tensor has more than `limits.tensorBytes` bytes.
mlir::FailureOr<int64_t> countElements(llvm::ArrayRef<int64_t> shape,
                                       unsigned elementBytes,
                                       const ImportLimits &limits);

/// Reads a tensor in any of ONNX's encodings: raw bytes, typed fields, a file
/// beside the model.
/// \param raw  the raw bytes where the tensor itself does not have them.
mlir::FailureOr<mlir::DenseElementsAttr>
readTensor(const onnx::TensorProto &tensor, mlir::Location location,
           llvm::StringRef modelPath, const ImportLimits &limits,
           llvm::StringRef raw = {});

} // namespace quantir

#endif // QUANTIR_LIB_IMPORT_TENSORDATA_H
