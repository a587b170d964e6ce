// The compiler's arithmetic, for lanes, against the plain one.
#include "Rows.h"
#include "quantir/Approximate/Norm.h"
#include "quantir/Approximate/RowCertificate.h"

#include "Quantir/QuantirDialect.h"
#include "Quantir/QuantirOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "quantir/Interpret/Interpreter.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir;
using namespace quantir;
using quantir::approximate::CodeMeaning;
using quantir::test::makeSoftmax;

namespace {
struct Case {
  approximate::SoftmaxForm plain;
  SoftmaxForm form;
  CodeMeaning native;
  unsigned outBits;
  bool outSigned;
};

class CompiledSoftmax : public testing::TestWithParam<Case> {
protected:
  CompiledSoftmax() {
    context
        .loadDialect<QuantirDialect, quant::QuantDialect, func::FuncDialect>();
  }

  Type codes(double scale, int64_t zeroPoint, unsigned bits, bool isSigned) {
    OpBuilder b(&context);
    int64_t low = isSigned ? -(int64_t(1) << (bits - 1)) : 0;
    return quant::UniformQuantizedType::get(
        isSigned, b.getIntegerType(bits), b.getF32Type(), scale, zeroPoint, low,
        low + (int64_t(1) << bits) - 1);
  }

  /// Rows of `columns` codes through the interpreter; nothing when the op's
  /// verifier refuses the form.
  std::vector<int32_t> interpret(ArrayRef<int32_t> input, int64_t columns,
                                 double scale, unsigned bits) {
    const Case &c = GetParam();
    int64_t rows = int64_t(input.size()) / columns;
    auto in = RankedTensorType::get({rows, columns},
                                    codes(scale, 0, bits, /*isSigned=*/true));
    auto out = in.clone(
        codes(c.native.scale, c.native.zeroPoint, c.outBits, c.outSigned));
    OpBuilder b(&context);
    OwningOpRef<ModuleOp> module = ModuleOp::create(b.getUnknownLoc());
    auto function = func::FuncOp::create(b.getUnknownLoc(), "main",
                                         b.getFunctionType({in}, {out}));
    module->push_back(function);
    b.setInsertionPointToStart(function.addEntryBlock());
    auto op = SoftmaxOp::create(b, b.getUnknownLoc(), out,
                                function.getArgument(0), false, false, c.form);
    EXPECT_TRUE(succeeded(op.verify()));
    Tensor tensor(in);
    for (auto [i, code] : llvm::enumerate(input))
      if (bits == 8)
        tensor.mutableAs<int8_t>()[i] = int8_t(code);
      else
        tensor.mutableAs<int16_t>()[i] = int16_t(code);
    auto results = evaluate(op, {tensor});
    EXPECT_TRUE(succeeded(results));
    std::vector<int32_t> found;
    for (size_t i = 0; i < input.size(); ++i)
      found.push_back(c.outBits == 16 ? (*results)[0].as<int16_t>()[i]
                      : c.outSigned   ? (*results)[0].as<int8_t>()[i]
                                      : (*results)[0].as<uint8_t>()[i]);
    return found;
  }

  MLIRContext context;
};
} // namespace

/// The plain form's code as the compiler's: powers of two are not logarithms.
static int32_t compiledCode(const CodeMeaning &meaning, int32_t code) {
  if (!meaning.logarithmic)
    return code;
  return code >= 16 ? 0 : (((1 << 15) >> code) + 1) >> 1;
}

TEST_P(CompiledSoftmax, EqualsThePlainForm) {
  std::mt19937 random(17);
  for (unsigned bits : {8u, 16u})
    for (double scale : {0.002, 0.013, 0.05, 0.25})
      for (int64_t columns : {1, 3, 65, 500}) {
        if (bits == 16 && GetParam().form == SoftmaxForm::xnnpack)
          continue;
        int64_t span = (int64_t(1) << bits) - 1;
        auto plain = approximate::SoftmaxArithmetic::create(
            GetParam().plain, {scale, columns, span});
        if (!plain) { // Shiftmax's sum
          consumeError(plain.takeError());
          continue;
        }
        SCOPED_TRACE("bits " + std::to_string(bits) + " scale " +
                     std::to_string(scale) + " x" + std::to_string(columns));
        std::vector<int32_t> input, wanted;
        for (int row = 0; row < 12; ++row) {
          unsigned spread = 1 + random() % unsigned(span);
          std::vector<int32_t> codes;
          for (int64_t i = 0; i < columns; ++i)
            codes.push_back(int32_t(random() % spread) - int32_t(span / 2 + 1));
          for (int32_t code : (*plain)->row(codes))
            wanted.push_back(compiledCode((*plain)->meaning(), code));
          input.insert(input.end(), codes.begin(), codes.end());
        }
        EXPECT_EQ(interpret(input, columns, scale, bits), wanted);
      }
}

static std::vector<Case> cases() {
  using Plain = approximate::SoftmaxForm;
  return {
      {Plain::IBert, SoftmaxForm::ibert, {0x1p-8}, 8, false},
      {Plain::Shiftmax, SoftmaxForm::shiftmax, {0x1p-7}, 8, false},
      {Plain::Log2, SoftmaxForm::log2, {0x1p-14}, 16, true},
      {Plain::HyQ, SoftmaxForm::hyq, {0x1p-14}, 16, true},
      {Plain::LiteRT, SoftmaxForm::litert, {0x1p-8, -128}, 8, true},
      {Plain::LiteRT16, SoftmaxForm::litert16, {0x1p-15}, 16, true},
      {Plain::Index, SoftmaxForm::index, {1.0 / 255}, 8, false},
      {Plain::XNNPACK, SoftmaxForm::xnnpack, {0x1p-8}, 8, false},
  };
}

