#include "quantir/Approximate/Gelu.h"

#include "gtest/gtest.h"
#include <cmath>
#include <numeric>

using namespace quantir::approximate;

/// x Phi(x) by Simpson's rule over the normal density: no erf of any library.
static double integratedGelu(double x) {
  auto density = [](double t) {
    return std::exp(-t * t / 2) / std::sqrt(2 * M_PI);
  };
  constexpr int pieces = 2000;
  double h = x / pieces, sum = density(0) + density(x);
  for (int i = 1; i < pieces; ++i)
    sum += (i % 2 ? 4 : 2) * density(i * h);
  return x * (0.5 + sum * h / 3);
}

static std::vector<int32_t> everyCode(int32_t low, int32_t high) {
  std::vector<int32_t> codes(high - low + 1);
  std::iota(codes.begin(), codes.end(), low);
  return codes;
}

static double worstError(GeluForm form, double scale, int32_t most,
                         Conduct conduct) {
  std::vector<int32_t> codes = everyCode(-most, most);
  ScaledCodes result = llvm::cantFail(gelu(form, codes, scale, conduct));
  double worst = 0;
  for (size_t i = 0; i < codes.size(); ++i)
    worst = std::max(worst, std::abs(double(result.codes[i]) * result.scale -
                                     integratedGelu(scale * codes[i])));
  return worst;
}

TEST(ExactGelu, IsTheIntegral) {
  for (double x = -8; x <= 8; x += 0.37)
    EXPECT_NEAR(exactGelu(x), integratedGelu(x), 1e-12);
}

TEST(IBertGelu, HasThePublishedError) {
  EXPECT_NEAR(worstError(GeluForm::IBert, 4 / 127.0, 127, Conduct::Sound),
              1.7e-2, 2e-3);
  EXPECT_NEAR(worstError(GeluForm::IBert, 0x1p-12, 32767, Conduct::Sound),
              1.8e-2, 1e-3);
}

TEST(IBertGelu, RefusesWhatDoesNotFit) {
  auto fine = gelu(GeluForm::IBert, {127}, 0x1p-18, Conduct::Sound);
  ASSERT_FALSE(bool(fine));
  EXPECT_EQ(toString(fine.takeError()),
            "ibert: the polynomial needs 41 bits of 32");
}

TEST(ShiftGelu, HasThePublishedErrorPerElement) {
  EXPECT_LT(worstError(GeluForm::ShiftGelu, 4 / 127.0, 127, Conduct::Sound),
            6e-2);
  EXPECT_LT(
      worstError(GeluForm::ShiftGelu, 16 / 32767.0, 32767, Conduct::Sound),
      4e-2);
}

TEST(GeluTable, IsHalfAStepFromTheDefinition) {
  CodeSet in{4 / 127.0, 128, 0, 255}, out{4.2 / 255, 10, 0, 255};
  std::vector<int32_t> table =
      llvm::cantFail(geluTable(GeluForm::Table, in, out, Conduct::Sound));
  ASSERT_EQ(table.size(), 256u);
  for (int32_t code = 0; code < 256; ++code) {
    double exact = integratedGelu(in.real(code));
    double wanted = std::clamp(exact / out.scale + 10, 0.0, 255.0);
    EXPECT_LE(std::abs(table[code] - wanted), 0.5 + 1e-9) << code;
  }
}

TEST(GeluTable, HoldsTheFormsThatNeedOneCode) {
  CodeSet in{4 / 127.0, 128, 0, 255}, out{4.2 / 255, 10, 0, 255};
  for (GeluForm form : {GeluForm::IBert, GeluForm::ShiftGelu})
    EXPECT_EQ(llvm::cantFail(geluTable(form, in, out, Conduct::Sound)).size(),
              256u);
  auto row = geluTable(GeluForm::ShiftGelu, in, out, Conduct::AsPublished);
  ASSERT_FALSE(bool(row));
  EXPECT_EQ(toString(row.takeError()),
            "shiftgelu: as published depends on the whole row; no table holds "
            "it");
}

TEST(GeluForms, AreFoundByName) {
  for (const FormInfo<GeluForm> &info : geluForms())
    EXPECT_EQ(llvm::cantFail(parseGeluForm(info.name)), info.form);
  for (const FormInfo<NormForm> &info : normForms())
    EXPECT_EQ(llvm::cantFail(parseNormForm(info.name)), info.form);
}
