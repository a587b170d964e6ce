#include "GpuBuilder.h"

#include "QuadEvaluator.h"
#include "Quantir/FloatMath.h"
#include "Quantir/ShortFloatMath.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"

using namespace mlir;
using namespace quantir;

static Type lanesOfWords(GpuKernel &kernel, int64_t lanes) {
  Type word = kernel.builder().getI32Type();
  return lanes == 1 ? word : VectorType::get({lanes}, word);
}

GpuBuilder::GpuBuilder(GpuKernel &kernel, int64_t lanes)
    : PlacedBuilder(kernel.builder(), lanesOfWords(kernel, lanes)),
      kernel(kernel), lanes(lanes),
      words(kernel.builder(), lanesOfWords(kernel, lanes)) {}

GpuLanes GpuBuilder::exactly(StringRef name, quantir_gpu_constant constant,
                             ArrayRef<mlir::Value> operands, Compute native,
                             Compute compute) {
  Type type = operands[0].getType();
  auto define = [&](ImplicitLocOpBuilder &body, ValueRange arguments) {
    WordCode code(body, type);
    auto branch = scf::IfOp::create(body, type, kernel.isExact(constant),
                                    /*withElseRegion=*/true);
    auto fill = [&](Block *block, Compute emit) {
      OpBuilder::InsertionGuard guard(body);
      body.setInsertionPointToStart(block);
      scf::YieldOp::create(body, emit(code, arguments));
    };
    fill(branch.thenBlock(), native);
    fill(branch.elseBlock(), compute);
    return branch.getResult(0);
  };
  return kernel.call((name + Twine(lanes)).str(), type, operands, define);
}

GpuLanes GpuBuilder::fmaF32(Value x, Value y, Value z) {
  return exactly(
      "fma", QUANTIR_GPU_EXACT_FMA, {x, y, z},
      [&](WordCode &, ValueRange v) -> mlir::Value {
        return math::FmaOp::create(b, v[0], v[1], v[2]);
      },
      [](WordCode &w, ValueRange v) {
        return computeFma(w, v[0], v[1], v[2]);
      });
}

GpuLanes GpuBuilder::divF32(Value x, Value y) {
  return exactly(
      "divide", QUANTIR_GPU_EXACT_DIVISION, {x, y},
      [](WordCode &w, ValueRange v) { return w.divF32(v[0], v[1]); },
      [](WordCode &w, ValueRange v) { return computeQuotient(w, v[0], v[1]); });
}

GpuLanes GpuBuilder::sqrtF32(Value x) {
  return exactly(
      "root", QUANTIR_GPU_EXACT_ROOT, {x},
      [](WordCode &w, ValueRange v) { return w.sqrtF32(v[0]); },
      [](WordCode &w, ValueRange v) { return computeRoot(w, v[0]); });
}

/// With an exact multiply-add as VectorBuilder does it, by the reciprocal.
GpuLanes GpuBuilder::divideF32(Value x, float y) {
  auto byReciprocal = [&](WordCode &w, ValueRange v) -> mlir::Value {
    mlir::Value quotient = w.mulF32(v[0], v[2]);
    mlir::Value negated = w.asF32(
        w.xorBits(w.asI32(v[1]), w.i32(std::numeric_limits<int32_t>::min())));
    mlir::Value rest = math::FmaOp::create(b, quotient, negated, v[0]);
    return math::FmaOp::create(b, rest, v[2], quotient);
  };
  return exactly("divide_by", QUANTIR_GPU_EXACT_FMA, {x, f32(y), f32(1.0f / y)},
                 byReciprocal, [&](WordCode &, ValueRange v) -> mlir::Value {
                   return divF32(v[0], v[1]);
                 });
}

GpuLanes GpuBuilder::andBits(Value x, Value y) {
  mlir::Value low = words.andBits(x, y);
  return {low, isI64(x) ? words.andBits(x.high, y.high) : mlir::Value()};
}
GpuLanes GpuBuilder::orBits(Value x, Value y) {
  mlir::Value low = words.orBits(x, y);
  return {low, isI64(x) ? words.orBits(x.high, y.high) : mlir::Value()};
}
GpuLanes GpuBuilder::notBits(Value x) {
  mlir::Value low = words.notBits(x);
  return {low, isI64(x) ? words.notBits(x.high) : mlir::Value()};
}

