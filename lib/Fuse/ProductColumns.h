#ifndef QUANTIR_FUSE_PRODUCTCOLUMNS_H
#define QUANTIR_FUSE_PRODUCTCOLUMNS_H

#include "Quantir/QuantirOps.h"

namespace quantir {

/// Neighbouring columns of a product: elements of its last dimension.
struct Columns {
  int64_t first, count;
  int64_t end() const { return first + count; }
  bool operator==(const Columns &other) const {
    return first == other.first && count == other.count;
  }
};

/// True for codes with a scale for each channel.
bool isPerAxis(mlir::Value value);

/// True when the elements of a constant can be cut.
bool canSlice(mlir::Value constant);

/// True when a matrix product or convolution of one group has weights, and a
/// bias if any, that can be cut.
bool canSliceColumns(mlir::Operation *product);

/// The product of the columns `range` of the weights, in front of `product`.
mlir::Value sliceProduct(mlir::Operation *product, Columns range);

/// True when an elementwise op computes each channel of the dimension `axis`
/// from that channel alone; requantizations with one shift for all channels
/// are asked once more (`keepsMultipliers`).
bool keepsMeaningByColumns(mlir::Operation *op, int64_t axis);

/// True unless `op` rounds its multipliers otherwise when it has those of
/// `range` alone.
bool keepsMultipliers(mlir::Operation *op, Columns range);

/// `op` on `columns`, the columns `range` of a product that has `width`.
mlir::Value sliceElementwise(mlir::OpBuilder &builder, mlir::Operation *op,
                             mlir::Value columns, Columns range, int64_t width);

} // namespace quantir

#endif // QUANTIR_FUSE_PRODUCTCOLUMNS_H
