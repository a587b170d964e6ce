#ifndef QUANTIR_LIB_APPROXIMATE_WIDECODES_H
#define QUANTIR_LIB_APPROXIMATE_WIDECODES_H

#include "Quantir/QuantirOps.h"
#include "quantir/Quantize/Extents.h"

namespace quantir {

inline mlir::RankedTensorType tensorOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}

/// The codes that stand for f32 values of a function, converted as readers need
/// them; every conversion is made once.
class WideCodes {
public:
  explicit WideCodes(mlir::OpBuilder &builder) : builder(builder) {}

  /// From now on `codes` stand for `real`.
  void define(mlir::Value real, mlir::Value codes) { codesFor[real] = codes; }
  /// The codes that stand for `real`, of any type; null when it is computed in
  /// floating point.
  mlir::Value known(mlir::Value real) const { return codesFor.lookup(real); }

  /// What `real` may hold: calibration, else what its op and operands tell;
  /// nothing when that is unknown.
  std::optional<Extent> extent(mlir::Value real);

  /// The type of the codes that the result of an op gets: that of the 8-bit
  /// codes that all its readers quantize it to, else 16 bits. Null when its
  /// extent is unknown.
  mlir::quant::QuantizedType resultType(mlir::Value real);
  /// 16 bits in any case.
  mlir::quant::QuantizedType wideTypeOf(mlir::Value real);

  /// Codes of a tensor-wide scale that have 8 or 16 bits, or 16; null when the
  /// extent of `real` is unknown.
  mlir::Value narrow(mlir::Value real);
  mlir::Value wide(mlir::Value real);
  /// The same, but 31 bits of a constant: what a product can take.
  mlir::Value factor(mlir::Value real);
  /// Codes of `type`; never null.
  mlir::Value as(mlir::Value real, mlir::quant::QuantizedType type);
  /// The numbers again.
  mlir::Value real(mlir::Value real);

private:
  std::optional<Extent> extentByMeaning(mlir::Value real);
  std::optional<Extent> extentBeforeSoftmax(mlir::Value real);
  mlir::Value rescaled(mlir::Value codes, mlir::quant::QuantizedType type);

  mlir::OpBuilder &builder;
  llvm::DenseMap<mlir::Value, mlir::Value> codesFor, reals;
  llvm::DenseMap<std::pair<mlir::Value, mlir::Type>, mlir::Value> converted;
};

} // namespace quantir

#endif // QUANTIR_LIB_APPROXIMATE_WIDECODES_H
