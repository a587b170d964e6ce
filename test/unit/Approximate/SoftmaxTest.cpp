#include "Rows.h"

#include "gtest/gtest.h"
#include <cmath>

using namespace quantir::approximate;
using namespace quantir::test;

TEST(SoftmaxForms, AreFoundByName) {
  for (const FormInfo<SoftmaxForm> &info : softmaxForms())
    EXPECT_EQ(llvm::cantFail(parseSoftmaxForm(info.name)), info.form);
  llvm::Expected<SoftmaxForm> unknown = parseSoftmaxForm("bert");
  ASSERT_FALSE(bool(unknown));
  EXPECT_EQ(toString(unknown.takeError()),
            "unknown form of softmax 'bert'; use ibert, shiftmax, log2, hyq, "
            "litert, litert16, index, xnnpack");
}

TEST(SplitExponential, GoldenVectorOfIBert) {
  SplitExponential exponential(0.01, /*isLine=*/false);
  EXPECT_EQ(exponential.negativeLn2, -70);
  EXPECT_EQ(exponential.b, 270);
  EXPECT_EQ(exponential.c, 27921);
  const int64_t below[] = {0, -1, -50, -69, -70, -71, -139, -140};
  const int64_t polynomial[] = {27921, 27652, 16921, 14052,
                                27921, 27652, 14052, 27921};
  const int halvings[] = {0, 0, 0, 0, 1, 1, 1, 2};
  for (int i = 0; i < 8; ++i) {
    auto parts = exponential(below[i]);
    EXPECT_EQ(parts.polynomial, polynomial[i]);
    EXPECT_EQ(parts.halvings, halvings[i]);
  }
}

/// The largest error of e^x by I-BERT's polynomial with a shift at the end.
static double worstOfShiftForm(double scale) {
  SplitExponential exponential(scale, false);
  double worst = 0, unit = 0.35815147 * scale * scale;
  for (int64_t q = 0; double(q) * scale >= -12; --q) {
    auto [polynomial, halvings] = exponential(q);
    double value = double(polynomial >> halvings) * unit;
    worst = std::max(worst, std::abs(value - std::exp(double(q) * scale)));
  }
  return worst;
}

TEST(SplitExponential, HasThePublishedErrorAtEachScale) {
  const std::pair<double, double> cases[] = {
      {0.5, 8.0e-2},      {0.25, 2.7e-2}, {0.1, 3.4e-3},
      {1 / 16.0, 2.7e-2}, {0.05, 3.7e-3}, {1 / 32.0, 1.3e-2},
      {1 / 64.0, 5.4e-3}, {0.01, 4.1e-3}, {1 / 256.0, 1.9e-3}};
  for (auto [scale, error] : cases)
    EXPECT_NEAR(worstOfShiftForm(scale), error, error * 0.05) << scale;
}

TEST(LiteRTSoftmax, GoldenVector) {
  auto softmax = makeSoftmax(SoftmaxForm::LiteRT, 0.05, 8);
  EXPECT_EQ(
      softmax->row({-128, -60, 0, 40, 90, 127, 127, 3}),
      (std::vector<int32_t>{-128, -128, -128, -126, -109, -10, -10, -128}));
}

// LiteRT's int8 codes are min(floor(256 p), 255) - 128 where its arithmetic is
// exact enough, and XNNPACK's table rounds 256 p to nearest.
TEST(LiteRTSoftmax, IsTheRoundedSoftmax) {
  for (double deviation : {0.2, 1.0, 4.0}) {
    Rows rows = normalRows(40, 1024, deviation, 127);
    auto litert = makeSoftmax(SoftmaxForm::LiteRT, rows.scale, 1024);
    auto xnnpack = makeSoftmax(SoftmaxForm::XNNPACK, rows.scale, 1024);
    int far = 0, different = 0;
    for (const std::vector<int32_t> &row : rows.codes) {
      std::vector<double> exact = exactSoftmax(row, rows.scale);
      std::vector<int32_t> a = litert->row(row), b = xnnpack->row(row);
      for (size_t i = 0; i < row.size(); ++i) {
        double wanted = std::min(256 * exact[i], 255.0);
        far += std::abs(a[i] + 128 - wanted) > 0.5001;
        far += std::abs(b[i] - wanted) > 0.5001;
        different += a[i] + 128 != b[i];
      }
    }
    EXPECT_EQ(far, 0) << deviation;
    EXPECT_LE(different, 1) << deviation;
  }
}

namespace {
struct Case {
  SoftmaxForm form;
  Conduct conduct;
  int32_t most; ///< of the scores' codes
  SoftmaxError mild, peaky, flat;
};
} // namespace

/// Where few codes matter, the error depends on the scale, so on the draw.
static void expectNear(SoftmaxError found, SoftmaxError wanted,
                       double tolerance = 0.12) {
  EXPECT_NEAR(found.l1, wanted.l1, tolerance * wanted.l1 + 1e-3);
  EXPECT_NEAR(found.sum, wanted.sum, 0.06 * wanted.sum + 1e-3);
}

