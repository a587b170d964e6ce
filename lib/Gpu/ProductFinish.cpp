// How a tile of a product ends: its sums, shared or not, become results.
#include "Product.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

Value quantir::pickQuad(GpuKernel &code, ArrayRef<Value> values, Value number) {
  ImplicitLocOpBuilder &b = code.builder();
  Value picked = values[0];
  for (int64_t i = 1; i < int64_t(values.size()); ++i) {
    Value isIt = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, number,
                                       code.index(i));
    picked = arith::SelectOp::create(b, splat(code, isIt), values[i], picked);
  }
  return picked;
}

PartOfSums quantir::partOfThread(GpuKernel &code, const GroupSize &threads) {
  auto [across, down, parts] = threads;
  return {code.add(code.mul(code.thread(1), across), code.thread(0)),
          code.thread(2), across * down, parts};
}

std::function<Value(Value)> quantir::shareSums(GpuKernel &code,
                                               const PartOfSums &own,
                                               ArrayRef<Value> sums) {
  ImplicitLocOpBuilder &b = code.builder();
  int64_t count = sums.size(), all = own.parts;
  Value memory = code.sharedMemory(own.tiles * all * count * 4, b.getI32Type());
  auto placeOf = [&code, tile = own.tile, count, all](Value part,
                                                      Value number) {
    Value vector = code.add(code.mul(tile, all), part);
    return code.mul(code.add(code.mul(vector, count), number), 4);
  };
  for (auto [i, sum] : llvm::enumerate(sums)) {
    Value place = placeOf(own.part, code.index(i));
    for (int64_t lane = 0; lane < 4; ++lane)
      code.store(vector::ExtractOp::create(b, sum, ArrayRef<int64_t>{lane}),
                 memory, code.add(place, lane));
  }
  code.barrier();
  return [&code, &b, placeOf, memory, all](Value number) {
    auto partial = [&](Value part) -> Value {
      Value place = placeOf(part, number);
      SmallVector<Value> lanes;
      for (int64_t lane = 0; lane < 4; ++lane)
        lanes.push_back(code.load(memory, code.add(place, lane)));
      return vector::FromElementsOp::create(
          b, VectorType::get({4}, b.getI32Type()), lanes);
    };
    return code.loop(code.index(1), code.index(all), 1, partial(code.index(0)),
                     [&](Value part, ValueRange sum) -> SmallVector<Value> {
                       return {arith::AddIOp::create(b, sum[0], partial(part))};
                     })[0];
  };
}

void quantir::finishTile(GpuKernel &code, const ProductSource &source,
                         const ProductGrid &grid,
                         const ProductGrid::Place &place, ArrayRef<Value> sums,
                         function_ref<void(Value, const QuadPosition &)> emit) {
  int64_t quads = grid.quads();
  bool rowsEnd = source.rows % grid.tileRows != 0;
  bool columnsEnd = roundedToQuads(source) % grid.tileColumns != 0;
  bool shares = grid.parts() > 1;
  Value first = code.mul(place.matrix, source.rows);
  std::function<Value(Value)> sumOf = [&](Value number) {
    return pickQuad(code, sums, number);
  };
  if (shares)
    sumOf = shareSums(code, partOfThread(code, grid.threads), sums);
  auto emitOne = [&](Value number) {
    Value row = code.add(place.row, code.div(number, quads));
    Value column = code.add(place.column, code.mul(code.rem(number, quads), 4));
    auto emitQuad = [&] {
      emit(sumOf(number), {code.add(first, row), column});
    };
    auto emitColumns = [&] {
      if (columnsEnd)
        code.when(code.less(column, code.index(source.columns)), emitQuad);
      else
        emitQuad();
    };
    if (rowsEnd)
      code.when(code.less(row, code.index(source.rows)), emitColumns);
    else
      emitColumns();
  };
  // A loop, so that the kernel has the code of its elementwise part once.
  Value begin = shares ? code.thread(2) : code.index(0);
  auto emitAll = [&] {
    code.loop(begin, code.index(sums.size()), grid.parts(), emitOne);
  };
  if (place.exists)
    code.when(place.exists, emitAll);
  else
    emitAll();
}
