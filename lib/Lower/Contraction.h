#ifndef QUANTIR_LIB_LOWER_CONTRACTION_H
#define QUANTIR_LIB_LOWER_CONTRACTION_H

#include "InnerTileCode.h"
#include "quantir/Lower/PackedOrder.h"
#include "quantir/Target/Processors.h"
#include "quantir/Target/TileChoice.h"
#include "llvm/Support/MathExtras.h"

namespace quantir {

/// A loop around a matrix product, with what one turn adds to the element
/// offsets of both operands and to the row and column of the result.
struct BatchLoop {
  int64_t count;
  int64_t left, right, row, column;
};

/// A matrix product or direct convolution, without its data: rows of the left
/// operand come in groups (output lines), and each row is a nest of runs of
/// consecutive elements (filter lines).
struct ContractionShape {
  llvm::SmallVector<BatchLoop> batch;
  int64_t groups = 1, groupStride = 0;
  int64_t rows = 1, rowStride = 0; ///< of one group
  int64_t outerRuns = 1, outerStride = 0;
  int64_t innerRuns = 1, innerStride = 0;
  int64_t runLength = 1;
  int64_t columns = 1;
  /// Right operands, one after another, that `BatchLoop::right` counts.
  int64_t rights = 1;

  /// What choices of tiles call this.
  ContractionKey key(const InnerTile *tile) const;
  int64_t batches() const;
  double products() const; ///< of one run of the kernel
};

/// The bits of one element of a constant right operand: (right, column, outer,
/// inner, k).
using WeightBits =
    llvm::function_ref<uint64_t(int64_t, int64_t, int64_t, int64_t, int64_t)>;

/// Where a constant right operand has the element (right, column, outer, inner,
/// k).
struct WeightPlaces {
  int64_t right = 0, column = 0, outer = 0, inner = 0, k = 0; ///< strides

  int64_t operator()(int64_t rightAt, int64_t columnAt, int64_t outerAt,
                     int64_t innerAt, int64_t kAt) const {
    return rightAt * right + columnAt * column + outerAt * outer +
           innerAt * inner + kAt * k;
  }
};

class StepMap;

/// How a constant right operand is packed where that is not for one tile alone:
/// all levels of an artifact that can read it have it once.
struct Packing {
  int64_t pitch;      ///< columns of a panel
  int64_t grain;      ///< of which those of the last panel are a multiple
  int64_t depth;      ///< elements of a column that lie together: a step's
  int64_t wholeSteps; ///< of which a run has a multiple

  /// `64x16x4x1`.
  std::string text() const;
  static std::optional<Packing> parse(llvm::StringRef text);
  /// Whether tiles of `columns` columns, of vectors of `lanes`, can read it.
  bool fits(int64_t columns, int64_t lanes) const {
    return pitch % columns == 0 && grain % lanes == 0;
  }
  /// Whether steps of `tile`, null for f32, can.
  bool suits(const InnerTile *tile) const;
};

/// How the result is cut: panels of `vectors` vectors of columns, tiles of
/// `rows` rows.
struct TilePlan {
  int64_t lanes, depth;
  int64_t vectors, rows;
  int64_t columns;
  /// Whether the loop over tiles of rows is outside that over panels.
  bool rowsOutside = false;
  /// Steps of one turn of the loop over a list of steps, each with sums of its
  /// own, so that few rows do not wait for the latency of theirs.
  int64_t unroll = 1;
  bool skips = false; ///< the panels have lists of the steps to do
  /// A tile packs its rows beside one another, before the panels.
  bool packsLeft = false;
  /// Packed runs have a multiple of so many steps, the last of them zero.
  int64_t wholeSteps = 1;
  /// As in `Packing`; 0: a packed panel is a tile's.
  int64_t pitch = 0, grain = 0;
  int64_t packedDepth = 0; ///< 0: that of a step
  /// Rows of a block, of which a tile has one or two; 0: a tile is of vectors.
  int64_t blockRows = 0;
  double cost = 0;  ///< cycles of one batch, by the model
  double share = 1; ///< of the products that are left to do

