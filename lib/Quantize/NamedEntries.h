#ifndef QUANTIR_LIB_QUANTIZE_NAMEDENTRIES_H
#define QUANTIR_LIB_QUANTIZE_NAMEDENTRIES_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace quantir {

/// Adds to `entries` those of the module attribute `attribute`, a dictionary
/// that may be missing. One that `read` does not take is an error at the
/// module, which says what it `needs`.
template <typename T>
llvm::LogicalResult
readNamedEntries(mlir::ModuleOp module, llvm::StringRef attribute,
                 llvm::StringRef needs,
                 llvm::function_ref<std::optional<T>(mlir::Attribute)> read,
                 llvm::StringMap<T> &entries) {
  mlir::Attribute found = module->getAttr(attribute);
  if (!found)
    return mlir::success();
  auto dictionary = mlir::dyn_cast<mlir::DictionaryAttr>(found);
  if (!dictionary)
    return module.emitError("'") << attribute << "' is not a dictionary";
  for (mlir::NamedAttribute entry : dictionary) {
    std::optional<T> value = read(entry.getValue());
    if (!value)
      return module.emitError("'")
             << attribute << "' has no " << needs << " for '"
             << entry.getName().getValue() << "'";
    entries.insert_or_assign(entry.getName().getValue(), std::move(*value));
  }
  return mlir::success();
}

/// `array<f64: low, high>`, finite and rising.
inline std::optional<std::pair<double, double>>
readFiniteRange(mlir::Attribute attribute) {
  auto bounds = mlir::dyn_cast_or_null<mlir::DenseF64ArrayAttr>(attribute);
  if (!bounds || bounds.size() != 2 || !(bounds[0] <= bounds[1]) ||
      !std::isfinite(bounds[0]) || !std::isfinite(bounds[1]))
    return std::nullopt;
  return std::pair(bounds[0], bounds[1]);
}
constexpr llvm::StringLiteral kFiniteRangeForm =
    "array<f64: low, high>, finite and rising,";

} // namespace quantir

#endif // QUANTIR_LIB_QUANTIZE_NAMEDENTRIES_H