GpuLanes GpuBuilder::f32ToI64(Value x) {
  mlir::Value bits = words.asI32(x);
  mlir::Value exponent =
      words.andBits(words.shiftDown(bits, 23), words.i32(255));
  mlir::Value mantissa = words.orBits(words.andBits(bits, words.i32(0x7fffff)),
                                      words.i32(0x800000));
  mlir::Value up = words.subInt(exponent, words.i32(150));
  mlir::Value down = words.subInt(words.i32(0), up);
  auto inRange = [&](mlir::Value places, int32_t most) {
    return words.minInt(words.maxInt(places, words.i32(0)), words.i32(most));
  };
  mantissa = words.shiftDownBy(mantissa, inRange(down, 31));
  GpuLanes size =
      words.shiftLeftWide({mantissa, words.i32(0)}, inRange(up, 63));
  return words.negateIf(words.shiftRight(bits, 31), size);
}

/// True of sums and codes that are scaled, which is never NaN.
static bool isScaledInteger(mlir::Value x) {
  auto product = x.getDefiningOp<arith::MulFOp>();
  return product && product.getLhs().getDefiningOp<arith::SIToFPOp>();
}

/// What a device's own maximum and minimum leave open, NaN and the sign of
/// zero, is decided by comparisons, or does not matter.
GpuLanes GpuBuilder::roundToCode(Value x, int32_t zeroPoint, int32_t low,
                                 int32_t high) {
  Value least = f32(float(low - zeroPoint)),
        most = f32(float(high - zeroPoint));
  Value limited;
  if (isScaledInteger(x.bits))
    limited = mlir::Value(spirv::GLFClampOp::create(b, x.bits.getType(), x.bits,
                                                    least.bits, most.bits));
  else
    limited =
        floatmath::minimum(*this, floatmath::maximum(*this, x, least), most);
  Value whole = roundToI32(limited);
  return zeroPoint ? addInt(whole, i32(zeroPoint)) : whole;
}

GpuLanes GpuBuilder::f32ToBf16(Value x) { return roundToBf16(*this, x); }
GpuLanes GpuBuilder::f32ToF16(Value x) { return roundToF16(*this, x); }

/// As widenF16, but subnormal numbers are converted from integers: a device may
/// take their bits for 0.
GpuLanes GpuBuilder::f16ToF32(Value bits) {
  Value digits = andBits(bits, i32(0x7fff));
  Value normal = addInt(shiftLeft(digits, 13), i32(112 << 23));
  Value small = asI32(mulF32(i32ToF32(digits), f32(0x1p-24f)));
  Value infinite = orBits(shiftLeft(digits, 13), i32(0x7f800000));
  Value result = select(greaterInt(i32(0x400), digits), small, normal);
  result = select(greaterInt(digits, i32(0x7bff)), infinite, result);
  Value sign = shiftLeft(andBits(bits, i32(0x8000)), 16);
  return asF32(orBits(result, sign));
}

/// Elements `index` of a row of `element` that begins with the table.
GpuLanes GpuBuilder::gather(mlir::Value table, Type element, Value index) {
  auto load = [&](mlir::Value at) {
    return loadElement(kernel, table, element, kernel.index(0),
                       kernel.asIndex(at));
  };
  if (lanes == 1)
    return load(index);
  SmallVector<GpuLanes> found;
  for (int64_t lane = 0; lane < lanes; ++lane)
    found.push_back(
        load(vector::ExtractOp::create(b, index, ArrayRef<int64_t>{lane})));
  return joinLanes(kernel, found);
}

GpuLanes GpuBuilder::entry(ArrayRef<int32_t> values, Value index) {
  return gather(kernel.constant(values), b.getI32Type(), index);
}

GpuLanes GpuBuilder::lookup(unsigned operand, Value index) {
  mlir::Value table = op->getOperand(operand);
  return gather(evaluator->bindingOf(table),
                getElementTypeOrSelf(table.getType()), index);
}

/// The table's rows have no gaps, its elements being words.
GpuLanes GpuBuilder::lookupI32(unsigned operand, int64_t first, int64_t,
                               Value index) {
  Value at = first ? addInt(index, i32(int32_t(first))) : index;
  return gather(evaluator->bindingOf(op->getOperand(operand)), b.getI32Type(),
                at);
}
