#ifndef QUANTIR_LIB_GPU_PRODUCTCODES_H
#define QUANTIR_LIB_GPU_PRODUCTCODES_H

#include "Product.h"

namespace quantir {

/// The right operand of a product of codes, as words of four neighbours of a
/// column: [rights][blocks][taps][words of a tap][columns of a block's tiles],
/// so that neighbouring invocations read neighbouring words; weights beyond the
/// depth are 0.
struct PackedRight {
  mlir::Value words;  ///< a buffer of main
  mlir::Value starts; ///< what is added to each column's sum, or null
  bool hasBias;       ///< whether `starts` has the bias
  /// No column's weights, as magnitudes, add up to more.
  int64_t largestSum;
  /// Tiles of a block: all of a row's, unless these are more than a device
  /// binds.
  int64_t tilesOfBlock;
};

inline int64_t wordsOfTap(const ProductSource &source) {
  return llvm::divideCeil(source.depth, 4);
}

/// How the bytes of left codes are multiplied with those of the right, which
/// are signed: as signed ones too or, on GPUs whose dot products are of both
/// kinds, as unsigned ones. Codes that are not have their top bits flipped.
struct LeftBytes {
  /// \param codes  the element type.
  LeftBytes(const GpuTarget &target, mlir::Type codes);

  bool areUnsigned;
  bool flips;        ///< codes are of the other kind
  int64_t zeroPoint; ///< of the bytes

  /// Words of codes as these bytes: one word, or a vector of them.
  mlir::Value of(GpuKernel &code, mlir::Value words) const;

  int64_t largest() const { return areUnsigned ? 255 : 128; } ///< magnitude

  /// So many words give sums that f32 holds exactly whatever they are: each
  /// has four products of at most 128 * `largest()`, and f32 has 24 bits.
  int64_t exactWords() const { return areUnsigned ? 128 : 256; }
  /// Whether it holds all sums of such a column.
  bool areExactInFloat(int64_t largestSum) const {
    return largest() * largestSum <= int64_t(1) << 24;
  }
};

/// The right operand for tiles of `grid`: of a constant at once, else by a
/// dispatch.
PackedRight packRight(GpuLowering &lowering, const ProductSource &source,
                      const ProductGrid &grid);

PackedRight packAtRunTime(GpuLowering &lowering, const ProductSource &source,
                          const ProductGrid &grid);

/// How the products of packed words are summed up.
enum class DotForm {
  Accumulate, ///< one instruction multiplies four and adds them
  Add,        ///< one multiplies four, one adds
  Float       ///< converted to f32, exact in chunks
};

/// The forms whose result is exact for such weights, the best first.
llvm::SmallVector<DotForm> dotForms(const LeftBytes &left, int64_t largestSum);

/// The sums of a tile while words are multiplied.
class DotSums {
public:
  /// \param rows, quads  of the tile.
  DotSums(GpuKernel &code, DotForm form, const LeftBytes &left, int64_t rows,
          int64_t quads);

  llvm::SmallVector<mlir::Value> zeros();
  /// \param left   a word of each row.
  /// \param right  for each quad of columns a vector of a word of each.
  llvm::SmallVector<mlir::Value> add(llvm::ArrayRef<mlir::Value> left,
                                     llvm::ArrayRef<mlir::Value> right,
                                     mlir::ValueRange sums);
  /// As vectors of 4 columns of i32, row after row.
  llvm::SmallVector<mlir::Value> asQuads(mlir::ValueRange sums);

private:
  llvm::SmallVector<mlir::Value> addDots(llvm::ArrayRef<mlir::Value> left,
                                         llvm::ArrayRef<mlir::Value> right,
                                         mlir::ValueRange sums);
  llvm::SmallVector<mlir::Value> addFloats(llvm::ArrayRef<mlir::Value> left,
                                           llvm::ArrayRef<mlir::Value> right,
                                           mlir::ValueRange sums);
  /// Four products of bytes, and what they are added to.
  mlir::Value addDot(mlir::Value row, mlir::Value column, mlir::Value sum);
  /// Byte `i` of each word as f32.
  mlir::Value byteAsFloat(mlir::Value words, int64_t i, bool isUnsigned);

  GpuKernel &code;
  mlir::ImplicitLocOpBuilder &b;
  DotForm form;
  bool isMixed; ///< left bytes are unsigned
  int64_t rows, quads;
};

} // namespace quantir

#endif // QUANTIR_LIB_GPU_PRODUCTCODES_H
