#ifndef QUANTIR_LOWER_FINGERPRINT_H
#define QUANTIR_LOWER_FINGERPRINT_H

#include "mlir/IR/Operation.h"
#include <map>
#include <vector>

namespace quantir {

/// The number that a constant is in every lane; null for every other op, and
/// for numbers of type index, which are part of the code.
mlir::Attribute numberOf(mlir::Operation *op);

/// What may be different from other code that is shared.
struct CodeParameter {
  mlir::Operation *op;
  mlir::Attribute value;
};

/// The code of regions without its parameters: equal for two lists of regions
/// exactly when one may take the other's place once it has the other's
/// parameters.
class Fingerprint {
public:
  /// \param parameterOf  the value of a parameter, of which counts where it
  ///                     stands, not what it is; null for other ops.
  Fingerprint(
      llvm::ArrayRef<mlir::Region *> regions,
      llvm::function_ref<mlir::Attribute(mlir::Operation *)> parameterOf)
      : parameterOf(parameterOf) {
    for (mlir::Region *region : regions)
      addRegion(*region);
  }

  /// Counts something else in.
  template <typename T> void add(T unique) {
    code.push_back(unique.getAsOpaquePointer());
  }

  std::vector<const void *> code;
  llvm::SmallVector<CodeParameter> parameters; ///< in order

private:
  void count(size_t number);
  void addRegion(mlir::Region &region);
  void addOperation(mlir::Operation &op);
  void define(mlir::Value value);

  llvm::function_ref<mlir::Attribute(mlir::Operation *)> parameterOf;
  /// Values and blocks in the order in which they appear.
  llvm::DenseMap<const void *, size_t> numbers;
};

/// Kernels by their code, in the order in which the first of each came.
template <typename Kernel> class KernelsByCode {
public:
  void add(Fingerprint print, Kernel kernel) {
    kernel.parameters = std::move(print.parameters);
    auto [entry, isNew] =
        numberOf.try_emplace(std::move(print.code), groups.size());
    if (isNew)
      groups.emplace_back();
    groups[entry->second].push_back(std::move(kernel));
  }

  /// Lists of kernels with the same code.
  const std::vector<llvm::SmallVector<Kernel>> &get() const { return groups; }

private:
  std::map<std::vector<const void *>, size_t> numberOf;
  std::vector<llvm::SmallVector<Kernel>> groups;
};

} // namespace quantir

#endif // QUANTIR_LOWER_FINGERPRINT_H
