#include "VectorBuilder.h"

#include "Kernels.h"
#include "LookupCode.h"
#include "Quantir/FloatMath.h"
#include "Quantir/ShortFloatMath.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace quantir;

/// Rounding by instructions exists from SSE4.1 on; without it LLVM would call
/// the C library. Adding and subtracting 2^23 rounds what is smaller, to even.
static Value roundByAdding(VectorBuilder &v, Value x) {
  Value limit = v.f32(8388608.0f);
  Value magnitude = v.absF32(x);
  Value rounded = v.subF32(v.addF32(magnitude, limit), limit);
  Value small = v.greaterF32(limit, magnitude);
  Value sign =
      v.andBits(v.asI32(x), v.i32(std::numeric_limits<int32_t>::min()));
  Value withSign = v.asF32(v.orBits(v.asI32(rounded), sign));
  return v.select(small, withSign, x);
}

static bool hasRounding(const TargetSpec &target) {
  return target.has("sse4.1") ||
         StringRef(target.triple).starts_with("aarch64");
}

Value VectorBuilder::roundF32(Value x) {
  if (hasRounding(kernel.lowering().target))
    return math::RoundEvenOp::create(b, x);
  return roundByAdding(*this, x);
}

/// A product by the reciprocal, rounded, and one step that makes up for what it
/// lacks, are the correctly rounded quotient (Markstein, "Computation of
/// elementary functions on the IBM RISC System/6000 processor", 1990).
Value VectorBuilder::divideF32(Value x, float y) {
  if (!kernel.lowering().unit.fma)
    return divF32(x, f32(y));
  Value reciprocal = f32(1.0f / y);
  Value quotient = mulF32(x, reciprocal);
  Value rest = fmaF32(quotient, f32(-y), x);
  return fmaF32(rest, reciprocal, quotient);
}

/// The operands' parts go through the instruction, one by one.
static Value callByParts(ImplicitLocOpBuilder &b, const VectorInstruction &row,
                         VectorType result, ValueRange operands) {
  int64_t size = row.lanes;
  auto type = VectorType::get({size}, result.getElementType());
  Value all = arith::ConstantOp::create(b, result, b.getZeroAttr(result));
  for (int64_t start = 0; start < result.getDimSize(0); start += size) {
    SmallVector<Value> parts;
    for (Value operand : operands)
      parts.push_back(vector::ExtractStridedSliceOp::create(
          b, operand, ArrayRef<int64_t>{start}, ArrayRef<int64_t>{size},
          ArrayRef<int64_t>{1}));
    Value part = callIntrinsic(b, row.intrinsic, type, parts);
    all = vector::InsertStridedSliceOp::create(
        b, part, all, ArrayRef<int64_t>{start}, ArrayRef<int64_t>{1});
  }
  return all;
}

const VectorInstruction *VectorBuilder::instruction(VectorOperation operation) {
  const VectorInstruction *row =
      selectVectorInstruction(kernel.lowering().target, operation);
  return row && lanes % row->lanes == 0 ? row : nullptr;
}

/// The i32 lanes behind i64 ones, or null.
static Value narrowLanes(Value wide) {
  auto extended = wide.getDefiningOp<arith::ExtSIOp>();
  if (!extended || !getElementTypeOrSelf(extended.getIn()).isInteger(32))
    return {};
  return extended.getIn();
}

Value VectorBuilder::mulInt(Value x, Value y) {
  if (isI64(x))
    if (const auto *row = instruction(VectorOperation::WideProduct)) {
      Value first = narrowLanes(x), second = narrowLanes(y);
      if (first && second)
        return callByParts(b, *row, vec(b.getI64Type()), {first, second});
    }
  return arith::MulIOp::create(b, x, y);
}

/// One instruction on x86, of the rounding mode that all else relies on too.
Value VectorBuilder::roundToI32(Value x) {
  if (const auto *row = instruction(VectorOperation::RoundSaturating))
    return callByParts(b, *row, vec(b.getI32Type()), x);
  if (!StringRef(kernel.lowering().target.triple).starts_with("x86_64"))
    return f32ToI32(roundF32(x));
  std::string name = llvm::formatv("llvm.lrint.v{0}i32.v{0}f32", lanes).str();
  return callIntrinsic(b, name, vec(b.getI32Type()), x);
}

