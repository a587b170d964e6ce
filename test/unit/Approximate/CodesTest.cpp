// Operations on codes against what they are defined as, in double.
#include "Quantir/AverageMath.h"
#include "Quantir/QuantirDialect.h"
#include "Quantir/RowMath.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "quantir/Approximate/Passes.h"
#include "quantir/Approximate/RowCertificate.h"
#include "quantir/Interpret/Interpreter.h"
#include "quantir/Interpret/LaneBuilder.h"
#include "quantir/Interpret/ResizeCoordinates.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir;
using namespace quantir;

namespace {
class OfCodes : public testing::Test {
protected:
  OfCodes() : random(11) {
    context
        .loadDialect<QuantirDialect, quant::QuantDialect, func::FuncDialect>();
  }

  /// The op `%r = quantir.TEXT : IN -> OUT` of one operand, with random codes.
  void parse(StringRef text, StringRef in, StringRef out) {
    module = parseSourceString<ModuleOp>(
        llvm::formatv("func.func @main(%x: {1}) -> {2} {{\n"
                      "  %r = quantir.{0} : {1} -> {2}\n"
                      "  return %r : {2}\n}",
                      text, in, out)
            .str(),
        &context);
    ASSERT_TRUE(module);
    op = &(*module->getOps<func::FuncOp>().begin()).getBody().front().front();
    input.emplace(cast<RankedTensorType>(op->getOperand(0).getType()));
    if (!getQuantizedElement(input->getType()))
      return;
    for (int64_t i = 0; i < input->getNumElements(); ++i)
      setCode(i, int32_t(random()));
  }
  void run() {
    auto results = evaluate(op, {*input});
    ASSERT_TRUE(succeeded(results));
    result.emplace(std::move((*results)[0]));
  }

  /// Keeps the bits that the storage has.
  void setCode(int64_t i, int32_t code) {
    if (getQuantizedElement(input->getType()).getStorageTypeIntegralWidth() ==
        8)
      input->mutableAs<uint8_t>()[i] = uint8_t(code);
    else
      input->mutableAs<int16_t>()[i] = int16_t(code);
  }
  static double codeOf(const Tensor &tensor, int64_t i) {
    auto type = getQuantizedElement(tensor.getType());
    if (type.getStorageTypeIntegralWidth() == 16)
      return tensor.as<int16_t>()[i];
    return type.isSigned() ? tensor.as<int8_t>()[i] : tensor.as<uint8_t>()[i];
  }
  double real(int64_t i) {
    auto type = getQuantizedElement(input->getType());
    return (codeOf(*input, i) - double(getZeroPoints(type)[0])) *
           getScales(type)[0];
  }
  /// How far result i is from `exact`, in steps, counted from the nearest code.
  double stepsOff(int64_t i, double exact) {
    auto type = getQuantizedElement(result->getType());
    double wanted = exact / getScales(type)[0] + double(getZeroPoints(type)[0]);
    wanted = std::clamp(wanted, double(type.getStorageTypeMin()),
                        double(type.getStorageTypeMax()));
    return std::fabs(codeOf(*result, i) - wanted);
  }

  MLIRContext context;
  std::mt19937 random;
  OwningOpRef<ModuleOp> module;
  Operation *op = nullptr;
  std::optional<Tensor> input, result;
};

constexpr const char *wide = "x!quant.uniform<i16:f32, 0.002>>";
constexpr const char *bytes = "x!quant.uniform<u8:f32, 0.05:37>>";
} // namespace

