#ifndef QUANTIR_IMPORT_NODELOCATION_H
#define QUANTIR_IMPORT_NODELOCATION_H

#include "mlir/IR/Location.h"

#include <string>

namespace quantir {

/// Location of the ONNX node `name`, the `index`-th of the graph in
/// `modelPath`. An unnamed node is called `<opType>#<index>`, so no node is
/// ever anonymous.
mlir::Location nodeLocation(mlir::MLIRContext *context,
                            llvm::StringRef modelPath, llvm::StringRef name,
                            llvm::StringRef opType, unsigned index);

/// Location of the tensor, input or output `name` of the model.
mlir::Location tensorLocation(mlir::MLIRContext *context,
                              llvm::StringRef modelPath, llvm::StringRef name);

/// The names of the nodes and tensors behind a location, each once, joined by
/// " + "; empty when there is none.
std::string nodesBehind(mlir::Location location);

/// The first file that a location names; empty when there is none.
std::string fileBehind(mlir::Location location);

} // namespace quantir

#endif // QUANTIR_IMPORT_NODELOCATION_H
