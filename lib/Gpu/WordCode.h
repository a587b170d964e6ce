#ifndef QUANTIR_LIB_GPU_WORDCODE_H
#define QUANTIR_LIB_GPU_WORDCODE_H

#include "GpuLanes.h"
#include "quantir/Lower/ArithBuilder.h"

namespace quantir {

/// Arithmetic on words of 32 bits, signed and unsigned, and on pairs of them.
class WordCode : public ArithBuilder<mlir::Value> {
public:
  using ArithBuilder::ArithBuilder;

  /// Unsigned.
  Value less(Value x, Value y) {
    return compare(mlir::arith::CmpIPredicate::ult, x, y);
  }
  Value minInt(Value x, Value y) { return emit<mlir::arith::MinSIOp>(x, y); }
  Value maxInt(Value x, Value y) { return emit<mlir::arith::MaxSIOp>(x, y); }
  /// Zeros come in.
  Value shiftDown(Value x, int bits) { return shiftDownBy(x, like(x, bits)); }
  Value shiftDownBy(Value x, Value bits) {
    return emit<mlir::arith::ShRUIOp>(x, bits);
  }
  /// What a shift up by `bits` in [0, 32) pushes out, at the bottom of a word,
  /// and what a shift down does, at the top.
  Value spillUp(Value x, Value bits) {
    return shiftDownBy(shiftDown(x, 1), xorBits(bits, i32(31)));
  }
  Value spillDown(Value x, Value bits) {
    return shiftLeftBy(shiftLeft(x, 1), xorBits(bits, i32(31)));
  }
  /// 1 or 0 of an i1; all bits or none.
  Value asWord(Value truth) {
    return convert<mlir::arith::ExtUIOp>(b.getI32Type(), truth);
  }
  Value asMask(Value truth) {
    return convert<mlir::arith::ExtSIOp>(b.getI32Type(), truth);
  }
  /// `x` where `truth` holds, else 0.
  Value keepIf(Value truth, Value x) { return select(truth, x, i32(0)); }
  Value isNegative(Value x) { return greaterInt(i32(0), x); }
  Value isZero(Value x) { return equalInt(x, i32(0)); }
  /// The number of the highest bit that is set; -1 of 0.
  Value highestBit(Value x);
  /// The upper half of a product, signed.
  Value mulHigh(Value x, Value y);

  //===-- Pairs: i64 lanes, the lower word first ----------------------------===

  GpuLanes wide(int64_t value);
  GpuLanes extend(Value word);
  GpuLanes product(Value x, Value y); ///< of unsigned words
  GpuLanes addWide(GpuLanes x, GpuLanes y);
  GpuLanes subWide(GpuLanes x, GpuLanes y);
  GpuLanes mulWide(GpuLanes x, GpuLanes y);
  /// x ^ mask - mask: the negative where the mask is -1.
  GpuLanes negateIf(Value mask, GpuLanes x);
  Value lessWide(GpuLanes x, GpuLanes y); ///< unsigned
  Value greaterWide(GpuLanes x, GpuLanes y);
  Value equalWide(GpuLanes x, GpuLanes y);
  GpuLanes selectWide(Value condition, GpuLanes x, GpuLanes y);
  /// By the same number of bits in each lane, in [0, 64).
  GpuLanes shiftLeftWide(GpuLanes x, int bits);
  GpuLanes shiftRightWide(GpuLanes x, int bits); ///< copies the sign
  /// By words in [0, 64).
  GpuLanes shiftLeftWide(GpuLanes x, Value bits);
  GpuLanes shiftRightWide(GpuLanes x, Value bits); ///< copies the sign
  /// A word: 64 of 0.
  Value leadingZerosWide(GpuLanes x);
  /// Towards zero; `y` is not 0.
  GpuLanes divideWide(GpuLanes x, GpuLanes y);
};

} // namespace quantir

#endif // QUANTIR_LIB_GPU_WORDCODE_H
