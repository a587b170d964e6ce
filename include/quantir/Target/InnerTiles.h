#ifndef QUANTIR_TARGET_INNERTILES_H
#define QUANTIR_TARGET_INNERTILES_H

#include "quantir/Target/TargetSpec.h"
#include "llvm/ADT/ArrayRef.h"

namespace quantir {

/// How one step multiplies 8-bit codes and adds the products to 32-bit lanes.
enum class DotKind {
  Dot,           ///< one instruction: acc + sum of four u8 * s8 a lane
  MaddUbsMaddWd, ///< 16-bit pair sums that must not saturate, then 32-bit ones
  WidenMaddWd,   ///< both sides widened to 16 bits; a lane holds half a column
  PartialReduce  ///< target independent
};

/// One way to compute a tile of a product of u8 codes by s8 codes with exact
/// 32-bit sums. The table of them is the only place that knows instructions.
struct InnerTile {
  llvm::StringLiteral name;
  /// What the processor must have, all of it.
  llvm::ArrayRef<llvm::StringLiteral> features;
  DotKind kind;
  /// The LLVM intrinsic of the step, where there is one.
  llvm::StringLiteral intrinsic;
  /// 32-bit lanes of an accumulator register.
  unsigned lanes;
  /// Output columns that one accumulator register sums.
  unsigned columns;
  /// Elements of the depth that one step consumes for each column.
  unsigned depth;
  /// Vector registers of the processor, and those a step needs beside
  /// accumulators and weights.
  unsigned registers, temporaries;
  /// Only right when no pair of products can leave 16 bits: for every column,
  /// 255 * (|w[2k]| + |w[2k+1]|) <= 32767.
  bool needsNoSaturation;

  /// The intrinsic of a `Dot` row on vectors of `bits` bits, at most those of
  /// its accumulator.
  std::string intrinsicOfWidth(unsigned bits) const;
};

/// The table, best first.
llvm::ArrayRef<InnerTile> innerTiles();

/// The best tile that `spec` can run; `cannotSaturate` says that the weights
/// admit the rows that need it. There always is one.
const InnerTile &selectInnerTile(const TargetSpec &spec, bool cannotSaturate);

/// The vector unit as floating-point and element-wise code sees it.
struct VectorUnit {
  unsigned lanes;     ///< 32-bit lanes of a register
  unsigned registers; ///< how many
  bool fma;           ///< fused multiply-add in hardware
};

VectorUnit vectorUnit(const TargetSpec &spec);

} // namespace quantir

#endif // QUANTIR_TARGET_INNERTILES_H
