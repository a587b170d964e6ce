#ifndef QUANTIR_LOWER_FINGERPRINT_H
#define QUANTIR_LOWER_FINGERPRINT_H

#include "mlir/IR/Operation.h"
#include <vector>

namespace quantir {

/// The number that a constant is in every lane; null for every other op, and
/// for numbers of type index, which are part of the code.
mlir::Attribute numberOf(mlir::Operation *op);

/// The code of a region without its parameters: equal for two regions exactly
/// when one may take the other's place once it has the other's parameters.
class Fingerprint {
public:
  /// \param isParameter  what may be different from other code that is shared;
  ///                     of it counts where it stands, not what it is.
  Fingerprint(mlir::Region &region,
              llvm::function_ref<bool(mlir::Operation *)> isParameter)
      : isParameter(isParameter) {
    addRegion(region);
  }

  /// Counts something else in.
  template <typename T> void add(T unique) {
    code.push_back(unique.getAsOpaquePointer());
  }

  std::vector<const void *> code;
  llvm::SmallVector<mlir::Operation *> parameters; ///< in order

private:
  void count(size_t number);
  void addRegion(mlir::Region &region);
  void addOperation(mlir::Operation &op);
  void define(mlir::Value value);

  llvm::function_ref<bool(mlir::Operation *)> isParameter;
  /// Values and blocks in the order in which they appear.
  llvm::DenseMap<const void *, size_t> numbers;
};

} // namespace quantir

#endif // QUANTIR_LOWER_FINGERPRINT_H
