#include "WordCode.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"

using namespace mlir;
using namespace quantir;

Value WordCode::highestBit(Value x) { return emit<spirv::GLFindUMsbOp>(x); }

Value WordCode::mulHigh(Value x, Value y) {
  return arith::MulSIExtendedOp::create(b, x, y).getHigh();
}

GpuLanes WordCode::wide(int64_t value) {
  return {i32(int32_t(value)), i32(int32_t(value >> 32))};
}

GpuLanes WordCode::extend(Value word) { return {word, shiftRight(word, 31)}; }

GpuLanes WordCode::product(Value x, Value y) {
  auto product = arith::MulUIExtendedOp::create(b, x, y);
  return {product.getLow(), product.getHigh()};
}

GpuLanes WordCode::addWide(GpuLanes x, GpuLanes y) {
  Value low = addInt(x.bits, y.bits);
  Value carry = asWord(less(low, x.bits));
  return {low, addInt(addInt(x.high, y.high), carry)};
}

GpuLanes WordCode::subWide(GpuLanes x, GpuLanes y) {
  Value borrow = asWord(less(x.bits, y.bits));
  return {subInt(x.bits, y.bits), subInt(subInt(x.high, y.high), borrow)};
}

/// True of words that `extend` made wide.
static bool isExtended(const GpuLanes &x) {
  auto sign = x.high.getDefiningOp<arith::ShRSIOp>();
  APInt bits;
  return sign && sign.getLhs() == x.bits &&
         matchPattern(sign.getRhs(), m_ConstantInt(&bits)) && bits == 31;
}

GpuLanes WordCode::mulWide(GpuLanes x, GpuLanes y) {
  if (isExtended(x) && isExtended(y)) {
    auto product = arith::MulSIExtendedOp::create(b, x.bits, y.bits);
    return {product.getLow(), product.getHigh()};
  }
  GpuLanes low = product(x.bits, y.bits);
  Value mixed = addInt(mulInt(x.bits, y.high), mulInt(x.high, y.bits));
  return {low.bits, addInt(low.high, mixed)};
}

GpuLanes WordCode::negateIf(Value mask, GpuLanes x) {
  Value low = subInt(xorBits(x.bits, mask), mask);
  // The one that is added goes on where it leaves nothing behind.
  Value carry = keepIf(isZero(low), mask);
  return {low, subInt(xorBits(x.high, mask), carry)};
}

Value WordCode::lessWide(GpuLanes x, GpuLanes y) {
  Value equal = equalInt(x.high, y.high);
  return select(equal, less(x.bits, y.bits), less(x.high, y.high));
}

Value WordCode::greaterWide(GpuLanes x, GpuLanes y) {
  Value equal = equalInt(x.high, y.high);
  return select(equal, less(y.bits, x.bits), greaterInt(x.high, y.high));
}

Value WordCode::equalWide(GpuLanes x, GpuLanes y) {
  return isZero(orBits(xorBits(x.bits, y.bits), xorBits(x.high, y.high)));
}

GpuLanes WordCode::selectWide(Value condition, GpuLanes x, GpuLanes y) {
  return {select(condition, x.bits, y.bits), select(condition, x.high, y.high)};
}

GpuLanes WordCode::shiftLeftWide(GpuLanes x, int bits) {
  if (bits == 0)
    return x;
  if (bits >= 32)
    return {i32(0), shiftLeft(x.bits, bits - 32)};
  Value high = orBits(shiftLeft(x.high, bits), shiftDown(x.bits, 32 - bits));
  return {shiftLeft(x.bits, bits), high};
}

GpuLanes WordCode::shiftRightWide(GpuLanes x, int bits) {
  if (bits == 0)
    return x;
  if (bits >= 32)
    return {shiftRight(x.high, bits - 32), shiftRight(x.high, 31)};
  Value low = orBits(shiftDown(x.bits, bits), shiftLeft(x.high, 32 - bits));
  return {low, shiftRight(x.high, bits)};
}

GpuLanes WordCode::shiftLeftWide(GpuLanes x, Value bits) {
  Value within = andBits(bits, i32(31));
  Value far = greaterInt(bits, i32(31));
  Value low = shiftLeftBy(x.bits, within);
  Value high = orBits(shiftLeftBy(x.high, within), spillUp(x.bits, within));
  return {select(far, i32(0), low), select(far, low, high)};
}

GpuLanes WordCode::shiftRightWide(GpuLanes x, Value bits) {
  Value within = andBits(bits, i32(31));
  Value far = greaterInt(bits, i32(31));
  Value high = shiftRightBy(x.high, within);
  Value low = orBits(shiftDownBy(x.bits, within), spillDown(x.high, within));
  return {select(far, high, low), select(far, shiftRight(x.high, 31), high)};
}

Value WordCode::leadingZerosWide(GpuLanes x) {
  Value high = highestBit(x.high);
  Value low = subInt(i32(63), highestBit(x.bits));
  return select(isNegative(high), low, subInt(i32(31), high));
}

/// Long division, bit by bit: this is for the rare models that divide such
/// numbers.
GpuLanes WordCode::divideWide(GpuLanes x, GpuLanes y) {
  Value xSign = shiftRight(x.high, 31), ySign = shiftRight(y.high, 31);
  GpuLanes dividend = negateIf(xSign, x), divisor = negateIf(ySign, y);
  Value zero = i32(0);
  auto index = [&](int64_t i) -> Value {
    return arith::ConstantIndexOp::create(b, i);
  };
  auto loop =
      scf::ForOp::create(b, index(0), index(64), index(1),
                         ValueRange{dividend.bits, dividend.high, zero, zero});
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    ValueRange carried = loop.getRegionIterArgs();
    GpuLanes left(carried[0], carried[1]), rest(carried[2], carried[3]);
    Value next = shiftDown(left.high, 31);
    rest = shiftLeftWide(rest, 1);
    rest.bits = orBits(rest.bits, next);
    left = shiftLeftWide(left, 1);
    Value fits = isZero(asWord(lessWide(rest, divisor)));
    rest = selectWide(fits, subWide(rest, divisor), rest);
    left.bits = orBits(left.bits, asWord(fits));
    Value turn[] = {left.bits, left.high, rest.bits, rest.high};
    scf::YieldOp::create(b, turn);
  }
  GpuLanes quotient(loop.getResult(0), loop.getResult(1));
  return negateIf(xorBits(xSign, ySign), quotient);
}
