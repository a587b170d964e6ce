#ifndef QUANTIR_LIB_QUANTIZE_NEVERSLOWER_H
#define QUANTIR_LIB_QUANTIZE_NEVERSLOWER_H

#include "mlir/IR/Operation.h"
#include "quantir/Target/InnerTiles.h"
#include "quantir/Target/Processors.h"
#include "quantir/Target/Tuning.h"

namespace quantir {

/// The rule that a product is computed on codes only where that is not slower
/// than f32 on the target: by times of both that a tuning file has, else by a
/// model of cost.
class NeverSlower {
public:
  /// \param times   measured ones, or null.
  /// \param factor  how many times as fast f32 must be by the model.
  NeverSlower(const TargetSpec &target, const TunedTarget *times,
              double factor);

  /// Why `op` (role `computes`, f32, with constant weights) is to stay in
  /// floating point, with the figures; nothing when codes pay. Whether what it
  /// reads was made codes before decides what has to be converted.
  std::optional<std::string> reasonAgainst(mlir::Operation *op) const;

private:
  /// Nanoseconds in f32, and on codes with what they make necessary.
  struct Costs {
    double floats, codes;
  };
  std::optional<Costs> measured(mlir::Operation *op) const;
  std::optional<Costs> modelled(mlir::Operation *op) const;

  TargetSpec target;
  double factor;
  const Processor &processor;
  VectorUnit unit;
  const InnerTile &tile;
  bool hasBlocks;
  const TunedTarget *times;
};

} // namespace quantir

#endif // QUANTIR_LIB_QUANTIZE_NEVERSLOWER_H
