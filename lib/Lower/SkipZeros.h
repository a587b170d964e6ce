#ifndef QUANTIR_LIB_LOWER_SKIPZEROS_H
#define QUANTIR_LIB_LOWER_SKIPZEROS_H

#include "Contraction.h"

#include "llvm/ADT/BitVector.h"

namespace quantir {

/// Which steps of a constant right operand have a weight that is not zero, for
/// each vector of columns. A step multiplies `depth` neighbouring elements of
/// k; steps count through all runs of a panel.
class StepMap {
public:
  StepMap(const ContractionShape &shape, int64_t lanes, int64_t depth,
          WeightBits weight);

  /// The steps of the panel of `vectors` vectors from `first` on that have to
  /// be done, rising.
  llvm::SmallVector<int64_t> used(int64_t right, int64_t first,
                                  int64_t vectors) const;

  int64_t stepsOfPanel() const { return steps; }
  /// Pairs of a step and a vector of columns, and those without a weight.
  int64_t blocks() const { return int64_t(isUsed.size()); }
  int64_t zeroBlocks() const { return blocks() - int64_t(isUsed.count()); }
  /// The share of weights that are zero.
  double zeroShare() const { return zeros; }
  /// True when of every four neighbours along k at least two are zero.
  bool hasTwoOfFour() const { return twoOfFour; }

private:
  int64_t steps, vectors;
  double zeros = 0;
  bool twoOfFour = true;
  llvm::BitVector isUsed; ///< [right][vector][step]
};

/// A packed right operand without the steps that have no weight, and the list
/// of those that stay.
struct SparseWeights {
  mlir::DenseElementsAttr packed;
  /// i32: what each step adds to the left operand's element offset.
  mlir::DenseElementsAttr leftOffsets;
  /// i32, for each panel of each right operand and one more: its first entry in
  /// `leftOffsets`.
  mlir::DenseElementsAttr firstSteps;
  /// i32, for each panel: the offset of its weights less that of as many steps
  /// as stand before its own.
  mlir::DenseElementsAttr bases;
};

SparseWeights packUsedSteps(const ContractionShape &shape, const TilePlan &plan,
                            const StepMap &map, mlir::Type storage,
                            WeightBits weight);

/// The plan for `op`'s weights: one that leaves zero steps out where the cost
/// model says that it pays, else `dense`. A remark says which, and why, when
/// many weights are zero.
TilePlan planSkipping(mlir::Operation *op, const ContractionShape &shape,
                      const TileCosts &costs, const StepMap &map,
                      const TilePlan &dense);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_SKIPZEROS_H
