#ifndef QUANTIR_APPROXIMATE_ROWCERTIFICATE_H
#define QUANTIR_APPROXIMATE_ROWCERTIFICATE_H

#include "Quantir/QuantirOps.h"

namespace quantir {

/// What no result of a softmax on codes is further off than, in steps of the
/// result: found by trying all distances for `unnormalized`, proved for others
/// (see `RowCertificate`), whatever the codes. Where the exact value lies
/// outside of the result's codes, its error counts from the nearest of them.
double softmaxStepsOff(SoftmaxOp op);

} // namespace quantir

#endif // QUANTIR_APPROXIMATE_ROWCERTIFICATE_H
