#include "BiasCorrection.h"

using namespace mlir;
using namespace quantir;

/// For each tap of a window along one dimension, the share of the `outputs`
/// positions at which it lies inside the image.
static std::vector<double> insideShares(int64_t taps, int64_t size,
                                        int64_t outputs, int64_t stride,
                                        int64_t dilation, int64_t pad) {
  std::vector<double> shares(taps);
  for (int64_t tap = 0; tap != taps; ++tap) {
    int64_t inside = 0;
    for (int64_t output = 0; output != outputs; ++output) {
      int64_t position = output * stride + tap * dilation - pad;
      inside += position >= 0 && position < size;
    }
    shares[tap] = double(inside) / double(outputs);
  }
  return shares;
}

static double roundingOf(const FloatElements &weights, const WeightCodes &codes,
                         size_t index, size_t channel) {
  return weights[index] - double(codes.scales[channel]) * codes.codes[index];
}

static std::vector<double> correctionOf(ConvOp conv,
                                        const FloatElements &weights,
                                        const WeightCodes &codes,
                                        ArrayRef<float> means) {
  auto image = cast<RankedTensorType>(conv.getInput().getType()).getShape();
  auto filter = cast<RankedTensorType>(conv.getFilter().getType()).getShape();
  auto result = cast<RankedTensorType>(conv.getType()).getShape();
  std::vector<double> shares[2];
  for (int dim : {0, 1})
    shares[dim] = insideShares(filter[1 + dim], image[1 + dim], result[1 + dim],
                               conv.getStrides()[dim], conv.getDilations()[dim],
                               conv.getPads()[dim]);
  int64_t perGroup = filter[3], filtersOfGroup = filter[0] / conv.getGroups();
  std::vector<double> correction(filter[0]);
  size_t index = 0;
  for (int64_t o = 0; o != filter[0]; ++o)
    for (double vertical : shares[0])
      for (double horizontal : shares[1])
        for (int64_t c = 0; c != perGroup; ++c, ++index)
          correction[o] += roundingOf(weights, codes, index, o) * vertical *
                           horizontal *
                           means[o / filtersOfGroup * perGroup + c];
  return correction;
}

static std::vector<double> correctionOf(MatmulOp matmul,
                                        const FloatElements &weights,
                                        const WeightCodes &codes,
                                        ArrayRef<float> means) {
  bool transposed = matmul.getTransposeRhs();
  auto columns = int64_t(codes.scales.size()), depth = int64_t(means.size());
  std::vector<double> correction(columns);
  for (int64_t o = 0; o != columns; ++o)
    for (int64_t k = 0; k != depth; ++k)
      correction[o] +=
          means[k] * roundingOf(weights, codes,
                                transposed ? o * depth + k : k * columns + o,
                                o);
  return correction;
}

std::optional<std::vector<double>>
quantir::biasCorrection(Operation *op, const FloatElements &weights,
                        const WeightCodes &codes, ArrayRef<float> means) {
  if (auto conv = dyn_cast<ConvOp>(op)) {
    auto image = cast<RankedTensorType>(conv.getInput().getType());
    if (image.getDimSize(3) == int64_t(means.size()))
      return correctionOf(conv, weights, codes, means);
  }
  if (auto matmul = dyn_cast<MatmulOp>(op)) {
    auto rows = cast<RankedTensorType>(matmul.getLhs().getType());
    auto columns = cast<RankedTensorType>(matmul.getRhs().getType());
    auto depth = int64_t(means.size());
    if (rows.getNumElements() == depth && rows.getShape().back() == depth &&
        columns.getRank() == 2)
      return correctionOf(matmul, weights, codes, means);
  }
  return std::nullopt;
}
