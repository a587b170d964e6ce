// What published code gets wrong, reproduced, and that ours does not.
#include "Rows.h"
#include "quantir/Approximate/FixedPoint.h"
#include "quantir/Approximate/Norm.h"
#include "quantir/Calibrate/Estimators.h"

#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace quantir;
using namespace quantir::approximate;
using namespace quantir::test;

TEST(Trap1, IBertFloorsAwayAThirdOfARow) {
  Rows rows = normalRows(50, 197, 1, 127);
  EXPECT_NEAR(errorOf(SoftmaxForm::IBert, Conduct::AsPublished, rows).sum, .64,
              .04);
  EXPECT_GT(errorOf(SoftmaxForm::IBert, Conduct::Sound, rows).sum, .95);
}

TEST(Trap2, IBertGuardBitsDoNotFitInt32) {
  SplitExponential exponential(1 / 16.0, false);
  // As published the exponential of 0 is c * 2^30.
  EXPECT_GT(signedBits(std::ldexp(double(exponential.c), 30)), 32);
  // Soundly, everything but the final 64-bit product fits; the result of the
  // 16-bit terms is the same to one unit.
  auto sound = makeSoftmax(SoftmaxForm::IBert, 1 / 16.0, 197);
  auto published =
      makeSoftmax(SoftmaxForm::IBert, 1 / 16.0, 197, 255, Conduct::AsPublished);
  for (const Width &width : sound->widths())
    EXPECT_LE(width.bits, 32) << width.value;
  for (int64_t below = 0; below >= -255; --below)
    EXPECT_NEAR(sound->term(below), published->term(below), 1);
}

static double worstGelu(GeluForm form, double amax, int32_t most,
                        Conduct conduct) {
  std::vector<int32_t> codes;
  for (int32_t code = -most; code <= most; ++code)
    codes.push_back(code);
  ScaledCodes result = llvm::cantFail(gelu(form, codes, amax / most, conduct));
  double worst = 0;
  for (size_t i = 0; i < codes.size(); ++i)
    worst = std::max(worst, std::abs(double(result.codes[i]) * result.scale -
                                     exactGelu(codes[i] * amax / most)));
  return worst;
}

TEST(Trap3, IBertGeluDropsFourteenBitsItDoesNotHave) {
  EXPECT_GT(worstGelu(GeluForm::IBert, 4, 127, Conduct::AsPublished), 1);
  EXPECT_LT(worstGelu(GeluForm::IBert, 4, 127, Conduct::Sound), 2e-2);
}

TEST(Trap4, ShiftmaxClampsItsSum) {
  Rows rows = normalRows(20, 1024, .2, 32767);
  EXPECT_GT(errorOf(SoftmaxForm::Shiftmax, Conduct::AsPublished, rows).sum,
            100);
  llvm::Expected<std::unique_ptr<SoftmaxArithmetic>> refused =
      SoftmaxArithmetic::create(SoftmaxForm::Shiftmax,
                                {rows.scale, 1024, 65534});
  EXPECT_FALSE(bool(refused));
  llvm::consumeError(refused.takeError());
}

TEST(Trap5, ShiftGeluRelativeToTheRowUnderflows) {
  EXPECT_GT(worstGelu(GeluForm::ShiftGelu, 4, 127, Conduct::AsPublished), .2);
  EXPECT_GT(worstGelu(GeluForm::ShiftGelu, 16, 127, Conduct::AsPublished), 5);
  for (double amax : {4.0, 16.0})
    for (int32_t most : {127, 32767})
      EXPECT_LT(worstGelu(GeluForm::ShiftGelu, amax, most, Conduct::Sound), .2);
}

TEST(Trap6, TenStepsOfNewtonAreTooFewForSmallSums) {
  EXPECT_EQ(rootOfTenSteps(100), 64u);
  EXPECT_EQ(rootOfTenSteps(4096), 83u);
  EXPECT_EQ(integerRoot(100), 10u);
  EXPECT_EQ(integerRoot(4096), 64u);
  uint64_t lastWrong = 0;
  for (uint64_t n = 1; n < 100000; ++n)
    if (rootOfTenSteps(n) > integerRoot(n) + 1)
      lastWrong = n;
  EXPECT_LE(lastWrong, 34595u);
  EXPECT_GT(lastWrong, 15000u);
}

