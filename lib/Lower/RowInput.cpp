#include "RowInput.h"

#include "VectorBuilder.h"

using namespace mlir;
using namespace quantir;

/// Rows up to this size are kept on the stack, longer ones in the arena.
static constexpr int64_t kStackElements = 8192;

RowInput::RowInput(KernelFunction &kernel, LaneEvaluator &evaluator,
                   Value operand, int64_t columns, int64_t group, int64_t tiles,
                   bool keepsOthers)
    : kernel(kernel), evaluator(evaluator), operand(operand),
      lane(getQuantizedElement(operand.getType())
               ? Type(kernel.builder().getI32Type())
               : kernel.builder().getF32Type()),
      pitch(llvm::alignTo(columns, RowCode::kPartials)) {
  Operation *producer = operand.getDefiningOp();
  computed = producer && isa<ElementwiseInterface>(producer);
  if (!computed && !keepsOthers)
    return;
  int64_t elements = group * pitch;
  if (elements <= kStackElements) {
    buffer = kernel.stackBuffer(MemRefType::get({elements}, lane));
    base = kernel.index(0);
  } else {
    buffer = kernel.use(kernel.lowering().allocate(kernel.builder().getLoc(),
                                                   lane, tiles * elements));
    base = kernel.mul(kernel.tile(), elements);
  }
}

Value RowInput::place(int64_t slot, Value column) {
  return kernel.add(kernel.add(base, slot * pitch), column);
}

void RowInput::keep(int64_t slot, Value column, Value lanes) {
  vector::StoreOp::create(kernel.builder(), lanes, buffer, place(slot, column));
}

Value RowInput::kept(int64_t slot, Value column, int64_t lanes) {
  if (lanes == 0)
    lanes = RowCode(kernel, pitch).lanes();
  return vector::LoadOp::create(kernel.builder(),
                                VectorType::get({lanes}, lane), buffer,
                                place(slot, column));
}

Value RowInput::first(int64_t slot, Value row, Value column, int64_t valid,
                      int64_t lanes) {
  if (lanes == 0)
    lanes = RowCode(kernel, pitch).lanes();
  FailureOr<Value> x = evaluator.compute(operand, {row, column, lanes, valid});
  if (failed(x)) {
    status = failure();
    VectorBuilder v(kernel, lanes);
    return lane.isF32() ? v.f32(0.0f) : v.i32(0);
  }
  if (computed)
    keep(slot, column, *x);
  return *x;
}

Value RowInput::again(int64_t slot, Value row, Value column, int64_t valid,
                      int64_t lanes) {
  return computed ? kept(slot, column, lanes)
                  : first(slot, row, column, valid, lanes);
}