static bool convertsF16(const TargetSpec &target) {
  return target.has("f16c") || target.has("neon");
}

/// The bits of short floats in the low halves of i32 lanes.
static Value asLanes(ImplicitLocOpBuilder &b, Value shorts, VectorType lanes) {
  Value bits = arith::BitcastOp::create(b, lanes.clone(b.getI16Type()), shorts);
  return arith::ExtSIOp::create(b, lanes, bits);
}

Value VectorBuilder::f32ToBf16(Value x) {
  const TargetSpec &target = kernel.lowering().target;
  bool hasWidth = lanes == 16 || (lanes == 8 && target.has("avx512vl"));
  if (!target.has("avx512bf16") || !hasWidth)
    return roundToBf16(*this, x);
  std::string name =
      "llvm.x86.avx512bf16.cvtneps2bf16." + std::to_string(32 * lanes);
  Value shorts = callIntrinsic(b, name, vec(b.getBF16Type()), x);
  return asLanes(b, shorts, vec(b.getI32Type()));
}

Value VectorBuilder::f32ToF16(Value x) {
  if (!convertsF16(kernel.lowering().target))
    return roundToF16(*this, x);
  return asLanes(b, arith::TruncFOp::create(b, vec(b.getF16Type()), x),
                 vec(b.getI32Type()));
}

Value VectorBuilder::f16ToF32(Value bits) {
  if (!convertsF16(kernel.lowering().target))
    return widenF16(*this, bits);
  Value low = arith::TruncIOp::create(b, vec(b.getI16Type()), bits);
  Value shorts = arith::BitcastOp::create(b, vec(b.getF16Type()), low);
  return arith::ExtFOp::create(b, vec(b.getF32Type()), shorts);
}

/// A whole number times a factor: only requantization rounds such a product
/// itself, and its factors are finite.
static bool isNumber(Value x) {
  auto product = x.getDefiningOp<arith::MulFOp>();
  return product && product.getLhs().getDefiningOp<arith::SIToFPOp>();
}

/// The codes of 8 bits nearest to `whole + zeroPoint`, where `whole` saturates
/// i32: narrowing to 16 bits does nothing to what has a code, so that the sum
/// may saturate there as well.
Value VectorBuilder::narrowToCode(Value whole, int32_t zeroPoint, int32_t low,
                                  int32_t high) {
  auto clamp = [&](Value x, int64_t least, int64_t most) -> Value {
    x = arith::MinSIOp::create(b, x, like(x, most));
    return arith::MaxSIOp::create(b, x, like(x, least));
  };
  auto narrow = [&](Value x, Type element) -> Value {
    return arith::TruncIOp::create(b, vec(element), x);
  };
  Value half = narrow(clamp(whole, std::numeric_limits<int16_t>::min(),
                            std::numeric_limits<int16_t>::max()),
                      b.getI16Type());
  if (zeroPoint)
    half =
        LLVM::SAddSat::create(b, half.getType(), half, like(half, zeroPoint));
  // Narrowing clamps to all codes of 8 bits; fewer are left by clamping bytes.
  bool isSigned = low < 0;
  int32_t least = isSigned ? -128 : 0, most = least + 255;
  Value code = narrow(clamp(half, least, most), b.getI8Type());
  auto wide = vec(b.getI32Type());
  if (isSigned) {
    if (low > least)
      code = arith::MaxSIOp::create(b, code, like(code, low));
    if (high < most)
      code = arith::MinSIOp::create(b, code, like(code, high));
    return arith::ExtSIOp::create(b, wide, code);
  }
  if (low > least)
    code = arith::MaxUIOp::create(b, code, like(code, low));
  if (high < most)
    code = arith::MinUIOp::create(b, code, like(code, high));
  return arith::ExtUIOp::create(b, wide, code);
}

