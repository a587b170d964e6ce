#ifndef QUANTIR_TARGET_INNERTILES_H
#define QUANTIR_TARGET_INNERTILES_H

#include "quantir/Target/ProcessorNeeds.h"

namespace quantir {

/// What a tile multiplies: left by right into the sums.
enum class TileNumbers {
  Codes, ///< u8 by s8 into i32, exact
  Bf16,  ///< bf16 by bf16 into f32, in pairs, the second of each first
  F16    ///< f32 by f16 into f32
};

/// How one step multiplies and adds the products to 32-bit lanes.
enum class DotKind {
  Dot,       ///< one instruction: acc + sum of all products of a lane
  DotByLane, ///< the same, of a word that the instruction takes from a lane;
             ///< of bf16 two, for the second and the first of each pair
  Matrix,    ///< two rows by two columns, eight products for each sum
  MaddUbsMaddWd, ///< 16-bit pair sums that must not saturate, then 32-bit ones
  WidenMaddWd,   ///< both sides widened to 16 bits; a lane holds half a column
  LongPairs,     ///< 16-bit sums of two products, then 32-bit ones; a register
                 ///< holds a quarter of a column in each lane
  Long,          ///< the same of single products
  PartialReduce, ///< target independent
  WidenFma,      ///< short floats widened to f32, then fused multiply-add
  Block          ///< registers of 16 rows: a whole block of sums a step
};

/// What a row asks of the weights, which must be known to be so.
enum class WeightNeeds {
  Nothing,
  /// No pair of products leaves 16 bits: for every column,
  /// 255 * (|w[2k]| + |w[2k+1]|) <= 32767.
  SmallPairs,
  NoLowest ///< none is -128
};

/// What is known of weights.
struct WeightFacts {
  bool smallPairs = false, noLowest = false;

  bool admit(WeightNeeds needs) const {
    return needs == WeightNeeds::Nothing ||
           (needs == WeightNeeds::SmallPairs ? smallPairs : noLowest);
  }
};

/// One way to compute a tile of a product. All rows for the same numbers give
/// the same sums. The table of them is the only place that knows instructions.
struct InnerTile {
  llvm::StringLiteral name;
  TileNumbers numbers;
  ProcessorNeeds processor;
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
  WeightNeeds needs = WeightNeeds::Nothing;
  /// The left side's codes are multiplied as signed numbers, less 128.
  bool signedLeft = false;
  /// The rows of a tile are packed beside one another before its steps, since
  /// a register of the left side serves several of them.
  bool packsLeft = false;

  /// Bytes of an element of the left side in memory.
  int64_t leftBytes() const {
    return numbers == TileNumbers::Codes  ? 1
           : numbers == TileNumbers::Bf16 ? 2
                                          : 4;
  }
  /// Accumulators behind a vector of `lanes` columns.
  int64_t parts() const { return lanes / columns; }
  /// What is taken from each left element before it is multiplied.
  int64_t leftOffset() const { return signedLeft ? 128 : 0; }

  /// The intrinsic of a `Dot` row on vectors of `bits` bits, at most those of
  /// its accumulator.
  std::string intrinsicOfWidth(unsigned bits) const;
};

/// The table, best first.
llvm::ArrayRef<InnerTile> innerTiles();

/// The best tile for `numbers` that `spec` can run with weights of which
/// `facts` are known; `severalRows` is whether the product has more than one
/// row. There always is one.
const InnerTile &selectInnerTile(const TargetSpec &spec, TileNumbers numbers,
                                 WeightFacts facts = {},
                                 bool severalRows = true);

/// The tile of kind `Block` that `spec` can run, or null. Its sums are those of
/// the other rows; it serves products of many rows.
const InnerTile *selectBlockTile(const TargetSpec &spec);

/// The vector unit as floating-point and element-wise code sees it.
struct VectorUnit {
  unsigned lanes;     ///< 32-bit lanes of a register
  unsigned registers; ///< how many
  bool fma;           ///< fused multiply-add in hardware
  /// An instruction multiplies by one lane of a register, so that tiles pack
  /// their rows beside one another.
  bool byLane = false;
};

VectorUnit vectorUnit(const TargetSpec &spec);

} // namespace quantir

#endif // QUANTIR_TARGET_INNERTILES_H