TEST_F(OfCodes, LogarithmOfSoftmaxStaysWithinItsCertificate) {
  constexpr int64_t rows = 64, columns = 96;
  for (const char *element : {wide, bytes}) {
    parse("softmax %x {log}", std::string("tensor<64x96") + element,
          "tensor<64x96x!quant.uniform<i16:f32, 0.004>>");
    for (int64_t i = 0; i < rows * columns; ++i)
      setCode(i, int32_t(random() % (1u << (1 + i / columns % 15))));
    run();
    double certificate = softmaxStepsOff(cast<SoftmaxOp>(op)), worst = 0;
    EXPECT_LE(certificate, 0.6);
    for (int64_t row = 0; row < rows; ++row) {
      double sum = 0;
      for (int64_t i = row * columns; i < (row + 1) * columns; ++i)
        sum += std::exp(real(i) - real(row * columns));
      for (int64_t i = row * columns; i < (row + 1) * columns; ++i)
        worst = std::max(
            worst, stepsOff(i, real(i) - real(row * columns) - std::log(sum)));
    }
    EXPECT_LE(worst, certificate);
    EXPECT_GT(worst, 0.4);
  }
}

TEST_F(OfCodes, LogarithmOfIntegers) {
  LaneBuilder b;
  double worst = 0;
  for (int64_t x = 1; x < int64_t(1) << 61; x += 1 + x / 997) {
    double found = std::ldexp(double(logarithm(b, b.i64(x)).i64[0]), -24);
    worst = std::max(worst, std::fabs(found - std::log(double(x))));
  }
  EXPECT_LE(worst, 0x1p-21);
}

TEST_F(OfCodes, MeansOfWindows) {
  for (auto [in, out, most] :
       {std::tuple(bytes, "x!quant.uniform<i16:f32, 0.001>>", 0.51),
        std::tuple(wide, bytes, 0.501), std::tuple(bytes, bytes, 0.501)})
    for (bool whole : {false, true}) {
      parse(llvm::formatv("avg_pool %x {{kernel = array<i64: 3, 2>, pads = "
                          "array<i64: 2, 0, 1, 1>{0}}",
                          whole ? ", count_include_pad" : "")
                .str(),
            std::string("tensor<1x5x4x3") + in,
            std::string("tensor<1x6x4x3") + out);
      run();
      double certificate = AvgPoolCodes(cast<AvgPoolOp>(op)).stepsOff();
      EXPECT_LE(certificate, most);
      for (int64_t y = 0; y < 6; ++y)
        for (int64_t x = 0; x < 4; ++x)
          for (int64_t c = 0; c < 3; ++c) {
            double sum = 0, count = 0;
            for (int64_t h = y - 2; h < y + 1; ++h)
              for (int64_t w = x; w < x + 2; ++w)
                if (h >= 0 && h < 5 && w < 4) {
                  sum += real((h * 4 + w) * 3 + c);
                  ++count;
                }
            EXPECT_LE(stepsOff((y * 4 + x) * 3 + c, sum / (whole ? 6 : count)),
                      certificate);
          }
    }
}

TEST_F(OfCodes, ImagesBetweenPixels) {
  for (const char *coordinates :
       {"half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"})
    for (auto [element, most] :
         {std::pair(wide, 0.52), std::pair(bytes, 0.63)}) {
      parse(llvm::formatv("resize %x {{scales = array<f64: 2.3, 0.7>, mode = "
                          "#quantir.resize_mode<linear>, coordinates = "
                          "#quantir.coordinates<{0}>}",
                          coordinates)
                .str(),
            std::string("tensor<1x3x7x5") + element,
            std::string("tensor<1x6x4x5") + element);
      run();
      auto resize = cast<ResizeOp>(op);
      SmallVector<Neighbours> rows = linearCoordinates(resize, 0);
      SmallVector<Neighbours> columns = linearCoordinates(resize, 1);
      auto weights = [](ArrayRef<Neighbours> of) {
        return llvm::map_to_vector(
            of, [](const Neighbours &n) { return n.weight; });
      };
      double certificate = ResizeCodes(getQuantizedElement(resize.getType()))
                               .stepsOff(weights(rows), weights(columns));
      EXPECT_LE(certificate, most);
      int64_t at = 0;
      for (const Neighbours &y : rows)
        for (const Neighbours &x : columns)
          for (int64_t c = 0; c < 5; ++c) {
            auto pixel = [&](int64_t h, int64_t w) {
              return real((h * 7 + w) * 5 + c);
            };
            auto row = [&](int64_t h) {
              return std::lerp(pixel(h, x.low), pixel(h, x.high), x.weight);
            };
            EXPECT_LE(stepsOff(at++, std::lerp(row(y.low), row(y.high),
                                               double(y.weight))),
                      certificate + 1e-9);
          }
    }
}

