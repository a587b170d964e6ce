#include "InterpolationTable.h"

#include "Quantir/FixedPointMath.h"

using namespace mlir;
using namespace quantir;

static constexpr int kWidth = 1 << kSegmentBits, kHalf = kWidth / 2;

namespace {
/// c[0] + c[1] d + c[2] d^2
struct Quadratic {
  double c[3];
};
} // namespace

/// Through the values at d = -node, 0 and node.
static Quadratic throughNodes(const double *middle) {
  constexpr int node = 443; // 512 cos(30 degrees)
  double below = middle[-node], at = middle[0], above = middle[node];
  return {{at, (above - below) / (2 * node),
           (above - 2 * at + below) / (2.0 * node * node)}};
}

/// What `quantir.interpolate` computes before the clamp, in 64 bits.
static int64_t evaluate(const int64_t (&c)[3], int fractionBits, int64_t d) {
  int64_t slope = c[1] + ((c[2] * d) >> (kSegmentBits - 1));
  int64_t half = fractionBits ? int64_t(1) << (fractionBits - 1) : 0;
  return (c[0] + slope * d + half) >> fractionBits;
}

static void round(const Quadratic &q, int fractionBits, int64_t (&c)[3]) {
  c[0] = int64_t(std::nearbyint(std::ldexp(q.c[0], fractionBits)));
  c[1] = int64_t(std::nearbyint(std::ldexp(q.c[1], fractionBits)));
  c[2] = int64_t(
      std::nearbyint(std::ldexp(q.c[2], fractionBits + kSegmentBits - 1)));
}

/// No step of the evaluation leaves 31 bits.
static bool fits(const Quadratic &q, int fractionBits) {
  constexpr double most = 0x1p30;
  double scale = std::ldexp(1.0, fractionBits);
  double slope = (std::fabs(q.c[1]) + std::fabs(q.c[2]) * kHalf + 1) * scale;
  return std::fabs(q.c[0]) * scale + slope * kHalf < most &&
         std::fabs(q.c[2]) * scale * kHalf * kHalf < most;
}

InterpolationTable quantir::interpolationTable(ArrayRef<float> values,
                                               quant::QuantizedType out) {
  double step = getScales(out)[0];
  auto zero = double(getZeroPoints(out)[0]);
  auto low = double(out.getStorageTypeMin());
  auto high = double(out.getStorageTypeMax());
  // Far outside of the codes a function may do what it likes.
  double margin = high - low;
  std::vector<double> steps;
  for (float value : values) {
    double exact = std::isnan(value) ? zero : value / step + zero;
    steps.push_back(std::clamp(exact, low - margin, high + margin));
  }
  std::vector<Quadratic> pieces;
  for (int segment = 0; segment < kSegments; ++segment)
    pieces.push_back(throughNodes(&steps[segment * kWidth + kHalf]));
  InterpolationTable table;
  table.fractionBits = 20;
  while (table.fractionBits > 0 &&
         !llvm::all_of(pieces, [&](const Quadratic &piece) {
           return fits(piece, table.fractionBits);
         }))
    --table.fractionBits;
  table.coefficients.resize(3 * kSegments);
  for (auto [segment, piece] : llvm::enumerate(pieces)) {
    int64_t c[3];
    round(piece, table.fractionBits, c);
    for (int power = 0; power < 3; ++power)
      table.coefficients[power * kSegments + segment] = int32_t(c[power]);
    for (int i = 0; i < kWidth; ++i) {
      auto code = double(evaluate(c, table.fractionBits, i - kHalf));
      double off = std::clamp(code, low, high) -
                   std::clamp(steps[segment * kWidth + i], low, high);
      table.stepsOff = std::max(table.stepsOff, std::fabs(off));
    }
  }
  return table;
}

int32_t quantir::interpolated(const InterpolationTable &table, int32_t code,
                              quant::QuantizedType out) {
  int place = code + 32768, segment = place >> kSegmentBits;
  int64_t c[3];
  for (int power = 0; power < 3; ++power)
    c[power] = table.coefficients[power * kSegments + segment];
  int64_t result = evaluate(c, table.fractionBits, place % kWidth - kHalf);
  return int32_t(
      std::clamp(result, out.getStorageTypeMin(), out.getStorageTypeMax()));
}
