#include "quantir/Approximate/Certificate.h"

#include <algorithm>
#include <cmath>
#include <random>

using namespace llvm;

namespace quantir::approximate {

Certificate certifyTable(ArrayRef<int32_t> table, const CodeSet &in,
                         const CodeSet &out,
                         function_ref<double(double)> exact) {
  Certificate result{0, in.low, int64_t(table.size())};
  for (auto [i, entry] : llvm::enumerate(table)) {
    auto code = int32_t(in.low + int64_t(i));
    double wanted = exact(in.real(code)) / out.scale + out.zeroPoint;
    wanted = std::clamp(wanted, double(out.low), double(out.high));
    double error = std::abs(entry - wanted);
    if (error > result.worst) {
      result.worst = error;
      result.at = code;
    }
  }
  return result;
}

/// Let t_i be the terms (and what they add to the sum) divided by the one of
/// the row's largest code, E_i the exact exponentials, and |t_i - E_i| <= r E_i
/// + a for every distance. Then, with T = sum t, E = sum E and N columns,
///
///   |t_i/T - E_i/E| <= (|t_i - E_i| + E_i/E |T - E|) / T
///                   <= (2 r E_i + a + E_i/E N a) / T,
///
/// where E_i <= 1 <= E and T >= (1 - r) E - N a. For any r >= 0 the least a
/// follows from all distances; the best of a few r is taken.
double boundOfTerms(const SoftmaxArithmetic &softmax, const SoftmaxRows &rows) {
  auto top = double(softmax.term(0));
  auto topAddend = double(softmax.addend(softmax.term(0)));
  auto columns = double(rows.columns);
  std::vector<std::pair<double, double>> exactAndError;
  for (int64_t distance = 0; distance <= rows.span; ++distance) {
    double exact = std::exp(-rows.scale * double(distance));
    int64_t term = softmax.term(-distance);
    double added = double(softmax.addend(term)) / topAddend - exact;
    double error = double(term) / top - exact;
    exactAndError.push_back(
        {exact, std::max(std::abs(error), std::abs(added))});
  }
  double best = 1;
  for (double r = 0; r < 1; r = r == 0 ? 0x1p-24 : r * 1.25) {
    double a = 0;
    for (auto [exact, error] : exactAndError)
      a = std::max(a, error - r * exact);
    double least = 1 - r - columns * a;
    if (least > 0)
      best = std::min(best, (2 * r + a + columns * a) / least);
  }
  return best;
}

/// Calls `visit` with the rows that RowCertificate describes.
static void forRowsToTry(const SoftmaxRows &rows,
                         function_ref<void(ArrayRef<int32_t>)> visit) {
  std::vector<int32_t> row(rows.columns, 0);
  auto low = -int32_t(rows.span);
  // XNNPACK's and LiteRT's codes have 8 bits, so rows end at 0 from below.
  int64_t step = std::max<int64_t>(1, rows.span / 255);
  for (int64_t distance = 0; distance <= rows.span; distance += step)
    for (int64_t high :
         {int64_t(1), (rows.columns + 1) / 2, rows.columns - 1}) {
      for (int64_t i = 0; i < rows.columns; ++i)
        row[i] = i < high ? 0 : int32_t(-distance);
      visit(row);
    }
  for (int64_t stair : {1, 2, 3, 5, 8, 13, 21}) {
    for (int64_t i = 0; i < rows.columns; ++i)
      row[i] = int32_t(std::max<int64_t>(low, -i * stair));
    visit(row);
  }
  std::mt19937 random(7);
  for (int trial = 0; trial < 64; ++trial) {
    std::normal_distribution<double> normal(low / 2.0,
                                            -low / (4.0 + trial % 8));
    std::uniform_int_distribution<int32_t> uniform(low / (1 + trial % 8), 0);
    for (int32_t &code : row)
      code = trial % 2 ? uniform(random)
                       : int32_t(std::clamp(normal(random), double(low), 0.0));
    visit(row);
  }
}

static double errorOf(const SoftmaxArithmetic &softmax, double scale,
                      ArrayRef<int32_t> row) {
  double sum = 0, worst = 0;
  int32_t most = *std::max_element(row.begin(), row.end());
  for (int32_t code : row)
    sum += std::exp(scale * (double(code) - most));
  for (auto [code, result] : llvm::zip(row, softmax.row(row))) {
    double exact = std::exp(scale * (double(code) - most)) / sum;
    worst = std::max(worst, std::abs(softmax.meaning().real(result) - exact));
  }
  return worst;
}

RowCertificate certifySoftmax(const SoftmaxArithmetic &softmax,
                              const SoftmaxRows &rows) {
  double bound = boundOfTerms(softmax, rows) + softmax.finishError();
  RowCertificate result{std::min(bound, 1.0), 0, 0};
  forRowsToTry(rows, [&](ArrayRef<int32_t> row) {
    result.worst = std::max(result.worst, errorOf(softmax, rows.scale, row));
    ++result.checked;
  });
  return result;
}

} // namespace quantir::approximate
