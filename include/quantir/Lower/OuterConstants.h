#ifndef QUANTIR_LOWER_OUTERCONSTANTS_H
#define QUANTIR_LOWER_OUTERCONSTANTS_H

#include "mlir/IR/BuiltinOps.h"
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace quantir {

/// The constants that `quantir-lower-kernels{outer-constants}` left out of the
/// code, which is then to run in this process: their names, and where they are.
/// Most are read where the module's attributes hold them, so the context has
/// to live as long; only those behind which nothing may be read are copied.
class OuterConstants {
public:
  /// Before `quantir-lower-to-llvm`.
  explicit OuterConstants(mlir::ModuleOp module);

  const std::vector<std::pair<std::string, const void *>> &symbols() const {
    return found;
  }

private:
  const void *addressOf(mlir::DenseElementsAttr value);

  std::vector<std::pair<std::string, const void *>> found;
  std::vector<std::unique_ptr<char[]>> copies;
};

} // namespace quantir

#endif // QUANTIR_LOWER_OUTERCONSTANTS_H
