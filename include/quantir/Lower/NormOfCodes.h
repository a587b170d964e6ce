#ifndef QUANTIR_LOWER_NORMOFCODES_H
#define QUANTIR_LOWER_NORMOFCODES_H

#include "Quantir/RowMath.h"
#include "quantir/Lower/KernelBody.h"

namespace quantir {

/// The constants of a layer_norm or rms_norm on codes; failure, with a
/// diagnostic, when its scale or bias is computed.
mlir::FailureOr<NormCodes> normCodesOf(const KnownConstants &constants,
                                       KernelOp kernel, mlir::Operation *norm,
                                       float epsilon);

} // namespace quantir

#endif // QUANTIR_LOWER_NORMOFCODES_H
