// The arithmetic is that of RowMath.h and SoftmaxForms.h.
#include "SoftmaxCodeRows.h"

#include "Quantir/RowMath.h"
#include "Quantir/SoftmaxForms.h"
#include "VectorBuilder.h"

using namespace mlir;
using namespace quantir;

namespace {
/// What all forms have in common.
class CodeRows {
public:
  CodeRows(KernelFunction &kernel, RowCode &code, int64_t count,
           const SoftmaxRows &rows)
      : kernel(kernel), code(code), count(count), rows(rows),
        v(kernel, code.lanes()), one(kernel, 1) {
    auto larger = [&](Value a, Value b) {
      return v.select(v.greaterInt(a, b), a, b);
    };
    most = code.fold(
        count, v.i32(std::numeric_limits<int32_t>::min()),
        [&](int64_t slot, Value partial, Value column, int64_t valid) {
          return larger(partial, rows.first(slot, column, code.lanes(), valid));
        },
        larger);
  }

  void emitHouse(SoftmaxOp softmax);
  void emitLog(SoftmaxOp softmax);
  void emitForm(SoftmaxOp softmax);

private:
  Value splat(Value lane) { return splatLane(kernel, lane, code.lanes()); }

  /// How far an element lies under the largest of its row.
  Value below(int64_t slot, Value column, int64_t lanes, int64_t valid) {
    Value x = rows.again(slot, column, lanes, valid);
    return v.subInt(splatLane(kernel, most[slot], lanes), x);
  }

  /// The sums of `addend(term)`, one lane each; the terms are kept.
  template <typename Term, typename Addend>
  SmallVector<Value> sumTerms(Term term, Addend addend) {
    return code.fold(
        count, v.i32(0),
        [&](int64_t slot, Value partial, Value column, int64_t valid) {
          Value lanes = term(below(slot, column, code.lanes(), valid));
          rows.keep(slot, column, lanes);
          return v.addInt(partial, addend(lanes));
        },
        [&](Value a, Value b) { return v.addInt(a, b); });
  }

  KernelFunction &kernel;
  RowCode &code;
  int64_t count;
  const SoftmaxRows &rows;
  VectorBuilder v, one;
  SmallVector<Value> most;
};
} // namespace

void CodeRows::emitHouse(SoftmaxOp softmax) {
  SoftmaxCodes codes(softmax);
  bool sums = keepsExponentials(softmax);
  SmallVector<Value> factors(count);
  if (sums)
    factors = sumTerms([&](Value below) { return codes.term(v, below); },
                       [](Value lanes) { return lanes; });
  for (int64_t slot = 0; slot < count; ++slot) {
    Value factor = sums ? codes.factor(one, factors[slot]) : Value();
    code.eachBundle(kSoftmaxBundle, [&](Value column, int64_t lanes,
                                        int64_t valid) {
      VectorBuilder wide(kernel, lanes);
      Value term = sums ? rows.kept(slot, column, lanes, valid)
                        : codes.term(wide, below(slot, column, lanes, valid));
      Value of = sums ? splatLane(kernel, factor, lanes) : Value();
      rows.store(slot, column, valid, codes.finish(wide, term, of));
    });
  }
}

void CodeRows::emitLog(SoftmaxOp softmax) {
  LogSoftmaxCodes codes(softmax);
  SmallVector<Value> sums = code.fold(
      count, v.i32(0),
      [&](int64_t slot, Value partial, Value column, int64_t valid) {
        return v.addInt(
            partial, codes.term(v, below(slot, column, code.lanes(), valid)));
      },
      [&](Value a, Value b) { return v.addInt(a, b); });
  for (auto [slot, sum] : llvm::enumerate(sums)) {
    Value offset = splat(codes.offset(one, sum));
    code.each([&, slot = slot](Value column, int64_t valid) {
      Value distance = below(slot, column, code.lanes(), valid);
      rows.store(slot, column, valid, codes.finish(v, distance, offset));
    });
  }
}

void CodeRows::emitForm(SoftmaxOp softmax) {
  SoftmaxFormCodes codes(softmax);
  SmallVector<Value> sums =
      sumTerms([&](Value below) { return codes.term(v, below); },
               [&](Value lanes) { return codes.addend(v, lanes); });
  for (auto [slot, sum] : llvm::enumerate(sums)) {
    auto factor = codes.factor(one, sum);
    factor = {splat(factor.value), splat(factor.second)};
    code.each([&, slot = slot](Value column, int64_t valid) {
      rows.store(slot, column, valid,
                 codes.finish(v, rows.kept(slot, column, code.lanes(), valid),
                              factor));
    });
  }
}

void quantir::emitSoftmaxCodeRows(KernelFunction &kernel, SoftmaxOp softmax,
                                  RowCode &code, int64_t count,
                                  const SoftmaxRows &rows) {
  CodeRows work(kernel, code, count, rows);
  if (softmax.getLog())
    work.emitLog(softmax);
  else if (softmax.getForm() == SoftmaxForm::house)
    work.emitHouse(softmax);
  else
    work.emitForm(softmax);
}
