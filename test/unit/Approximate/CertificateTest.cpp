#include "quantir/Approximate/Certificate.h"
#include "Rows.h"

#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace quantir::approximate;
using namespace quantir::test;

/// The error of each code, derived by the reader of the certificate: 16 bits
/// behind the point, no double on the way to the comparison.
TEST(TableCertificate, IsTheWorstOfAllCodes) {
  CodeSet in{4 / 127.0, 128, 0, 255}, out{4.2 / 255, 10, 0, 255};
  for (GeluForm form :
       {GeluForm::Table, GeluForm::IBert, GeluForm::ShiftGelu}) {
    std::vector<int32_t> table =
        llvm::cantFail(geluTable(form, in, out, Conduct::Sound));
    Certificate certificate = certifyTable(table, in, out, exactGelu);
    EXPECT_EQ(certificate.checked, 256);
    long double worst = 0;
    for (int code = 0; code < 256; ++code) {
      long double x = 4.0L / 127 * (code - 128);
      long double y = x * (1 + erfl(x / sqrtl(2))) / 2 / (4.2L / 255) + 10;
      worst = std::max(worst,
                       fabsl(table[code] - std::clamp<long double>(y, 0, 255)));
    }
    EXPECT_NEAR(certificate.worst, double(worst), 1e-9);
    if (form == GeluForm::Table)
      EXPECT_LE(certificate.worst, 0.5 + 1e-9);
    else
      EXPECT_GT(certificate.worst, 0.5);
  }
}

TEST(TableCertificate, TriesAllCodesOfSixteenBits) {
  CodeSet in{8 / 32767.0, 0, -32767, 32767}, out{8 / 32767.0, 0, -32767, 32767};
  std::vector<int32_t> table =
      llvm::cantFail(geluTable(GeluForm::IBert, in, out, Conduct::Sound));
  Certificate certificate = certifyTable(table, in, out, exactGelu);
  EXPECT_EQ(certificate.checked, 65535);
  // 1.8e-2 of 8 / 32767
  EXPECT_NEAR(certificate.worst * out.scale, 1.8e-2, 1e-3);
}

TEST(SoftmaxCertificate, BoundsWhatIsFoundAndWhatIsTried) {
  std::mt19937 random(31);
  for (const FormInfo<SoftmaxForm> &info : softmaxForms())
    for (double scale : {0.02, 0.1}) {
      SCOPED_TRACE(info.name.str() + " at " + std::to_string(scale));
      SoftmaxRows rows{scale, 48, 255};
      auto softmax = llvm::cantFail(SoftmaxArithmetic::create(info.form, rows));
      RowCertificate certificate = certifySoftmax(*softmax, rows);
      EXPECT_GT(certificate.worst, 0);
      EXPECT_LE(certificate.worst, certificate.bound);
      EXPECT_GT(certificate.checked, 700);
      // Other rows than those the certificate tried.
      for (int trial = 0; trial < 500; ++trial) {
        std::vector<int32_t> codes(48);
        unsigned spread = 1 + random() % 255;
        for (int32_t &code : codes)
          code = -int32_t(random() % spread);
        std::vector<double> exact = exactSoftmax(codes, scale);
        std::vector<int32_t> found = softmax->row(codes);
        for (int i = 0; i < 48; ++i)
          ASSERT_LE(std::abs(softmax->meaning().real(found[i]) - exact[i]),
                    certificate.bound);
      }
    }
}

TEST(SoftmaxCertificate, IsOneStepForTheTableOfXNNPACK) {
  SoftmaxRows rows{0.05, 197, 255};
  auto softmax =
      llvm::cantFail(SoftmaxArithmetic::create(SoftmaxForm::XNNPACK, rows));
  EXPECT_LT(certifySoftmax(*softmax, rows).bound * 256, 1.02);
}
