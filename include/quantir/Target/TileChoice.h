#ifndef QUANTIR_TARGET_TILECHOICE_H
#define QUANTIR_TARGET_TILECHOICE_H

#include "quantir/Target/InnerTiles.h"
#include <optional>

namespace quantir {

/// Everything about a matrix product or convolution that decides how fast a
/// tile of it runs; the name under which choices of tiles are kept.
struct ContractionKey {
  std::string tile; ///< a row of InnerTiles, or "f32"
  int64_t batches = 1, rights = 1;
  int64_t lines = 1, rows = 1; ///< groups of rows, and rows of each
  int64_t stride = 1;          ///< elements between rows of the left operand
  int64_t outer = 1, inner = 1, run = 1; ///< the depth: runs of neighbours
  int64_t columns = 1;

  /// `u8s8_vpdpbusd_512 batches=1 rights=1 lines=56 rows=56 stride=64
  /// depth=3x1x192 columns=64`.
  std::string text() const;
  static std::optional<ContractionKey> parse(llvm::StringRef text);
  bool operator==(const ContractionKey &) const = default;
};

/// A cut of a contraction's result: tiles of `rows` rows by `vectors` vectors
/// of columns, panels of columns outside and tiles of rows inside, or the
/// other way round.
struct TileChoice {
  int64_t rows = 1, vectors = 1;
  bool rowsOutside = false;

  /// `6x4`, or `6x4 rows outside`.
  std::string text() const;
  static std::optional<TileChoice> parse(llvm::StringRef text);
  bool operator==(const TileChoice &) const = default;
};

/// The widest panel and the tallest tile there are.
constexpr int64_t kMostVectors = 8, kMostRows = 24;

/// Whether tiles pack their rows beside one another, so that one register of
/// the left side serves several. Here and below `tile` is null for f32.
bool packsLeft(const VectorUnit &unit, const InnerTile *tile);

/// Accumulators behind each vector of columns.
int64_t partsOf(const InnerTile *tile);

/// Rows that a register of a packed left side serves, and such registers of a
/// step for `rows` rows.
int64_t rowsOfRegister(const InnerTile *tile);
int64_t leftRegisters(const InnerTile *tile, int64_t rows);

/// Registers that a step of a tile keeps, sums and operands, for `sums` sums of
/// each; and those that are there for them. `packed` is whether the tile packs
/// its rows.
int64_t registersNeeded(const TileChoice &choice, const InnerTile *tile,
                        bool packed, int64_t sums = 1);
int64_t registersFree(const VectorUnit &unit, const InnerTile *tile,
                      bool packed);

/// Why `choice` cannot be had for `key` on `spec`: "needs 53 registers of 31".
std::optional<std::string> reasonAgainst(const ContractionKey &key,
                                         const TileChoice &choice,
                                         const TargetSpec &spec);

} // namespace quantir

#endif // QUANTIR_TARGET_TILECHOICE_H
