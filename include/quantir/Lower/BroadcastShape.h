#ifndef QUANTIR_LOWER_BROADCASTSHAPE_H
#define QUANTIR_LOWER_BROADCASTSHAPE_H

#include "Quantir/QuantirOps.h"
#include "quantir/Lower/IndexCode.h"

namespace quantir {

/// True when an elementwise op reads this operand as a table, not by position.
bool isTable(mlir::OpOperand &operand);

/// The shape of a kernel's elementwise results as rows and columns, and where
/// an operand that broadcasts to it (as numpy does) lies for each.
class BroadcastShape {
public:
  explicit BroadcastShape(llvm::ArrayRef<int64_t> shape);

  /// Merges neighbouring dimensions that no operand of the kernel's ops tells
  /// apart, so that there are fewer, longer rows.
  void mergeDimensions(KernelOp kernel);

  int64_t rows() const;
  int64_t columns() const { return shape.back(); }

  /// `operand`'s sizes, aligned at the right with the dimensions of the result
  /// and merged as they are.
  llvm::SmallVector<int64_t> merged(llvm::ArrayRef<int64_t> operand) const;

  /// The same of what has one element for each index along `axis`, one of the
  /// unmerged dimensions.
  llvm::SmallVector<int64_t> mergedChannels(int64_t axis, int64_t count) const;

  /// True when each element of a row has its own of the operand; else all of
  /// them share one.
  bool hasColumns(llvm::ArrayRef<int64_t> merged) const {
    return merged.back() == shape.back();
  }

  /// Where the operand's row for the result's row number `row` begins, when its
  /// rows are `unit` apart.
  mlir::Value rowOffset(IndexCode &code, llvm::ArrayRef<int64_t> merged,
                        mlir::Value row, int64_t unit) const;

private:
  int64_t rank() const;

  llvm::SmallVector<int64_t> shape;
  /// For each dimension of `shape` how many of the original it stands for.
  llvm::SmallVector<int64_t> groups;
};

} // namespace quantir

#endif // QUANTIR_LOWER_BROADCASTSHAPE_H
