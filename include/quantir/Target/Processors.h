#ifndef QUANTIR_TARGET_PROCESSORS_H
#define QUANTIR_TARGET_PROCESSORS_H

#include "quantir/Target/TargetSpec.h"
#include "llvm/ADT/ArrayRef.h"

namespace quantir {

/// How fast one inner tile runs: the name of its row in InnerTiles, or `f32`
/// (`f32_without_fma` where that is several instructions), and steps of a whole
/// register that a core starts in a cycle.
struct TileRate {
  llvm::StringLiteral tile;
  double steps;
};

/// What a core does in a cycle and keeps near. Choices between programs that
/// compute the same go by it; no result depends on it.
struct Processor {
  llvm::StringLiteral name; ///< LLVM's; empty for all that have no row
  /// Bytes that a core has of the first, the second and, as its share, the
  /// third level.
  int64_t firstCache, secondCache, thirdCache;
  /// Bytes in a cycle from the second and third level.
  double secondBandwidth, thirdBandwidth;
  double gigahertz; ///< under vector code
  double loads;     ///< registers loaded in a cycle from the first level
  double latency;   ///< cycles until a product's sum can be added to again
  llvm::ArrayRef<TileRate> rates;
  /// What else LLVM's code should heed, as `--mattr` says it.
  llvm::StringLiteral tuning = "";

  /// Steps of a tile in a cycle: as measured, else those of most processors.
  double stepsPerCycle(llvm::StringRef tile) const;
};

/// Work is cut for threads by what it takes on an ordinary core, so that all
/// processors get the same pieces: products of codes, in blocks of rows and
/// not, and of floats in a nanosecond, and the nanoseconds that make a piece
/// worth handing over.
constexpr double kBlockProducts = 1000, kCodeProducts = 150,
                 kFloatProducts = 40, kWorthSharing = 2000;

/// The table.
llvm::ArrayRef<Processor> processors();

/// The row of `spec`'s processor, or that of all others.
const Processor &processorOf(const TargetSpec &spec);

} // namespace quantir

#endif // QUANTIR_TARGET_PROCESSORS_H
