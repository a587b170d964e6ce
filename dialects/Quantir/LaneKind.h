#ifndef QUANTIR_LANEKIND_H
#define QUANTIR_LANEKIND_H

#include "Quantir/QuantirTypes.h"

namespace quantir {

/// What a lane of ElementwiseMath.h holds. Integers of 8 bits and codes live in
/// i32 lanes, extended as `isZeroExtended` says; so do the bits of short
/// floats.
enum class LaneKind { f32, i32, i64, i1 };

inline LaneKind getLaneKind(mlir::Type element) {
  if (element.isF32())
    return LaneKind::f32;
  if (element.isInteger(1))
    return LaneKind::i1;
  return element.isInteger(64) ? LaneKind::i64 : LaneKind::i32;
}

/// True for ui8 and for codes with unsigned storage: a byte 255 is 255, not -1.
inline bool isZeroExtended(mlir::Type element) {
  if (auto codes = llvm::dyn_cast<mlir::quant::QuantizedType>(element))
    return !codes.isSigned();
  return element.isUnsignedInteger();
}

} // namespace quantir

#endif // QUANTIR_LANEKIND_H
