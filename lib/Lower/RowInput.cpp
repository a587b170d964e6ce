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
      pitch(llvm::alignTo(columns, RowCode::kPartials)) {
  Operation *producer = operand.getDefiningOp();
  computed = producer && isa<ElementwiseInterface>(producer);
  if (!computed && !keepsOthers)
    return;
  int64_t elements = group * pitch;
  Type f32 = kernel.builder().getF32Type();
  if (elements <= kStackElements) {
    buffer = kernel.stackBuffer(MemRefType::get({elements}, f32));
    base = kernel.index(0);
  } else {
    buffer = kernel.use(kernel.lowering().allocate(kernel.builder().getLoc(),
                                                   f32, tiles * elements));
    base = kernel.mul(kernel.tile(), elements);
  }
}

Value RowInput::place(int64_t slot, Value column) {
  return kernel.add(kernel.add(base, slot * pitch), column);
}

void RowInput::keep(int64_t slot, Value column, Value lanes) {
  vector::StoreOp::create(kernel.builder(), lanes, buffer, place(slot, column));
}

Value RowInput::kept(int64_t slot, Value column) {
  int64_t lanes = RowCode(kernel, pitch).lanes();
  Type f32 = kernel.builder().getF32Type();
  return vector::LoadOp::create(kernel.builder(), VectorType::get({lanes}, f32),
                                buffer, place(slot, column));
}

Value RowInput::first(int64_t slot, Value row, Value column, int64_t valid) {
  int64_t lanes = RowCode(kernel, pitch).lanes();
  FailureOr<Value> x = evaluator.compute(operand, {row, column, lanes, valid});
  if (failed(x)) {
    status = failure();
    return VectorBuilder(kernel, lanes).f32(0.0f);
  }
  if (computed)
    keep(slot, column, *x);
  return *x;
}

Value RowInput::again(int64_t slot, Value row, Value column, int64_t valid) {
  return computed ? kept(slot, column) : first(slot, row, column, valid);
}
