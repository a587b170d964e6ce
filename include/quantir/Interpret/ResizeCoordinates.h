#ifndef QUANTIR_INTERPRET_RESIZECOORDINATES_H
#define QUANTIR_INTERPRET_RESIZECOORDINATES_H

#include "Quantir/QuantirOps.h"

namespace quantir {

/// The two neighbours that a linear resize weighs: a + weight * (b - a).
struct Neighbours {
  int64_t low, high;
  float weight;
};

/// For each output coordinate along an axis (0 height, 1 width), the input
/// coordinate that a nearest resize reads.
llvm::SmallVector<int64_t> nearestCoordinates(ResizeOp op, int axis);

/// For each output coordinate along an axis, the neighbours of a linear resize.
llvm::SmallVector<Neighbours> linearCoordinates(ResizeOp op, int axis);

} // namespace quantir

#endif // QUANTIR_INTERPRET_RESIZECOORDINATES_H
