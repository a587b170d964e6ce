#ifndef QUANTIR_LIB_GPU_PRODUCTCODES_H
#define QUANTIR_LIB_GPU_PRODUCTCODES_H

#include "Product.h"

namespace quantir {

/// The right operand of a product of codes, as words of four neighbours of a
/// column: [rights][taps][words of a tap][columns of all tiles], so that
/// neighbouring invocations read neighbouring words; weights beyond the depth
/// are 0.
struct PackedRight {
  mlir::Value words;  ///< a buffer of main
  mlir::Value starts; ///< what is added to each column's sum, or null
  bool hasBias;       ///< whether `starts` has the bias
  /// No column's weights, as magnitudes, add up to more.
  int64_t largestSum;
};

inline int64_t wordsOfTap(const ProductSource &source) {
  return llvm::divideCeil(source.depth, 4);
}

/// Left codes are multiplied as signed bytes: unsigned ones less 128. This is
/// their zero point then.
int64_t signedZeroPoint(const ProductSource &source);

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
llvm::SmallVector<DotForm> dotForms(const ProductSource &source,
                                    int64_t largestSum);

/// The sums of a tile while words are multiplied.
class DotSums {
public:
  /// \param rows, quads  of the tile.
  DotSums(GpuKernel &code, DotForm form, int64_t rows, int64_t quads);

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
  /// Byte `i` of each word as f32.
  mlir::Value byteAsFloat(mlir::Value words, int64_t i);

  GpuKernel &code;
  mlir::ImplicitLocOpBuilder &b;
  DotForm form;
  int64_t rows, quads;
};

/// Words whose products are exact in f32 whatever they hold: 128 * 128 * 1024
/// is 2^24.
constexpr int64_t kExactWords = 256;

/// Whether f32 is exact for all of such a column.
inline bool isExactInFloat(int64_t largestSum) {
  return 128 * largestSum <= int64_t(1) << 24;
}

} // namespace quantir

#endif // QUANTIR_LIB_GPU_PRODUCTCODES_H
