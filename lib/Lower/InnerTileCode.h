#ifndef QUANTIR_LIB_LOWER_INNERTILECODE_H
#define QUANTIR_LIB_LOWER_INNERTILECODE_H

#include "KernelFunction.h"

namespace quantir {

/// Emits the steps of one inner tile: of a row of the table, or f32 by f32 with
/// fused multiply-add. The left side is broadcast, the right side is packed
/// `[step][column][depth]`.
class InnerTileCode {
public:
  /// \param tile the row of the table, or null for f32.
  InnerTileCode(KernelFunction &kernel, const InnerTile *tile);

  const InnerTile *row() const { return tile; }
  /// Elements of k that a step consumes.
  int64_t depth() const { return tile ? tile->depth : 1; }
  /// Columns of the vectors that `finish` returns.
  int64_t lanes() const;
  /// Accumulators behind each such vector.
  int64_t parts() const { return tile ? tile->parts() : 1; }
  mlir::Type storage(); ///< of the right side
  /// The sums are exact, of codes, and have start values.
  bool sumsCodes() const { return tile && tile->numbers == TileNumbers::Codes; }
  mlir::VectorType resultType();

  /// `parts()` accumulators that start at `initial` (null: at zero).
  llvm::SmallVector<mlir::Value> start(mlir::Value initial);

  /// `depth()` elements at `offset`, in every lane; zeros behind the first
  /// `present` when those are given.
  mlir::Value loadLeft(mlir::Value buffer, mlir::Value offset,
                       std::optional<int64_t> present = {});
  /// A left side of ones, as the step multiplies it.
  mlir::Value ones();
  /// The right side of one vector of columns, `parts()` values.
  llvm::SmallVector<mlir::Value> loadRight(mlir::Value buffer,
                                           mlir::Value offset);
  /// The same of two steps whose words of a column lie together.
  std::pair<mlir::Value, mlir::Value> loadWords(mlir::Value buffer,
                                                mlir::Value offset);
  /// The same of a step of sixteen codes whose first and last eight lie at
  /// `first` and `last`; null: zeros.
  llvm::SmallVector<mlir::Value> loadLines(mlir::Value buffer,
                                           mlir::Value first, mlir::Value last);
  mlir::Value step(mlir::Value accumulator, mlir::Value left,
                   mlir::Value right);

  /// The sums of `rows` rows, which `PackedLeft` packs, by as many vectors as
  /// `initial` has: a row after the other, or two beside each other.
  llvm::SmallVector<mlir::Value>
  startPacked(int64_t rows, llvm::ArrayRef<mlir::Value> initial);
  /// Adds one step's products.
  /// \param left   what `PackedLeft::load` gives.
  /// \param right  of each vector of columns what `loadRight` gives.
  void stepPacked(llvm::MutableArrayRef<mlir::Value> sums,
                  llvm::ArrayRef<mlir::Value> left,
                  llvm::ArrayRef<mlir::Value> right, int64_t rows);
  /// A vector for each row and vector of columns.
  llvm::SmallVector<mlir::Value> finishPacked(llvm::ArrayRef<mlir::Value> sums,
                                              int64_t rows, int64_t vectors);

  /// Adds 4 * `lanes()` neighbouring u8 codes to the lanes of a sum.
  mlir::Value addCodes(mlir::Value sum, mlir::Value buffer, mlir::Value offset);

  /// One vector of `lanes()` sums; `initial` as given to `start`.
  mlir::Value finish(mlir::ValueRange accumulators, mlir::Value initial);

  /// acc + a * b, rounded once.
  mlir::Value fma(mlir::Value a, mlir::Value b, mlir::Value acc);

private:
  mlir::Value loadPair(mlir::Value buffer, mlir::Value offset, bool isWhole);
  mlir::Value pairs(mlir::Value words);
  mlir::Value byLane(mlir::Value registerOfRows, int64_t row);
  void stepBf16(llvm::MutableArrayRef<mlir::Value> sums,
                llvm::ArrayRef<mlir::Value> left,
                llvm::ArrayRef<mlir::Value> right, int64_t rows);
  mlir::Value longProducts(mlir::Value sum, mlir::Value left,
                           mlir::Value right);
  mlir::Value flipped(mlir::Value codes);
  bool isMatrix() const { return tile && tile->kind == DotKind::Matrix; }
  mlir::Value firstOfPair(mlir::Value words);
  mlir::Value secondOfPair(mlir::Value words);
  mlir::Value fmaOfShort(mlir::Value sum, mlir::Value left, mlir::Value right);
  mlir::Value widened(mlir::Value bytes, bool isSigned);
  mlir::Value splat(int64_t value, mlir::VectorType type);

  KernelFunction &kernel;
  const InnerTile *tile;
  mlir::ImplicitLocOpBuilder &b;
};

/// acc + a * b rounded once, on vectors of f32, also where the processor has no
/// such instruction.
mlir::Value emitFma(mlir::ImplicitLocOpBuilder &b, const VectorUnit &unit,
                    mlir::Value a, mlir::Value x, mlir::Value acc);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_INNERTILECODE_H