// The rows of the published comparison: normal scores whose deviation is 1, 4
// and 0.2, with 197, 197 and 1024 keys.
TEST(SoftmaxForms, HaveThePublishedErrors) {
  constexpr Conduct published = Conduct::AsPublished, sound = Conduct::Sound;
  const Case cases[] = {
      {SoftmaxForm::LiteRT, sound, 127, {.207, .971}, {.040, .984}, {1, .001}},
      {SoftmaxForm::XNNPACK, sound, 127, {.207, .971}, {.040, .984}, {1, .001}},
      {SoftmaxForm::IBert, sound, 127, {.209, .973}, {.144, .998}, {1, .001}},
      {SoftmaxForm::IBert, published, 127, {.356, .644}, {.153, .917}, {1, 0}},
      {SoftmaxForm::Shiftmax,
       published,
       127,
       {.585, .415},
       {.138, .885},
       {1, 0}},
      {SoftmaxForm::Log2,
       published,
       127,
       {.189, 1.075},
       {.268, 1.034},
       {.157, 1.047}},
      {SoftmaxForm::HyQ,
       published,
       127,
       {.190, 1.077},
       {.261, 1.038},
       {.163, 1.065}},
      {SoftmaxForm::LiteRT16,
       published,
       32767,
       {.0015, 1},
       {.008, 1},
       {.008, .999}},
  };
  for (const Case &c : cases) {
    SCOPED_TRACE("form " + std::to_string(int(c.form)));
    expectNear(errorOf(c.form, c.conduct, normalRows(200, 197, 1, c.most)),
               c.mild);
    expectNear(errorOf(c.form, c.conduct, normalRows(200, 197, 4, c.most)),
               c.peaky, 0.5);
    expectNear(errorOf(c.form, c.conduct, normalRows(50, 1024, .2, c.most)),
               c.flat);
  }
}

TEST(SoftmaxForms, KeepTheOrderOfTheCodes) {
  Rows rows = normalRows(20, 197, 4, 127);
  for (const FormInfo<SoftmaxForm> &info : softmaxForms()) {
    auto softmax = makeSoftmax(info.form, rows.scale, 197);
    for (const std::vector<int32_t> &row : rows.codes) {
      size_t best = std::max_element(row.begin(), row.end()) - row.begin();
      double top = softmax->meaning().real(softmax->row(row)[best]);
      for (int32_t code : softmax->row(row))
        EXPECT_LE(softmax->meaning().real(code), top) << info.name.str();
    }
  }
}

TEST(SoftmaxForms, NameTheValueThatDoesNotFit) {
  auto refusal = [](SoftmaxForm form, SoftmaxRows rows) -> std::string {
    auto made = SoftmaxArithmetic::create(form, rows);
    return made ? "" : toString(made.takeError());
  };
  EXPECT_EQ(refusal(SoftmaxForm::Shiftmax, {0x1p-8, 1024, 255}),
            "shiftmax: the sum needs 35 bits of 32");
  EXPECT_EQ(
      refusal(SoftmaxForm::Shiftmax, {0x1p-8, 1024, 255, Conduct::AsPublished}),
      "");
  EXPECT_EQ(refusal(SoftmaxForm::IBert, {0x1p-15, 197, 65535}),
            "ibert: the polynomial needs 33 bits of 32");
  EXPECT_EQ(refusal(SoftmaxForm::XNNPACK, {0x1p-8, 197, 65535}),
            "xnnpack: is for codes of 8 bits alone");
  EXPECT_EQ(refusal(SoftmaxForm::LiteRT, {0x1p-8, 4096, 255}),
            "litert: the sum in Q12.19 needs 33 bits of 32");
  EXPECT_EQ(refusal(SoftmaxForm::LiteRT, {0x1p-8, 4095, 255}), "");
  EXPECT_NE(refusal(SoftmaxForm::HyQ, {2, 197, 255}), "");
}

/// The intermediate values a form announces hold for every distance.
TEST(SoftmaxForms, StayWithinTheirWidths) {
  for (const FormInfo<SoftmaxForm> &info : softmaxForms())
    for (double scale : {0.1, 1 / 16.0, 0.01}) {
      auto softmax = makeSoftmax(info.form, scale, 100);
      __int128 sum = __int128(softmax->addend(softmax->term(0))) * 100;
      for (const Width &width : softmax->widths())
        if (width.value.rfind("the sum", 0) == 0)
          EXPECT_LT(sum, __int128(1) << (width.bits - 1)) << info.name.str();
      for (int64_t below = 0; below >= -255; --below) {
        EXPECT_GE(softmax->term(below), 0);
        EXPECT_LE(softmax->term(below), softmax->term(0));
      }
    }
}
