#include "Rows.h"

#include <algorithm>
#include <cmath>
#include <random>

using namespace quantir::approximate;

namespace quantir::test {

Rows normalRows(int count, int columns, double deviation, int32_t most) {
  std::mt19937 random(11);
  std::normal_distribution<double> normal(0, deviation);
  std::vector<std::vector<double>> values(count, std::vector<double>(columns));
  double largest = 0;
  for (std::vector<double> &row : values)
    for (double &x : row) {
      x = normal(random);
      largest = std::max(largest, std::abs(x));
    }
  Rows rows{{}, largest / most};
  for (const std::vector<double> &row : values) {
    rows.codes.emplace_back();
    for (double x : row)
      rows.codes.back().push_back(int32_t(std::lround(x / rows.scale)));
  }
  return rows;
}

std::vector<std::vector<int32_t>> normRows(int count, int columns, int32_t most,
                                           bool outliers) {
  std::mt19937 random(5);
  std::normal_distribution<double> normal(0, 1);
  std::vector<std::vector<double>> values(count);
  double largest = 0;
  for (int row = 0; row < count; ++row)
    for (int i = 0; i < columns; ++i) {
      bool isOutlier = outliers && row % 50 == 0 && i % 100 == 7;
      values[row].push_back(normal(random) * (isOutlier ? 60 : 1) + 0.3);
      largest = std::max(largest, std::abs(values[row].back()));
    }
  std::vector<std::vector<int32_t>> codes;
  for (const auto &row : values) {
    codes.emplace_back();
    for (double x : row)
      codes.back().push_back(int32_t(std::lround(x / largest * most)));
  }
  return codes;
}

std::vector<double> exactSoftmax(llvm::ArrayRef<int32_t> codes, double scale) {
  int32_t most = *std::max_element(codes.begin(), codes.end());
  std::vector<double> result;
  double sum = 0;
  for (int32_t code : codes) {
    result.push_back(std::exp(scale * (double(code) - most)));
    sum += result.back();
  }
  for (double &value : result)
    value /= sum;
  return result;
}

std::unique_ptr<SoftmaxArithmetic> makeSoftmax(SoftmaxForm form, double scale,
                                               int64_t columns, int64_t span,
                                               Conduct conduct) {
  return llvm::cantFail(
      SoftmaxArithmetic::create(form, {scale, columns, span, conduct}));
}

SoftmaxError errorOf(SoftmaxForm form, Conduct conduct, const Rows &rows) {
  int64_t span = 0;
  for (const std::vector<int32_t> &row : rows.codes)
    for (int64_t code : row)
      span = std::max(span, 2 * std::abs(code));
  auto softmax = makeSoftmax(form, rows.scale, int64_t(rows.codes[0].size()),
                             span, conduct);
  SoftmaxError error{0, 0};
  for (const std::vector<int32_t> &row : rows.codes) {
    std::vector<double> exact = exactSoftmax(row, rows.scale);
    std::vector<int32_t> codes = softmax->row(row);
    for (size_t i = 0; i < row.size(); ++i) {
      double p = softmax->meaning().real(codes[i]);
      error.l1 += std::abs(p - exact[i]);
      error.sum += p;
    }
  }
  error.l1 /= double(rows.codes.size());
  error.sum /= double(rows.codes.size());
  return error;
}

} // namespace quantir::test
