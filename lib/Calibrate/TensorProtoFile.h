#ifndef QUANTIR_LIB_CALIBRATE_TENSORPROTOFILE_H
#define QUANTIR_LIB_CALIBRATE_TENSORPROTOFILE_H

#include "quantir/Calibrate/ArrayInfo.h"
#include "llvm/Support/Error.h"

namespace quantir {

/// Reads a file that holds one ONNX TensorProto, as ONNX's test data do. Its
/// name may be empty. Data outside of the file are refused.
llvm::Expected<ArrayData> readTensorProtoFile(llvm::StringRef path);

} // namespace quantir

#endif // QUANTIR_LIB_CALIBRATE_TENSORPROTOFILE_H
