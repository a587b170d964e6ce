#ifndef QUANTIR_LOWER_KERNELBODY_H
#define QUANTIR_LOWER_KERNELBODY_H

#include "Quantir/LaneKind.h"
#include "Quantir/QuantirOps.h"

namespace quantir {

/// The constant behind each tensor value of main that is one.
using KnownConstants = llvm::DenseMap<mlir::Value, mlir::DenseElementsAttr>;

/// The op that decides a kernel's loops: the first of its body that is not
/// elementwise, or null.
mlir::Operation *anchorOf(KernelOp kernel);

/// The softmax of a kernel that is an attention, or null: nothing else has a
/// product beside it.
SoftmaxOp attentionOf(KernelOp kernel);

/// The tensor of main that stands behind a body argument, or the value itself.
mlir::Value outerValue(KernelOp kernel, mlir::Value value);

/// The constant behind a body value, or null.
mlir::DenseElementsAttr constantOf(const KnownConstants &constants,
                                   KernelOp kernel, mlir::Value value);

/// The splat constant `value`, whose elements mean `element`, as lanes of a
/// builder that ElementwiseMath.h describes.
template <class B>
typename B::Value splatOf(B &b, mlir::DenseElementsAttr value,
                          mlir::Type element) {
  if (element.isF32())
    return b.f32(value.getSplatValue<float>());
  llvm::APInt bits = isShortFloat(element)
                         ? value.getSplatValue<llvm::APFloat>().bitcastToAPInt()
                         : value.getSplatValue<llvm::APInt>();
  if (element.isInteger(64))
    return b.i64(bits.getSExtValue());
  if (element.isInteger(1))
    return b.equalInt(b.i32(bits.isZero() ? 0 : 1), b.i32(1));
  return b.i32(int32_t(isZeroExtended(element) ? bits.getZExtValue()
                                               : bits.getSExtValue()));
}

} // namespace quantir

#endif // QUANTIR_LOWER_KERNELBODY_H
