#ifndef QUANTIR_LIB_GPU_WORDLAYOUT_H
#define QUANTIR_LIB_GPU_WORDLAYOUT_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

namespace quantir {

/// How a tensor lies in a GPU's memory: words of 32 bits, little-endian; rows
/// (of the last dimension) begin at words. What lies behind a row that ends
/// within a word means nothing.
struct WordLayout {
  explicit WordLayout(mlir::Type tensor);

  int64_t rows, columns;
  int64_t bits; ///< of an element: 8, 16, 32 or 64

  int64_t wordsOfRow() const { return (columns * bits + 31) / 32; }
  int64_t words() const { return rows * wordsOfRow(); }
  /// True when no bits lie between the elements of neighbouring rows.
  bool isDense() const { return columns * bits % 32 == 0; }
};

/// The elements of `value` in that layout; gaps are 0.
llvm::SmallVector<int32_t> wordsOf(mlir::DenseElementsAttr value,
                                   mlir::Type tensor);

} // namespace quantir

#endif // QUANTIR_LIB_GPU_WORDLAYOUT_H
