#ifndef QUANTIR_LIB_QUANTIZE_NODEFILTER_H
#define QUANTIR_LIB_QUANTIZE_NODEFILTER_H

#include "mlir/IR/Operation.h"
#include "llvm/Support/Regex.h"
#include <optional>

namespace quantir {

/// Which nodes the user wants quantized: regular expressions over the names of
/// the ONNX nodes behind an op.
class NodeFilter {
public:
  /// What is no regular expression is an error at `reportAt`.
  mlir::LogicalResult compile(llvm::ArrayRef<std::string> ignored,
                              llvm::ArrayRef<std::string> chosen,
                              mlir::Operation *reportAt);
  /// Why `op` stays in floating point, or nothing.
  std::optional<std::string> reasonAgainst(mlir::Operation *op);

private:
  std::vector<llvm::Regex> ignore, only;
};

} // namespace quantir

#endif // QUANTIR_LIB_QUANTIZE_NODEFILTER_H