INSTANTIATE_TEST_SUITE_P(Forms, CompiledSoftmax, testing::ValuesIn(cases()),
                         [](const auto &info) {
                           return stringifySoftmaxForm(info.param.form).str();
                         });

namespace {
class CompiledNorm : public testing::TestWithParam<NormForm> {};
} // namespace

/// The mean and the root are the plain form's: the results differ by their own
/// rounding alone.
TEST_P(CompiledNorm, IsThePlainFormRounded) {
  MLIRContext context;
  context.loadDialect<QuantirDialect, quant::QuantDialect>();
  OpBuilder b(&context);
  constexpr double step = 0x1p-10;
  constexpr int64_t rows = 50, columns = 96;
  auto codes = [&](double scale) {
    return quant::UniformQuantizedType::get(
        true, b.getIntegerType(16), b.getF32Type(), scale, 0, -32768, 32767);
  };
  auto in = RankedTensorType::get({rows, columns}, codes(1));
  auto vector = RankedTensorType::get({columns}, b.getF32Type());
  Block block;
  for (Type type : {Type(in), Type(vector), Type(vector)})
    block.addArgument(type, b.getUnknownLoc());
  b.setInsertionPointToStart(&block);
  auto op = LayerNormOp::create(b, b.getUnknownLoc(), in.clone(codes(step)),
                                block.getArgument(0), block.getArgument(1),
                                block.getArgument(2), b.getF32FloatAttr(0));
  op.setForm(GetParam());
  Tensor input(in), ones(vector), zeros(vector);
  std::fill_n(ones.mutableAs<float>(), columns, 1.0f);
  auto values = test::normRows(rows, columns, 3000, true);
  for (int64_t i = 0; i < rows * columns; ++i)
    input.mutableAs<int16_t>()[i] = int16_t(values[i / columns][i % columns]);
  auto results = evaluate(op, {input, ones, zeros});
  ASSERT_TRUE(succeeded(results));
  auto plain = GetParam() == NormForm::ibert ? approximate::NormForm::IBert
                                             : approximate::NormForm::IVit;
  for (int64_t row = 0; row < rows; ++row) {
    approximate::ScaledCodes wanted = llvm::cantFail(approximate::normalize(
        plain, values[row], approximate::Conduct::Sound));
    for (int64_t i = 0; i < columns; ++i)
      ASSERT_NEAR((*results)[0].as<int16_t>()[row * columns + i],
                  double(wanted.codes[i]) * wanted.scale / step, 0.51);
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, CompiledNorm,
                         testing::Values(NormForm::ibert, NormForm::ivit),
                         [](const auto &info) {
                           return stringifyNormForm(info.param).str();
                         });

namespace {
struct Certified {
  const char *name;
  bool unnormalized;
  unsigned bits; ///< of the result
  double scale;
  double most; ///< the certificate is at most this
};
class HouseSoftmax : public testing::TestWithParam<Certified> {};
} // namespace

/// No row comes near the certificate, and the certificate is not far.
TEST_P(HouseSoftmax, StaysWithinItsCertificate) {
  const Certified &c = GetParam();
  MLIRContext context;
  context.loadDialect<QuantirDialect, quant::QuantDialect>();
  OpBuilder b(&context);
  constexpr int64_t rows = 200, columns = 96;
  constexpr double step = 0.002;
  bool isSigned = c.bits == 16;
  int64_t low = isSigned ? -32768 : 0;
  auto codes = [&](unsigned bits, double scale, bool isSigned, int64_t low) {
    return quant::UniformQuantizedType::get(isSigned, b.getIntegerType(bits),
                                            b.getF32Type(), scale, 0, low,
                                            low + (int64_t(1) << bits) - 1);
  };
  auto in =
      RankedTensorType::get({rows, columns}, codes(16, step, true, -32768));
  auto out = in.clone(codes(c.bits, c.scale, isSigned, low));
  Block block;
  block.addArgument(in, b.getUnknownLoc());
  b.setInsertionPointToStart(&block);
  auto op = SoftmaxOp::create(b, b.getUnknownLoc(), out, block.getArgument(0),
                              false, c.unnormalized);
  double certificate = softmaxStepsOff(op);
  EXPECT_LE(certificate, c.most);
  Tensor input(in);
  std::mt19937 random(3);
  for (int64_t i = 0; i < rows * columns; ++i)
    input.mutableAs<int16_t>()[i] =
        int16_t(int32_t(random() % (1u << (4 + i / columns % 12))));
  auto results = evaluate(op, {input});
  ASSERT_TRUE(succeeded(results));
  double worst = 0;
  for (int64_t row = 0; row < rows; ++row) {
    std::vector<int32_t> values(columns);
    for (int64_t i = 0; i < columns; ++i)
      values[i] = input.as<int16_t>()[row * columns + i];
    std::vector<double> exact = test::exactSoftmax(values, step);
    double largest =
        c.unnormalized ? *std::max_element(exact.begin(), exact.end()) : 1;
    for (int64_t i = 0; i < columns; ++i) {
      int64_t at = row * columns + i;
      double code = c.bits == 16 ? (*results)[0].as<int16_t>()[at]
                                 : (*results)[0].as<uint8_t>()[at];
      worst = std::max(worst, std::abs(code - exact[i] / largest / c.scale));
    }
  }
  EXPECT_LE(worst, certificate + 1e-6);
  EXPECT_GT(worst, 0.4);
}

INSTANTIATE_TEST_SUITE_P(
    Results, HouseSoftmax,
    testing::Values(Certified{"Bytes", false, 8, 1.0 / 255, 0.6},
                    Certified{"Words", false, 16, 1.0 / 32768, 14},
                    Certified{"Exponentials", true, 8, 1.0 / 255, 0.53}),
    [](const auto &info) { return info.param.name; });
