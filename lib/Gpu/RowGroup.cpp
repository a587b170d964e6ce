#include "RowGroup.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

/// Of a workgroup's memory, at least 16 KiB, so much may hold rows.
static constexpr int64_t kMostKept = 3584;

//===-- Memory of a workgroup ---------------------------------------------===//

SharedLanes::SharedLanes(GpuKernel &kernel, int64_t count, const GpuLanes &like)
    : kernel(kernel) {
  bits = kernel.sharedMemory(count, getElementTypeOrSelf(like.bits.getType()));
  if (like.high)
    high = kernel.sharedMemory(count, kernel.builder().getI32Type());
}

GpuLanes SharedLanes::load(Value at) {
  return {kernel.load(bits, at), high ? kernel.load(high, at) : Value()};
}

void SharedLanes::store(const GpuLanes &one, Value at) {
  kernel.store(one.bits, bits, at);
  if (high)
    kernel.store(one.high, high, at);
}

//===-- Who does what -----------------------------------------------------===//

/// How many invocations work on a row. As many as have some quads each; but
/// only 16 of them sum f32, so no more where there are enough rows. Rows that
/// are not kept are folded by 4, whose quads are a partial value each.
static int64_t threadsFor(const GpuTarget &target, int64_t rows,
                          int64_t columns) {
  if (columns <= 32 || columns > kMostKept)
    return 4;
  constexpr int64_t few = RowGroup::kPartials;
  bool fits = columns * (RowGroup::kThreads / few) <= kMostKept;
  bool areMany = rows * few >= target.fewInvocations;
  return columns <= 256 || (fits && areMany) ? few : RowGroup::kThreads;
}

RowGroup::RowGroup(GpuKernel &kernel, int64_t rows, int64_t columns, Type lane)
    : RowGroup(kernel, 1, rows, columns, lane,
               threadsFor(kernel.lowering().target, rows, columns)) {}

RowGroup::RowGroup(GpuKernel &kernel, int64_t matrices, int64_t rows,
                   int64_t columns, Type lane, int64_t threads)
    : kernel(kernel), columns(columns), threads(threads),
      rowsOfGroup(kThreads / threads),
      groups(matrices * int64_t(llvm::divideCeil(rows, rowsOfGroup))),
      lane(lane) {
  thread = kernel.rem(kernel.thread(0), threads);
  slot = kernel.div(kernel.thread(0), threads);
  int64_t ofMatrix = groups / matrices;
  Value group = kernel.group(0), block = group;
  ownMatrix = kernel.index(0);
  if (matrices > 1) {
    ownMatrix = kernel.div(group, ofMatrix);
    block = kernel.rem(group, ofMatrix);
  }
  first = kernel.mul(block, rowsOfGroup);
  ownRow = kernel.add(first, slot);
  if (rows % rowsOfGroup != 0) {
    exists = kernel.less(ownRow, kernel.index(rows));
    ownRow = kernel.min(ownRow, kernel.index(rows - 1));
  }
  ownRow = kernel.add(kernel.mul(ownMatrix, rows), ownRow);
  if (columns <= kMostKept)
    values =
        kernel.sharedMemory(rowsOfGroup * int64_t(llvm::alignTo(columns, 4)),
                            kernel.builder().getI32Type());
}

void RowGroup::each(function_ref<void(Value)> visit) {
  kernel.loop(kernel.mul(thread, 4), kernel.index(columns), 4 * threads, visit);
}

void RowGroup::finish(function_ref<void(Value)> visit) {
  if (!exists)
    return each(visit);
  kernel.when(exists, [&] { each(visit); });
}

void RowGroup::once(function_ref<void()> visit) {
  Value isFirst = kernel.less(thread, kernel.index(1));
  if (exists)
    isFirst = arith::AndIOp::create(kernel.builder(), exists, isFirst);
  kernel.when(isFirst, visit);
}

//===-- Kept values -------------------------------------------------------===//

Value RowGroup::placeOf(Value number, Value column) {
  return kernel.add(kernel.mul(number, llvm::alignTo(columns, 4)), column);
}

Value RowGroup::loadWords(Value place) {
  SmallVector<Value> lanes;
  for (int64_t i = 0; i < 4; ++i)
    lanes.push_back(kernel.load(values, kernel.add(place, i)));
  auto type = VectorType::get({4}, lanes[0].getType());
  return vector::FromElementsOp::create(kernel.builder(), type, lanes);
}

void RowGroup::storeWords(Value quad, Value place) {
  for (int64_t i = 0; i < 4; ++i)
    kernel.store(laneOf(kernel, quad, i), values, kernel.add(place, i));
}

/// Words of the memory as what is kept there.
GpuLanes RowGroup::asKept(Value word) {
  bool isQuad = isa<VectorType>(word.getType());
  return lane.isF32() ? GpuBuilder(kernel, isQuad ? 4 : 1).asF32(word)
                      : GpuLanes(word);
}

void RowGroup::keep(Value column, const GpuLanes &lanes) {
  if (!keeps())
    return;
  GpuLanes words = lane.isF32() ? GpuBuilder(kernel, 4).asI32(lanes) : lanes;
  storeWords(words, keptPlace(column));
}

