#ifndef QUANTIR_LIB_QUANTIZE_MOVEDEXTENTS_H
#define QUANTIR_LIB_QUANTIZE_MOVEDEXTENTS_H

#include "Quantir/QuantirOps.h"
#include "quantir/Quantize/Extents.h"

/// What values may hold once keys are centred, for integer-only code, which
/// relies on what calibration saw of every value.
namespace quantir {

using MovedExtents = llvm::SmallVector<std::pair<mlir::Value, Extent>>;

/// The extents of the scores that `product` yields, and of what is made of them
/// up to the softmax, when each row has been shifted so that zero lies among
/// its scores: none is then larger than the extent is wide. Empty where no
/// extents are known at all; nothing where they do not tell.
std::optional<MovedExtents> extentsOfShiftedScores(MatmulOp product);

/// Notes `extent` at every value from `keys` up to `first` that has one.
void setExtentOfKeys(mlir::Value keys, mlir::Value first, Extent extent);

} // namespace quantir

#endif // QUANTIR_LIB_QUANTIZE_MOVEDEXTENTS_H