TEST_F(OfCodes, IntegersOfAllCodes) {
  for (const char *scale : {"0.1", "1.0", "0.37", "517.0"}) {
    // An f32 that the text names: the quotient is exact, without it 10 * 0.1
    // would be a matter of luck.
    std::string exact = llvm::formatv("{0:F20}", double(std::stof(scale)));
    parse("cast %x", "tensor<65536x!quant.uniform<i16:f32, " + exact + ">>",
          "tensor<65536xi64>");
    for (int64_t i = 0; i < 65536; ++i)
      setCode(i, int32_t(i) - 32768);
    run();
    for (int64_t i = 0; i < 65536; ++i)
      ASSERT_EQ(result->as<int64_t>()[i], int64_t(real(i))) << scale << i;
  }
}

/// All codes through the pass and the interpreter. A half goes up.
TEST_F(OfCodes, RoundingIsExact) {
  for (auto [name, exact] :
       {std::pair(
            "floor", +[](double x) { return std::floor(x); }),
        std::pair(
            "ceil", +[](double x) { return std::ceil(x); }),
        std::pair("round", +[](double x) { return std::floor(x + 0.5); })})
    for (const char *scale : {"0.25", "0.0078125", "0.000030517578125"}) {
      std::string codes =
          llvm::formatv("tensor<65536x!quant.uniform<i16:f32, {0}>>", scale);
      double most = std::stod(scale) * 16384;
      module = parseSourceString<ModuleOp>(
          llvm::formatv("func.func @main(%c: {0}) -> tensor<65536xf32> {{\n"
                        "  %x = quantir.dequantize %c {{quantir.extent = "
                        "array<f64: -{1}, {1}>} : {0} -> tensor<65536xf32>\n"
                        "  %r = quantir.{2} %x : tensor<65536xf32> -> "
                        "tensor<65536xf32>\n"
                        "  return %r : tensor<65536xf32>\n}",
                        codes, llvm::formatv("{0:F9}", most).str(), name)
              .str(),
          &context);
      ASSERT_TRUE(module);
      auto main = *module->getOps<func::FuncOp>().begin();
      input.emplace(cast<RankedTensorType>(main.getArgument(0).getType()));
      for (int64_t i = 0; i < 65536; ++i)
        setCode(i, int32_t(i) - 32768);
      PassManager passes(&context);
      passes.addNestedPass<func::FuncOp>(createEliminateFloatsPass());
      passes.addNestedPass<func::FuncOp>(createVerifyIntegerOnlyPass());
      ASSERT_TRUE(succeeded(passes.run(*module)));
      auto results = quantir::run(main, {*input});
      ASSERT_TRUE(succeeded(results));
      for (int64_t i = 0; i < 65536; ++i)
        ASSERT_EQ((*results)[0].as<float>()[i], exact(real(i)))
            << name << " of " << real(i);
    }
}

/// One function says what code a number has: that of `quantize`.
TEST_F(OfCodes, CodesOfNumbers) {
  for (const char *element : {wide, bytes}) {
    parse("quantize %x", "tensor<4096xf32>",
          std::string("tensor<4096") + element);
    for (int64_t i = 0; i < 4096; ++i) {
      auto units = float(int32_t(random() % 4096) - 2048);
      input->mutableAs<float>()[i] = units * (i % 2 ? 0.025f : 0.001f);
    }
    float *special = input->mutableAs<float>();
    special[0] = std::numeric_limits<float>::infinity();
    special[1] = -special[0];
    special[2] = std::numeric_limits<float>::quiet_NaN();
    run();
    for (int64_t i = 0; i < 4096; ++i)
      ASSERT_EQ(
          quantir::codeOf(special[i], getQuantizedElement(result->getType())),
          int64_t(codeOf(*result, i)));
  }
}
