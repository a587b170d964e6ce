#ifndef QUANTIR_APPROXIMATE_NORM_H
#define QUANTIR_APPROXIMATE_NORM_H

#include "quantir/Approximate/Gelu.h"

namespace quantir::approximate {

/// floor(sqrt(n)) by Newton's method from 2^ceil(bits/2) until it stops
/// falling; `steps` counts the evaluations, the last included.
uint64_t integerRoot(uint64_t n, int *steps = nullptr);

/// I-ViT's root: ten steps of Newton's method from 2^16, whatever n. Too large
/// below n = 34,595 or so.
uint64_t rootOfTenSteps(uint64_t n);

/// (code - mean) / deviation of each code of a row: layer normalisation without
/// its factors and biases, which belong to the requantization that follows. A
/// row of equal codes gives zeros.
///
/// As published, I-BERT shifts the deviations so that their squares sum to less
/// than 2^32, and I-ViT takes `rootOfTenSteps`; soundly both sum in 64 bits and
/// take the exact root. Fails when 64 bits do not hold a form's sums.
llvm::Expected<ScaledCodes>
normalize(NormForm form, llvm::ArrayRef<int32_t> row, Conduct conduct);

/// FQ-ViT's layer norm (megvii-research/FQ-ViT layers.py QIntLayerNorm):
/// channel c of the input has the scale `scale` * 2^factors[c].
struct PowerOfTwoNorm {
  double scale;
  std::vector<int> factors; ///< in [0, 3]
  std::vector<double> weight, bias;
  double outScale;

  /// Results in units of `outScale`; not saturated. `codes` are without zero
  /// point.
  std::vector<int64_t> operator()(llvm::ArrayRef<int32_t> codes) const;
};

/// For each channel the k in [0, 3] whose scale, `scale` / 2^(3 - k), rounds
/// the channel's values with the least squared error (FQ-ViT observer/ptf.py).
/// `values` are rows of `channels` numbers, `scale` the largest scale.
std::vector<int> powerOfTwoFactors(llvm::ArrayRef<float> values,
                                   int64_t channels, double scale, int32_t low,
                                   int32_t high);

} // namespace quantir::approximate

#endif // QUANTIR_APPROXIMATE_NORM_H