GpuLanes RowGroup::kept(Value column, Quad compute) {
  if (!keeps())
    return compute(column);
  return asKept(loadWords(keptPlace(column)));
}

GpuLanes RowGroup::within(const GpuLanes &lanes, Value column,
                          const GpuLanes &other) {
  if (columns % 4 == 0)
    return lanes;
  SmallVector<Value> inside;
  for (int64_t i = 0; i < 4; ++i)
    inside.push_back(kernel.less(kernel.add(column, i), kernel.index(columns)));
  ImplicitLocOpBuilder &b = kernel.builder();
  auto type = VectorType::get({4}, b.getI1Type());
  Value mask = vector::FromElementsOp::create(b, type, inside);
  return GpuBuilder(kernel, 4).select(GpuLanes(mask), lanes, other);
}

//===-- Folds -------------------------------------------------------------===//

/// What the invocations of a row have each, as one.
GpuLanes RowGroup::foldThreads(const GpuLanes &own, Combine combine) {
  GpuBuilder one(kernel, 1);
  GpuLanes result = own;
  int64_t count = threads;
  // Some of them first, so that nobody has to read all.
  while (count > 1) {
    SharedLanes shared(kernel, kThreads, result);
    shared.store(result, kernel.thread(0));
    kernel.barrier();
    int64_t kept = count > kPartials ? kPartials : 1, step = count / kept;
    Value first =
        kernel.add(kernel.mul(slot, threads), kernel.rem(thread, kept));
    result = shared.load(first);
    for (int64_t i = 1; i < step; ++i)
      result = combine(one, result, shared.load(kernel.add(first, i * kept)));
    count = kept;
  }
  return result;
}

GpuLanes RowGroup::fold(const GpuLanes &initial, Step step, Combine combine) {
  SmallVector<Value> parts = kernel.loop(
      kernel.mul(thread, 4), kernel.index(columns), 4 * threads,
      partsOf(repeatLane(kernel, initial)), [&](Value column, ValueRange all) {
        return partsOf(step(lanesOf(all), column));
      });
  GpuBuilder one(kernel, 1);
  GpuLanes own = laneOf(kernel, lanesOf(parts), 0);
  for (int64_t i = 1; i < 4; ++i)
    own = combine(one, own, laneOf(kernel, lanesOf(parts), i));
  return foldThreads(own, combine);
}

/// Of four invocations: each quad of a row is of the same four partial values.
GpuLanes RowGroup::partialsOfQuads(float initial, Quad compute,
                                   Transform transform, Combine combine) {
  GpuBuilder v(kernel, 4);
  GpuLanes start = v.f32(initial);
  return lanesOf(
      kernel.loop(kernel.mul(thread, 4), kernel.index(columns), kPartials,
                  partsOf(start), [&](Value column, ValueRange all) {
                    GpuLanes x = transform(v, kept(column, compute));
                    GpuLanes next = combine(v, lanesOf(all), x);
                    return partsOf(within(next, column, lanesOf(all)));
                  }));
}

/// Of the first 16 invocations: each has one partial value.
GpuLanes RowGroup::partialOfLane(float initial, Transform transform,
                                 Combine combine) {
  GpuBuilder one(kernel, 1);
  Value first = thread;
  if (threads > kPartials) // the others have nothing to do
    first = arith::SelectOp::create(
        kernel.builder(), kernel.less(thread, kernel.index(kPartials)), thread,
        kernel.index(columns));
  return lanesOf(kernel.loop(
      first, kernel.index(columns), kPartials, partsOf(one.f32(initial)),
      [&](Value column, ValueRange all) {
        GpuLanes x = asKept(kernel.load(values, keptPlace(column)));
        return partsOf(combine(one, lanesOf(all), transform(one, x)));
      }));
}

GpuLanes RowGroup::foldInOrder(float initial, Quad compute, Transform transform,
                               Combine combine) {
  GpuBuilder one(kernel, 1);
  SharedLanes shared(kernel, rowsOfGroup * kPartials, one.f32(initial));
  Value first = kernel.mul(slot, kPartials);
  if (threads * 4 == kPartials) {
    GpuLanes own = partialsOfQuads(initial, compute, transform, combine);
    for (int64_t i = 0; i < 4; ++i)
      shared.store(laneOf(kernel, own, i),
                   kernel.add(first, kernel.add(kernel.mul(thread, 4), i)));
  } else {
    kernel.barrier(); // behind what all have kept
    GpuLanes own = partialOfLane(initial, transform, combine);
    auto store = [&] { shared.store(own, kernel.add(first, thread)); };
    if (threads > kPartials)
      kernel.when(kernel.less(thread, kernel.index(kPartials)), store);
    else
      store();
  }
  kernel.barrier();
  SmallVector<GpuLanes> partials;
  for (int64_t i = 0; i < kPartials; ++i)
    partials.push_back(shared.load(kernel.add(first, i)));
  for (int64_t half = kPartials / 2; half > 0; half /= 2)
    for (int64_t i = 0; i < half; ++i)
      partials[i] = combine(one, partials[i], partials[i + half]);
  return partials[0];
}
