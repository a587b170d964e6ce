#ifndef QUANTIR_LIB_GPU_GPUBUILDER_H
#define QUANTIR_LIB_GPU_GPUBUILDER_H

#include "ExactFloats.h"
#include "GpuKernel.h"
#include "quantir/Lower/PlacedBuilder.h"

namespace quantir {

class QuadEvaluator;
struct QuadPosition;

/// The builder of ElementwiseMath.h that emits the code of a GPU's invocation:
/// the twin of the interpreter's.
///
/// The device rounds sums, products and conversions to nearest even (what does
/// not is refused when a model is loaded); fused multiply-adds, quotients and
/// roots are the device's own where it says that they are exact, else computed.
class GpuBuilder : public PlacedBuilder<GpuLanes, QuadEvaluator, QuadPosition> {
public:
  /// \param lanes  1 or 4.
  GpuBuilder(GpuKernel &kernel, int64_t lanes);

  Value i64(int64_t v) { return words.wide(v); }

  Value fmaF32(Value x, Value y, Value z);
  Value divF32(Value x, Value y);
  Value divideF32(Value x, float y);
  Value sqrtF32(Value x);
  // The sign alone, also of what a device takes for 0.
  Value negF32(Value x) {
    return asF32(xorBits(asI32(x), i32(std::numeric_limits<int32_t>::min())));
  }
  Value absF32(Value x) {
    return asF32(andBits(asI32(x), i32(std::numeric_limits<int32_t>::max())));
  }
  Value floorF32(Value x) { return emit<mlir::math::FloorOp>(x); }
  Value ceilF32(Value x) { return emit<mlir::math::CeilOp>(x); }
  Value roundF32(Value x) { return emit<mlir::math::RoundEvenOp>(x); }

  static bool isI64(Value x) { return bool(x.high); }
  Value addInt(Value x, Value y) {
    return isI64(x) ? words.addWide(x, y) : ArithBuilder::addInt(x, y);
  }
  Value subInt(Value x, Value y) {
    return isI64(x) ? words.subWide(x, y) : ArithBuilder::subInt(x, y);
  }
  Value mulInt(Value x, Value y) {
    return isI64(x) ? words.mulWide(x, y) : ArithBuilder::mulInt(x, y);
  }
  Value mulHigh(Value x, Value y) { return words.mulHigh(x, y); }
  Value divInt(Value x, Value y) {
    return isI64(x) ? words.divideWide(x, y) : ArithBuilder::divInt(x, y);
  }
  Value greaterInt(Value x, Value y) {
    return isI64(x) ? Value(words.greaterWide(x, y))
                    : ArithBuilder::greaterInt(x, y);
  }
  Value equalInt(Value x, Value y) {
    return isI64(x) ? Value(words.equalWide(x, y))
                    : ArithBuilder::equalInt(x, y);
  }
  Value shiftLeft(Value x, int bits) {
    return isI64(x) ? words.shiftLeftWide(x, bits)
                    : ArithBuilder::shiftLeft(x, bits);
  }
  Value shiftRight(Value x, int bits) {
    return isI64(x) ? words.shiftRightWide(x, bits)
                    : ArithBuilder::shiftRight(x, bits);
  }
  Value shiftLeftBy(Value x, Value bits) {
    return isI64(x) ? words.shiftLeftWide(x, bits.bits)
                    : ArithBuilder::shiftLeftBy(x, bits);
  }
  Value shiftRightBy(Value x, Value bits) {
    return isI64(x) ? words.shiftRightWide(x, bits.bits)
                    : ArithBuilder::shiftRightBy(x, bits);
  }
  Value leadingZeros(Value x) {
    return {words.leadingZerosWide(x), words.i32(0)};
  }
  Value andBits(Value x, Value y);
  Value orBits(Value x, Value y);
  Value notBits(Value x);
  Value select(Value condition, Value x, Value y) {
    return isI64(x) ? words.selectWide(condition, x, y)
                    : ArithBuilder::select(condition, x, y);
  }

  Value i64ToF32(Value x) { return roundToFloat(words, x); }
  Value roundToI32(Value x) { return f32ToI32(roundF32(x)); }
  Value roundToCode(Value x, int32_t zeroPoint, int32_t low, int32_t high);
  Value f32ToI64(Value x);
  Value i32ToI64(Value x) { return words.extend(x); }
  Value i64ToI32(Value x) { return x.bits; }

  Value f32ToBf16(Value x);
  Value f32ToF16(Value x);
  Value f16ToF32(Value bits);

  Value entry(llvm::ArrayRef<int32_t> values, Value index);
  Value lookup(unsigned operand, Value index);
  Value lookupI32(unsigned operand, int64_t first, int64_t size, Value index);

private:
  using Compute = llvm::function_ref<mlir::Value(WordCode &, mlir::ValueRange)>;
  /// A call of `name`: the device's own `native` where it is exact, else
  /// `compute`.
  Value exactly(llvm::StringRef name, quantir_gpu_constant constant,
                llvm::ArrayRef<mlir::Value> operands, Compute native,
                Compute compute);
  Value gather(mlir::Value table, mlir::Type element, Value index);

  GpuKernel &kernel;
  int64_t lanes;
  WordCode words;
};

} // namespace quantir

#endif // QUANTIR_LIB_GPU_GPUBUILDER_H