  int64_t totalVectors() const { return llvm::divideCeil(columns, lanes); }
  /// Panels whose every lane is a column; the rest, if any, is one tail panel.
  int64_t fullPanels() const { return columns / (vectors * lanes); }
  int64_t tailVectors() const {
    return totalVectors() - fullPanels() * vectors;
  }
  /// Lanes of the tail panel's last vector that are columns.
  int64_t tailLanes() const { return columns - (totalVectors() - 1) * lanes; }
  int64_t panels() const { return fullPanels() + (tailVectors() ? 1 : 0); }
  int64_t packedPitch() const { return pitch ? pitch : vectors * lanes; }
  int64_t packedColumns() const {
    return llvm::alignTo(columns, grain ? grain : lanes);
  }
  /// Columns of the packed panel where that of a tile at `column` lies.
  int64_t packedColumnsAt(int64_t column) const {
    int64_t first = column / packedPitch() * packedPitch();
    return std::min(packedPitch(), packedColumns() - first);
  }
  int64_t depthOfPacked() const { return packedDepth ? packedDepth : depth; }
  Packing packing() const {
    return {packedPitch(), grain ? grain : lanes, depthOfPacked(), wholeSteps};
  }
  void read(const Packing &packing);
  /// Steps of a packed run, its length rounded up.
  int64_t packedSteps(const ContractionShape &shape) const;
  /// Steps that a tile makes of them.
  int64_t steps(const ContractionShape &shape) const;
  /// Elements of packed weights of one right operand.
  int64_t packedSize(const ContractionShape &shape) const;
  /// Elements of a packed panel of full width.
  int64_t panelSize(const ContractionShape &shape) const;
};

/// What becomes of rows that do not fill a tile: one of their own height, or
/// one that begins earlier.
enum class RowTail { IsLower, Overlaps };

/// What cuts are judged by.
struct TileCosts {
  const Processor &processor;
  const VectorUnit &unit;
  const InnerTile *tile;               ///< null for f32
  std::optional<Packing> packing = {}; ///< that has to be read
};

/// The cheapest cut, by the instructions of the inner loop and the bytes that
/// come from farther caches. With `map` only the steps that it knows as used
/// count.
TilePlan planTiles(const ContractionShape &shape, const TileCosts &costs,
                   const StepMap *map = nullptr,
                   RowTail tail = RowTail::IsLower);

/// The cut that `choice` says, which can be had.
TilePlan planAs(const TileChoice &choice, const ContractionShape &shape,
                const TileCosts &costs);

/// The order of a packed right operand's elements, for all right operands.
PackedOrder packedOrder(const ContractionShape &shape, const TilePlan &plan,
                        const WeightPlaces &places);

/// The data of a contraction inside its kernel.
struct ContractionData {
  mlir::Value left;    ///< padded input or rows, with slack
  mlir::Value packed;  ///< packed right operand
  mlir::Value initial; ///< i32 start of each column's sum (null for f32)
  /// The lists of a plan that skips; see SparseWeights.
  mlir::Value leftOffsets = {}, firstSteps = {}, bases = {};
  /// The row of the table for a plan in blocks.
  const InnerTile *blockTile = nullptr;
};

/// Emits the loops of this tile of `kernel`, and returns how many tiles to
/// launch. `finish(sums, row, column, valid)` is called with each vector of
/// sums, the linear row, the column of its first lane and the number of lanes
/// inside the result.
/// \param epilogueCost  instructions `finish` emits for one vector, about.
int64_t emitContraction(
    KernelFunction &kernel, InnerTileCode &code, const ContractionShape &shape,
    const TilePlan &plan, const ContractionData &data, int64_t epilogueCost,
    llvm::function_ref<void(mlir::Value, mlir::Value, mlir::Value, int64_t)>
        finish);

/// Part of one matrix product: `rows` rows (at least `TilePlan::rows`) whose
/// number is known at run time, of some panels and some steps of the depth.
struct ContractionBlock {
  mlir::Value left;    ///< element offset of the first row
  mlir::Value packed;  ///< of the right operand's first panel
  mlir::Value initial; ///< of its first start value, if any
  mlir::Value rows;    ///< how many
  mlir::Value panelLow, panelHigh;
  mlir::Value stepLow, stepHigh;
};

/// Emits the loops of one block; `finish` counts rows from its first one, and
/// is called more than once for some.
/// \param tiles  how many tiles of the kernel may run at once.
void emitContractionBlock(
    KernelFunction &kernel, InnerTileCode &code, const ContractionShape &shape,
    const TilePlan &plan, const ContractionData &data,
    const ContractionBlock &block, int64_t tiles, int64_t epilogueCost,
    llvm::function_ref<void(mlir::Value, mlir::Value, mlir::Value, int64_t)>
        finish);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_CONTRACTION_H
