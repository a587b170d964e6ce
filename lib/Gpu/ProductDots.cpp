// Four products of codes at once, in three ways that give the same sums.
#include "ProductCodes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

SmallVector<DotForm> quantir::dotForms(const LeftBytes &left,
                                       int64_t largestSum) {
  // No partial sum leaves 32 bits, so that none is saturated.
  if (left.largest() * largestSum <= std::numeric_limits<int32_t>::max())
    return {DotForm::Accumulate, DotForm::Add, DotForm::Float};
  return {DotForm::Add, DotForm::Float};
}

DotSums::DotSums(GpuKernel &code, DotForm form, const LeftBytes &left,
                 int64_t rows, int64_t quads)
    : code(code), b(code.builder()), form(form), isMixed(left.areUnsigned),
      rows(rows), quads(quads) {}

SmallVector<Value> DotSums::zeros() {
  if (form == DotForm::Float)
    return SmallVector<Value>(rows * quads, zeroQuad(code, b.getF32Type()));
  return SmallVector<Value>(rows * quads * 4, code.i32(0));
}

SmallVector<Value> DotSums::add(ArrayRef<Value> left, ArrayRef<Value> right,
                                ValueRange sums) {
  return form == DotForm::Float ? addFloats(left, right, sums)
                                : addDots(left, right, sums);
}

Value DotSums::addDot(Value row, Value column, Value sum) {
  auto packed = spirv::PackedVectorFormatAttr::get(
      b.getContext(), spirv::PackedVectorFormat::PackedVectorFormat4x8Bit);
  Type type = b.getI32Type();
  // The signed operand of a mixed product is the first.
  if (form == DotForm::Accumulate)
    return isMixed
               ? spirv::SUDotAccSatOp::create(b, type, column, row, sum, packed)
                     .getResult()
               : spirv::SDotAccSatOp::create(b, type, row, column, sum, packed)
                     .getResult();
  Value dot =
      isMixed ? spirv::SUDotOp::create(b, type, column, row, packed).getResult()
              : spirv::SDotOp::create(b, type, row, column, packed).getResult();
  return arith::AddIOp::create(b, dot, sum);
}

SmallVector<Value> DotSums::addDots(ArrayRef<Value> left, ArrayRef<Value> right,
                                    ValueRange sums) {
  SmallVector<Value> columns;
  for (Value words : right)
    for (int64_t i = 0; i < 4; ++i)
      columns.push_back(
          vector::ExtractOp::create(b, words, ArrayRef<int64_t>{i}));
  SmallVector<Value> added;
  for (Value row : left)
    for (Value column : columns)
      added.push_back(addDot(row, column, sums[added.size()]));
  return added;
}

Value DotSums::byteAsFloat(Value words, int64_t i, bool isUnsigned) {
  Value first = code.i32(int32_t(8 * i)), bits = code.i32(8);
  Type wide = words.getType();
  Value byte =
      isUnsigned
          ? spirv::BitFieldUExtractOp::create(b, wide, words, first, bits)
                .getResult()
          : spirv::BitFieldSExtractOp::create(b, wide, words, first, bits)
                .getResult();
  Type type = b.getF32Type();
  if (auto vector = dyn_cast<VectorType>(words.getType()))
    type = vector.clone(type);
  return arith::SIToFPOp::create(b, type, byte);
}

SmallVector<Value> DotSums::addFloats(ArrayRef<Value> left,
                                      ArrayRef<Value> right, ValueRange sums) {
  SmallVector<Value> added(sums);
  for (int64_t i = 0; i < 4; ++i) {
    SmallVector<Value> columns;
    for (Value words : right)
      columns.push_back(byteAsFloat(words, i, false));
    for (auto [row, words] : llvm::enumerate(left)) {
      Value x = splat(code, byteAsFloat(words, i, isMixed));
      for (auto [quad, column] : llvm::enumerate(columns)) {
        Value &sum = added[row * quads + quad];
        sum = math::FmaOp::create(b, x, column, sum);
      }
    }
  }
  return added;
}

SmallVector<Value> DotSums::asQuads(ValueRange sums) {
  auto type = VectorType::get({4}, b.getI32Type());
  SmallVector<Value> all;
  for (int64_t i = 0; i < rows * quads; ++i) {
    if (form == DotForm::Float)
      all.push_back(arith::FPToSIOp::create(b, type, sums[i]));
    else
      all.push_back(vector::FromElementsOp::create(
          b, type, SmallVector<Value>(sums.slice(4 * i, 4))));
  }
  return all;
}
