#include "quantir/Lower/IndexCode.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace quantir;

Value IndexCode::index(int64_t value) {
  return arith::ConstantIndexOp::create(body, value);
}
Value IndexCode::add(Value a, Value b) {
  if (matchPattern(a, m_Zero()))
    return b;
  return matchPattern(b, m_Zero()) ? a : body.createOrFold<arith::AddIOp>(a, b);
}
Value IndexCode::add(Value a, int64_t b) {
  return b == 0 ? a : add(a, index(b));
}
Value IndexCode::mul(Value a, int64_t b) {
  if (b == 0)
    return index(0);
  return b == 1 ? a : body.createOrFold<arith::MulIOp>(a, index(b));
}
Value IndexCode::min(Value a, Value b) {
  return body.createOrFold<arith::MinUIOp>(a, b);
}
Value IndexCode::max(Value a, Value b) {
  return body.createOrFold<arith::MaxUIOp>(a, b);
}
Value IndexCode::div(Value a, int64_t b) {
  return b == 1 ? a : body.createOrFold<arith::DivUIOp>(a, index(b));
}
Value IndexCode::rem(Value a, int64_t b) {
  return b == 1 ? index(0) : body.createOrFold<arith::RemUIOp>(a, index(b));
}

Value IndexCode::offsetAlong(Value number, ArrayRef<StridedView::Run> runs) {
  Value offset = index(0);
  for (auto [i, run] : llvm::enumerate(llvm::reverse(runs))) {
    bool first = i + 1 == runs.size();
    Value turn = first ? number : rem(number, run.size);
    offset = add(offset, mul(turn, run.stride));
    number = div(number, run.size);
  }
  return offset;
}

void IndexCode::loop(Value low, Value high, int64_t step,
                     function_ref<void(Value)> emit) {
  loop(low, high, step, {}, [&](Value i, ValueRange) {
    emit(i);
    return SmallVector<Value>();
  });
}

void IndexCode::loop(int64_t count, function_ref<void(Value)> emit) {
  loop(index(0), index(count), 1, emit);
}

SmallVector<Value>
IndexCode::loop(Value low, Value high, int64_t step, ValueRange initial,
                function_ref<SmallVector<Value>(Value, ValueRange)> emit) {
  APInt from, to;
  if (matchPattern(low, m_ConstantInt(&from)) &&
      matchPattern(high, m_ConstantInt(&to))) {
    int64_t span = to.getSExtValue() - from.getSExtValue();
    if (span <= 0)
      return llvm::to_vector(initial);
    if (span <= step)
      return emit(low, initial);
  }
  auto loop = scf::ForOp::create(body, low, high, index(step), initial);
  OpBuilder::InsertionGuard guard(body);
  Block *block = loop.getBody();
  if (!block->empty())
    block->getTerminator()->erase();
  body.setInsertionPointToEnd(block);
  SmallVector<Value> next =
      emit(loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(body, next);
  return llvm::to_vector(ValueRange(loop.getResults()));
}
