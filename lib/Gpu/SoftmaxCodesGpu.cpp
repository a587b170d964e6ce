// The arithmetic is that of RowMath.h and SoftmaxForms.h; sums of integers are
// exact, so their order is free.
#include "RowKernel.h"

#include "Quantir/RowMath.h"
#include "Quantir/SoftmaxForms.h"

using namespace mlir;
using namespace quantir;

namespace {
/// What all forms have in common.
class SoftmaxRowsOfCodes {
public:
  SoftmaxRowsOfCodes(GpuLowering &lowering, KernelOp op, SoftmaxOp softmax);

  LogicalResult emitHouse(SoftmaxOp softmax);
  LogicalResult emitLog(SoftmaxOp softmax);
  LogicalResult emitForm(SoftmaxOp softmax);

private:
  using Term = function_ref<GpuLanes(GpuBuilder &, const GpuLanes &)>;

  /// How far the elements of a quad lie under the largest of their row.
  GpuLanes below(Value column) {
    return v.subInt(most, rows.inputAgain(column));
  }
  GpuLanes sumOf(function_ref<GpuLanes(Value column)> addend);
  GpuLanes repeat(const GpuLanes &one) { return repeatLane(rows.kernel, one); }

  RowKernel rows;
  RowGroup &group;
  GpuBuilder &v, &one;
  GpuLanes most;
};
} // namespace

static GpuLanes larger(GpuBuilder &b, const GpuLanes &most, const GpuLanes &x) {
  return b.select(b.greaterInt(x, most), x, most);
}

SoftmaxRowsOfCodes::SoftmaxRowsOfCodes(GpuLowering &lowering, KernelOp op,
                                       SoftmaxOp softmax)
    : rows(lowering, op, softmax), group(rows.group), v(rows.v), one(rows.one) {
  most = repeat(group.fold(
      one.i32(std::numeric_limits<int32_t>::min()),
      [&](const GpuLanes &all, Value column) {
        GpuLanes x = rows.input(column);
        group.keep(column, x);
        return group.within(larger(v, all, x), column, all);
      },
      larger));
}

/// One lane.
GpuLanes
SoftmaxRowsOfCodes::sumOf(function_ref<GpuLanes(Value column)> addend) {
  return group.fold(
      one.i32(0),
      [&](const GpuLanes &all, Value column) {
        GpuLanes next = v.addInt(all, addend(column));
        return group.within(next, column, all);
      },
      [](GpuBuilder &b, const GpuLanes &a, const GpuLanes &c) {
        return b.addInt(a, c);
      });
}

LogicalResult SoftmaxRowsOfCodes::emitHouse(SoftmaxOp softmax) {
  SoftmaxCodes codes(softmax);
  auto term = [&](Value column) { return codes.term(v, below(column)); };
  if (softmax.getUnnormalized()) {
    rows.finish([&](Value column) {
      return codes.finish(v, term(column), GpuLanes());
    });
    return rows.dispatch();
  }
  GpuLanes sum = sumOf([&](Value column) {
    GpuLanes lanes = term(column);
    group.keep(column, lanes);
    return lanes;
  });
  GpuLanes factor = repeat(codes.factor(one, sum));
  rows.finish([&](Value column) {
    return codes.finish(v, group.kept(column, term), factor);
  });
  return rows.dispatch();
}

LogicalResult SoftmaxRowsOfCodes::emitLog(SoftmaxOp softmax) {
  LogSoftmaxCodes codes(softmax);
  GpuLanes sum =
      sumOf([&](Value column) { return codes.term(v, below(column)); });
  GpuLanes offset = repeat(codes.offset(one, sum));
  rows.finish(
      [&](Value column) { return codes.finish(v, below(column), offset); });
  return rows.dispatch();
}

LogicalResult SoftmaxRowsOfCodes::emitForm(SoftmaxOp softmax) {
  SoftmaxFormCodes codes(softmax);
  auto term = [&](Value column) { return codes.term(v, below(column)); };
  GpuLanes sum = sumOf([&](Value column) {
    GpuLanes lanes = term(column);
    group.keep(column, lanes);
    return codes.addend(v, lanes);
  });
  auto factor = codes.factor(one, sum);
  factor = {repeat(factor.value), repeat(factor.second)};
  rows.finish([&](Value column) {
    return codes.finish(v, group.kept(column, term), factor);
  });
  return rows.dispatch();
}

LogicalResult quantir::lowerSoftmaxOfCodes(GpuLowering &lowering, KernelOp op,
                                           SoftmaxOp softmax) {
  SoftmaxRowsOfCodes code(lowering, op, softmax);
  if (softmax.getLog())
    return code.emitLog(softmax);
  if (softmax.getForm() == SoftmaxForm::house)
    return code.emitHouse(softmax);
  return code.emitForm(softmax);
}