/// Codes of no sign need no upper bound before AVX-512's conversion: what is
/// too large for it becomes 2^31, which is the largest code after an unsigned
/// minimum, part of the narrowing that follows.
Value VectorBuilder::roundToCode(Value x, int32_t zeroPoint, int32_t low,
                                 int32_t high) {
  const TargetSpec &target = kernel.lowering().target;
  // Codes of 16 bits may have few that count as well.
  bool isByte = (low >= 0 ? high <= 255 : low >= -128 && high <= 127) &&
                zeroPoint >= -128 && zeroPoint <= 255;
  if (isByte && instruction(VectorOperation::RoundSaturating)) {
    if (!isNumber(x))
      x = floatmath::maximum(*this, x, f32(float(low - zeroPoint)));
    return narrowToCode(roundToI32(x), zeroPoint, low, high);
  }
  bool saturates = lanes == 16 && low >= 0 && target.has("avx512f");
  x = floatmath::maximum(*this, x, f32(float(low - zeroPoint)));
  Value whole;
  if (saturates) {
    auto type = vec(b.getI32Type());
    Value zero = arith::ConstantOp::create(b, type, b.getZeroAttr(type));
    Value everyLane = LLVM::ConstantOp::create(b, b.getI16Type(), -1);
    Value currentMode = LLVM::ConstantOp::create(b, b.getI32Type(), 4);
    whole = callIntrinsic(b, "llvm.x86.avx512.mask.cvtps2dq.512", type,
                          {x, zero, everyLane, currentMode});
  } else {
    whole =
        roundToI32(floatmath::minimum(*this, x, f32(float(high - zeroPoint))));
  }
  if (zeroPoint)
    whole = addInt(whole, i32(zeroPoint));
  return saturates ? arith::MinUIOp::create(b, whole, i32(high)) : whole;
}

Value VectorBuilder::floorF32(Value x) {
  if (hasRounding(kernel.lowering().target))
    return math::FloorOp::create(b, x);
  Value nearest = roundByAdding(*this, x);
  return select(greaterF32(nearest, x), subF32(nearest, f32(1.0f)), nearest);
}

Value VectorBuilder::ceilF32(Value x) {
  if (hasRounding(kernel.lowering().target))
    return math::CeilOp::create(b, x);
  return negF32(floorF32(negF32(x)));
}

Value VectorBuilder::lookupBytes(Value table, Value index) {
  auto bytes = vec(b.getI8Type());
  const ByteLookup *row = selectByteLookup(kernel.lowering().target);
  // Single bytes are as fast where many shuffles serve few lanes.
  if (row && lanes >= 2 * row->shuffles() && lanes <= row->bytes)
    return LookupCode(kernel, *row,
                      table)(arith::TruncIOp::create(b, bytes, index));
  Value result = arith::ConstantOp::create(b, bytes, b.getZeroAttr(bytes));
  for (int64_t lane = 0; lane < lanes; ++lane) {
    Value i = vector::ExtractOp::create(b, index, ArrayRef<int64_t>{lane});
    Value code = memref::LoadOp::create(
        b, table,
        arith::IndexCastOp::create(b, b.getIndexType(), i).getResult());
    result = vector::InsertOp::create(b, code, result, ArrayRef<int64_t>{lane});
  }
  return result;
}

Value VectorBuilder::lookup(unsigned operand, Value index) {
  Value table = evaluator->bufferOf(op->getOperand(operand));
  Type element = getElementTypeOrSelf(op->getOperand(operand).getType());
  Value result = lookupBytes(table, index);
  if (cast<quant::QuantizedType>(element).isSigned())
    return arith::ExtSIOp::create(b, vec(b.getI32Type()), result);
  return arith::ExtUIOp::create(b, vec(b.getI32Type()), result);
}

/// `count` 32-bit elements of a buffer as i32.
static Value loadBits(ImplicitLocOpBuilder &b, Value table, int64_t first,
                      int64_t count) {
  Type element = cast<MemRefType>(table.getType()).getElementType();
  Value bits = vector::LoadOp::create(
      b, VectorType::get({count}, element), table,
      arith::ConstantIndexOp::create(b, first).getResult());
  auto type = VectorType::get({count}, b.getI32Type());
  return element.isF32() ? arith::BitcastOp::create(b, type, bits) : bits;
}

/// `high` where `index` is above `last`, else `low`.
static Value choosePart(ImplicitLocOpBuilder &b, Value index, int32_t last,
                        Value low, Value high) {
  auto type = cast<VectorType>(index.getType());
  Value limit = arith::ConstantOp::create(
      b, type, DenseElementsAttr::get(type, b.getI32IntegerAttr(last)));
  Value above =
      arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, index, limit);
  return arith::SelectOp::create(b, above, high, low);
}

