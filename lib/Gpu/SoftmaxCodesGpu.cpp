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
  explicit SoftmaxRowsOfCodes(GpuSoftmaxRows &rows);

  void emitHouse(SoftmaxOp softmax);
  void emitLog(SoftmaxOp softmax);
  void emitForm(SoftmaxOp softmax);

private:
  using Term = function_ref<GpuLanes(GpuBuilder &, const GpuLanes &)>;

  /// How far the elements of a quad lie under the largest of their row.
  GpuLanes below(Value column) {
    return v.subInt(most, rows.inputAgain(column));
  }
  GpuLanes sumOf(function_ref<GpuLanes(Value column)> addend);
  GpuLanes repeat(const GpuLanes &one) { return repeatLane(rows.kernel, one); }

  GpuSoftmaxRows &rows;
  RowGroup &group;
  GpuBuilder v, one;
  GpuLanes most;
};
} // namespace

static GpuLanes larger(GpuBuilder &b, const GpuLanes &most, const GpuLanes &x) {
  return b.select(b.greaterInt(x, most), x, most);
}

SoftmaxRowsOfCodes::SoftmaxRowsOfCodes(GpuSoftmaxRows &rows)
    : rows(rows), group(rows.group), v(rows.kernel, 4), one(rows.kernel, 1) {
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

void SoftmaxRowsOfCodes::emitHouse(SoftmaxOp softmax) {
  SoftmaxCodes codes(softmax);
  auto term = [&](Value column) { return codes.term(v, below(column)); };
  if (softmax.getUnnormalized()) {
    return rows.finish([&](Value column) {
      return codes.finish(v, term(column), GpuLanes());
    });
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
}

void SoftmaxRowsOfCodes::emitLog(SoftmaxOp softmax) {
  LogSoftmaxCodes codes(softmax);
  GpuLanes sum =
      sumOf([&](Value column) { return codes.term(v, below(column)); });
  GpuLanes offset = repeat(codes.offset(one, sum));
  rows.finish(
      [&](Value column) { return codes.finish(v, below(column), offset); });
}

void SoftmaxRowsOfCodes::emitForm(SoftmaxOp softmax) {
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
}

void quantir::emitSoftmaxOfCodes(SoftmaxOp softmax, GpuSoftmaxRows &rows) {
  SoftmaxRowsOfCodes code(rows);
  if (softmax.getLog())
    code.emitLog(softmax);
  else if (softmax.getForm() == SoftmaxForm::house)
    code.emitHouse(softmax);
  else
    code.emitForm(softmax);
}
