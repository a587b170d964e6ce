#ifndef QUANTIR_LIB_APPROXIMATE_SOFTMAXFORMS_H
#define QUANTIR_LIB_APPROXIMATE_SOFTMAXFORMS_H

#include "quantir/Approximate/Softmax.h"

namespace quantir::approximate {

using SoftmaxPointer = std::unique_ptr<SoftmaxArithmetic>;

SoftmaxPointer makeIBertSoftmax(const SoftmaxRows &rows);
SoftmaxPointer makeShiftmax(const SoftmaxRows &rows);
SoftmaxPointer makeLogSoftmax(const SoftmaxRows &rows, bool isLine);
SoftmaxPointer makeLiteRTSoftmax(const SoftmaxRows &rows);
SoftmaxPointer makeLiteRT16Softmax(const SoftmaxRows &rows);
SoftmaxPointer makeIndexSoftmax(const SoftmaxRows &rows);
SoftmaxPointer makeXNNPACKSoftmax(const SoftmaxRows &rows);

} // namespace quantir::approximate

#endif // QUANTIR_LIB_APPROXIMATE_SOFTMAXFORMS_H
