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
          return larger(partial, rows.first(slot, column, valid));
        },
        larger);
    for (Value &value : most)
      value = splat(value);
  }

  void emitHouse(SoftmaxOp softmax);
  void emitForm(SoftmaxOp softmax);

private:
  Value splat(Value lane) { return splatLane(kernel, lane, code.lanes()); }

  /// How far an element lies under the largest of its row.
  Value below(int64_t slot, Value column, int64_t valid) {
    return v.subInt(most[slot], rows.again(slot, column, valid));
  }

  /// The sums of `addend(term)`, one lane each; the terms are kept.
  template <typename Term, typename Addend>
  SmallVector<Value> sumTerms(Term term, Addend addend) {
    return code.fold(
        count, v.i32(0),
        [&](int64_t slot, Value partial, Value column, int64_t valid) {
          Value lanes = term(below(slot, column, valid));
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
  auto term = [&](Value below) { return codes.term(v, below); };
  bool sums = keepsExponentials(softmax);
  SmallVector<Value> factors(count);
  if (sums)
    factors = sumTerms(term, [](Value lanes) { return lanes; });
  for (int64_t slot = 0; slot < count; ++slot) {
    Value factor =
        sums ? splat(codes.factor(one, factors[slot])) : factors[slot];
    code.each([&](Value column, int64_t valid) {
      Value lanes = sums ? rows.kept(slot, column, valid)
                         : term(below(slot, column, valid));
      rows.store(slot, column, valid, codes.finish(v, lanes, factor));
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
                 codes.finish(v, rows.kept(slot, column, valid), factor));
    });
  }
}

void quantir::emitSoftmaxCodeRows(KernelFunction &kernel, SoftmaxOp softmax,
                                  RowCode &code, int64_t count,
                                  const SoftmaxRows &rows) {
  CodeRows work(kernel, code, count, rows);
  if (softmax.getForm() == SoftmaxForm::house)
    work.emitHouse(softmax);
  else
    work.emitForm(softmax);
}