/// Entries of `table` for indices in [0, 16): one permutation of registers of
/// 16 lanes, two of 8.
static Value permute16(ImplicitLocOpBuilder &b, Value table, int64_t first,
                       Value index) {
  auto type = cast<VectorType>(index.getType());
  int64_t lanes = type.getDimSize(0);
  auto part = [&](int64_t start) {
    StringRef name =
        lanes == 16 ? "llvm.x86.avx512.permvar.si.512" : "llvm.x86.avx2.permd";
    return callIntrinsic(b, name, type,
                         {loadBits(b, table, first + start, lanes), index});
  };
  if (lanes == 16)
    return part(0);
  Value low = part(0), high = part(8);
  return choosePart(b, index, 7, low, high);
}

/// The same by a shuffle of the table's 64 bytes, which the bytes of all lanes
/// choose from.
Value VectorBuilder::entryByBytes(const ByteLookup &row, Value table,
                                  int64_t first, Value index) {
  SmallVector<Value> registers;
  for (int64_t at = 0; at < 16; at += row.bytes / 4) {
    Value part = loadBits(b, table, first + at, row.bytes / 4);
    registers.push_back(vector::BitCastOp::create(
        b, VectorType::get({row.bytes}, b.getI8Type()), part));
  }
  auto bytes = VectorType::get({4 * lanes}, b.getI8Type());
  Value places = addInt(mulInt(index, i32(0x04040404)), i32(0x03020100));
  Value found = LookupCode(kernel, row, registers)(
      vector::BitCastOp::create(b, bytes, places).getResult());
  return vector::BitCastOp::create(b, vec(b.getI32Type()), found);
}

/// Entries of `table` for indices in [0, 64): two permutations of 32 entries
/// each.
static Value permute64(ImplicitLocOpBuilder &b, Value table, int64_t first,
                       Value index) {
  auto type = cast<VectorType>(index.getType());
  auto half = [&](int64_t start) {
    Value parts[2];
    for (int i = 0; i < 2; ++i)
      parts[i] = loadBits(b, table, first + start + 16 * i, 16);
    return callIntrinsic(b, "llvm.x86.avx512.vpermi2var.d.512", type,
                         {parts[0], index, parts[1]});
  };
  Value low = half(0), high = half(32);
  return choosePart(b, index, 31, low, high);
}

Value VectorBuilder::lookupI32(unsigned operand, int64_t first, int64_t size,
                               Value index) {
  return entryOf(evaluator->bufferOf(op->getOperand(operand)), first, size,
                 index);
}

Value VectorBuilder::entry(ArrayRef<int32_t> values, Value index) {
  // A whole number of what a permutation of 64 entries reads.
  SmallVector<int32_t> padded(values);
  padded.resize(llvm::alignTo(values.size(), 64), 0);
  auto type = RankedTensorType::get({int64_t(padded.size())}, b.getI32Type());
  Value table = kernel.constant(DenseElementsAttr::get(type, ArrayRef(padded)));
  return entryOf(table, 0, int64_t(padded.size()), index);
}

/// Entries `first` to `first + size` of a buffer of i32 or f32.
Value VectorBuilder::entryOf(Value table, int64_t first, int64_t size,
                             Value index) {
  if (lanes == 16 && size == 64 && kernel.lowering().target.has("avx512f"))
    return permute64(b, table, first, index);
  if (size == 16 && ((lanes == 16 && kernel.lowering().target.has("avx512f")) ||
                     (lanes == 8 && kernel.lowering().target.has("avx2"))))
    return permute16(b, table, first, index);
  const ByteLookup *row = selectByteLookup(kernel.lowering().target);
  if (size == 16 && row && row->entries == 64 && 4 * lanes % row->bytes == 0)
    return entryByBytes(*row, table, first, index);
  auto type = vec(b.getI32Type());
  Value result = arith::ConstantOp::create(b, type, b.getZeroAttr(type));
  for (int64_t lane = 0; lane < lanes; ++lane) {
    Value i = vector::ExtractOp::create(b, index, ArrayRef<int64_t>{lane});
    Value place = kernel.add(
        arith::IndexCastOp::create(b, b.getIndexType(), i).getResult(), first);
    Value entry = memref::LoadOp::create(b, table, place);
    if (entry.getType().isF32())
      entry = arith::BitcastOp::create(b, b.getI32Type(), entry);
    result =
        vector::InsertOp::create(b, entry, result, ArrayRef<int64_t>{lane});
  }
  return result;
}
