#ifndef QUANTIR_LIB_LOWER_PACKLEFT_H
#define QUANTIR_LIB_LOWER_PACKLEFT_H

#include "Contraction.h"

namespace quantir {

/// The rows of one tile, packed beside one another: of each step what all rows
/// bring to it, `[step][register][16 bytes]`. A register holds the words of
/// four rows, or eight codes of two; where rows are missing, the last one
/// stands again. Signed codes are flipped and short floats widened here, once
/// for all panels.
class PackedLeft {
public:
  /// \param left   the operand as the kernel sees it, with slack.
  /// \param tiles  how many tiles of the kernel may run at once.
  PackedLeft(KernelFunction &kernel, const InnerTile *tile,
             const ContractionShape &shape, const TilePlan &plan,
             mlir::Value left, int64_t tiles);

  /// Packs `rows` rows from element `first` on: all steps, or the steps
  /// [low, high) of a shape that has one run.
  void pack(mlir::Value first, int64_t rows, mlir::Value low = {},
            mlir::Value high = {});

  /// The registers of one step.
  llvm::SmallVector<mlir::Value> load(mlir::Value step, int64_t rows);

private:
  using Values = llvm::SmallVector<mlir::Value>;

  bool isMatrix() const { return tile && tile->kind == DotKind::Matrix; }
  bool isBf16() const { return tile && tile->numbers == TileNumbers::Bf16; }
  mlir::Type element(); ///< of the buffer
  /// Steps for which 16 bytes of a row last.
  int64_t stepsOfLoad() const { return isMatrix() ? 2 : 4; }
  /// Elements of the buffer that a register holds.
  int64_t registerSize() { return 128 / element().getIntOrFloatBitWidth(); }
  int64_t stepSize(int64_t rows);
  mlir::Value loadRow(mlir::Value at);
  Values transposed(mlir::ArrayRef<mlir::Value> rows);
  Values stored(mlir::Value words, bool isWhole);
  void packSteps(mlir::Value from, mlir::Value step, int64_t rows,
                 int64_t count, bool lastIsWhole);

  KernelFunction &kernel;
  const InnerTile *tile;
  const ContractionShape &shape;
  const TilePlan &plan;
  mlir::Value left, buffer, base;
  mlir::ImplicitLocOpBuilder &b;
};

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_PACKLEFT_H