TEST(Trap7, LiteRT16LeavesMassToMaskedKeys) {
  // Two keys share a row with 1022 that lie 40 below them: e^-10 is the least
  // exponential there is.
  auto leaked = [](SoftmaxForm form, int32_t span) {
    std::vector<int32_t> row(1024, -span / 2);
    row[3] = row[700] = span / 2;
    auto softmax = makeSoftmax(form, 40.0 / span, 1024, span);
    std::vector<int32_t> codes = softmax->row(row);
    return 1 - softmax->meaning().real(codes[3]) -
           softmax->meaning().real(codes[700]);
  };
  EXPECT_GT(leaked(SoftmaxForm::LiteRT16, 65534), 1e-2);
  EXPECT_EQ(leaked(SoftmaxForm::XNNPACK, 254), 0);
  EXPECT_EQ(leaked(SoftmaxForm::LiteRT, 254), 0);
}

/// Normal values with a few outliers at 60, in batches.
static std::vector<std::vector<float>> batchesWithOutliers() {
  std::mt19937 random(2);
  std::normal_distribution<float> normal(0, 1);
  std::vector<std::vector<float>> batches(3);
  for (auto &batch : batches) {
    for (int i = 0; i < 20000; ++i)
      batch.push_back(normal(random));
    batch.push_back(60);
  }
  for (float &x : batches[1])
    x *= 1.7f;
  return batches;
}

TEST(Trap8, EntropyCalibrationClipsAndKnowsNoOrder) {
  std::vector<std::vector<float>> batches = batchesWithOutliers();
  auto scaleOf = [&](std::initializer_list<int> order) {
    Histogram histogram;
    for (int i : order)
      histogram.add(batches[i]);
    return estimateScale(histogram, Estimator{Estimator::Kind::Entropy},
                         CodeRange::symmetricBits(8));
  };
  EXPECT_LT(scaleOf({0}).scale * 127, 30);
  EXPECT_EQ(scaleOf({0, 1, 2}), scaleOf({2, 1, 0}));
  EXPECT_EQ(scaleOf({0, 1, 2}), scaleOf({1, 2, 0}));
}

TEST(Trap9, RoundedMeansLoseHalfADeviation) {
  // Where rare outliers set the range, ordinary codes are few, and their mean
  // is a fraction.
  auto worst = [&](NormForm form) {
    double most = 0;
    for (const std::vector<int32_t> &row : normRows(50, 768, 127, true)) {
      double mean = 0, variance = 0;
      for (double code : row)
        mean += code / 768;
      for (double code : row)
        variance += (code - mean) * (code - mean) / 768;
      ScaledCodes result =
          llvm::cantFail(normalize(form, row, Conduct::AsPublished));
      for (size_t i = 0; i < row.size(); ++i)
        most = std::max(most, std::abs(double(result.codes[i]) * result.scale -
                                       (row[i] - mean) / std::sqrt(variance)));
    }
    return most;
  };
  EXPECT_GT(worst(NormForm::IBert), 0.3);
  EXPECT_LT(worst(NormForm::Exact), 1e-6);
}

TEST(Trap13, TheMinimumAfterSiluIsObserved) {
  auto zeroPointOf = [](auto function, double low) {
    std::vector<float> values;
    for (double x = low; x <= 3; x += 0.001)
      values.push_back(float(function(x)));
    Histogram histogram;
    histogram.add(values);
    return estimateScale(histogram, Estimator{Estimator::Kind::MinMax},
                         CodeRange::unsignedBits(8));
  };
  auto silu = [](double x) { return x / (1 + std::exp(-x)); };
  auto hardSwish = [](double x) {
    return x * std::clamp(x / 6 + 0.5, 0.0, 1.0);
  };
  // Only inputs from -0.5 on: the function's own minimum, -0.2785, is not seen.
  ScaleAndZeroPoint part = zeroPointOf(silu, -0.5);
  EXPECT_NEAR(-part.zeroPoint * part.scale, silu(-0.5), part.scale);
  ScaleAndZeroPoint whole = zeroPointOf(silu, -6);
  EXPECT_NEAR(-whole.zeroPoint * whole.scale, -0.2785, whole.scale);
  ScaleAndZeroPoint swish = zeroPointOf(hardSwish, -6);
  EXPECT_NEAR(-swish.zeroPoint * swish.scale, -0.375, swish.scale);
}
