#ifndef QUANTIR_LIB_LOWER_CONTRACTIONTILE_H
#define QUANTIR_LIB_LOWER_CONTRACTIONTILE_H

#include "PackLeft.h"
#include <array>

namespace quantir {

/// Where a tile of rows and columns begins.
struct TileOrigin {
  mlir::Value left;    ///< element offset of the first row
  mlir::Value packed;  ///< element offset of the panel
  mlir::Value initial; ///< offset of the panel's first start value
  mlir::Value row, column;
  /// Elements from one packed step to the next; null: those of the tile.
  mlir::Value stepSize = {};
  mlir::Value firstStep = {},
              lastStep = {}; ///< of the panel's list, when the plan skips
};

/// Vectors of a panel, and the lanes of the last that are columns.
struct TileWidth {
  int64_t vectors, lastLanes;
};

/// Emits the sums of one tile of a contraction and hands them to `finish`.
class ContractionTile {
public:
  using Finish =
      llvm::function_ref<void(mlir::Value, mlir::Value, mlir::Value, int64_t)>;

  ContractionTile(KernelFunction &kernel, InnerTileCode &code,
                  const ContractionShape &shape, const TilePlan &plan,
                  const ContractionData &data, int64_t epilogueCost,
                  Finish finish)
      : kernel(kernel), code(code), shape(shape), plan(plan), data(data),
        epilogueCost(epilogueCost), finish(finish), b(kernel.builder()) {}

  /// Only the steps [low, high) of each run, and not all.
  void limitSteps(mlir::Value low, mlir::Value high) {
    stepLow = low;
    stepHigh = high;
  }

  /// The rows of the tiles to come, for a plan that packs them.
  void setPacked(PackedLeft *packed) { packedLeft = packed; }

  void emit(const TileOrigin &origin, int64_t rows, TileWidth width);

private:
  using Values = llvm::SmallVector<mlir::Value>;
  /// Gets where a run begins on the left and in the packed right side, and the
  /// sums before it; returns those after.
  using EmitRun =
      llvm::function_ref<Values(mlir::Value, mlir::Value, mlir::ValueRange)>;

  void emitBlocks(const TileOrigin &origin, int64_t blocks, TileWidth width);
  void emitRest(TileOrigin origin, int64_t rows, TileWidth width);
  Values emitRuns(const TileOrigin &origin, int64_t vectors,
                  mlir::ValueRange start, EmitRun emit);
  Values emitSums(const TileOrigin &origin, int64_t rows, int64_t vectors,
                  llvm::ArrayRef<mlir::Value> initial);
  Values emitPackedSums(const TileOrigin &origin, int64_t rows, int64_t vectors,
                        llvm::ArrayRef<mlir::Value> initial);
  mlir::Value stepOffset(const TileOrigin &origin, mlir::Value steps,
                         int64_t vectors);
  Values loadWeights(mlir::Value packed, int64_t vectors);
  std::array<Values, 2> loadTwoSteps(mlir::Value packed, int64_t vectors);
  Values loadLines(mlir::Value packed, mlir::Value next, int64_t vectors);
  Values emitLines(const TileOrigin &origin, mlir::Value run,
                   mlir::Value packed, int64_t rows, int64_t vectors,
                   mlir::ValueRange before);
  Values emitStep(mlir::Value left, llvm::ArrayRef<mlir::Value> weights,
                  int64_t rows, int64_t vectors, mlir::ValueRange before,
                  std::optional<int64_t> present = {});
  Values emitListedSteps(const TileOrigin &origin, int64_t rows,
                         int64_t vectors, mlir::ValueRange start);
  /// So many vectors of columns the epilogue takes at once, of `left`.
  int64_t vectorsAtOnce(int64_t left) const;
  mlir::Value joined(llvm::ArrayRef<mlir::Value> vectors);
  void finishFromMemory(const TileOrigin &origin,
                        llvm::ArrayRef<mlir::Value> sums, int64_t rows,
                        TileWidth width);
  void finishBuffer(const TileOrigin &origin, mlir::Value buffer, int64_t rows,
                    TileWidth width, mlir::Value initial);

  KernelFunction &kernel;
  InnerTileCode &code;
  const ContractionShape &shape;
  const TilePlan &plan;
  const ContractionData &data;
  int64_t epilogueCost;
  Finish finish;
  mlir::ImplicitLocOpBuilder &b;
  /// The steps of a run, all of them when null.
  mlir::Value stepLow, stepHigh;
  PackedLeft *packedLeft = nullptr;
};

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_CONTRACTIONTILE_H
