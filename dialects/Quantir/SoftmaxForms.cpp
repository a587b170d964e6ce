#include "Quantir/SoftmaxForms.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantir;

/// LiteRT's table of a function on 512 equal pieces of [low, high] in Q0.15;
/// half of a line's error at its middle moves to its ends.
static std::vector<int32_t>
table513(llvm::function_ref<double(double)> function, double low, double high) {
  auto at = [&](double x) { return std::round(float(function(x)) * 32768.0f); };
  auto saturated = [](double x) {
    return int32_t(std::clamp(x, -32768.0, 32767.0));
  };
  double step = (high - low) / 512;
  std::vector<int32_t> entries;
  for (int i = 0; i < 512; ++i) {
    double here = at(low + i * step);
    double line = std::round((at(low + (i + 1) * step) + here) / 2);
    double error = line - at(low + i * step + step / 2);
    entries.push_back(saturated(here - std::round(error / 2)));
  }
  entries.push_back(saturated(at(high)));
  return entries;
}

double quantir::nativeScale(SoftmaxForm form) {
  switch (form) {
  case SoftmaxForm::ibert:
  case SoftmaxForm::litert:
  case SoftmaxForm::xnnpack:
    return 0x1p-8;
  case SoftmaxForm::shiftmax:
    return 0x1p-7;
  case SoftmaxForm::log2:
  case SoftmaxForm::hyq:
    return 0x1p-14;
  case SoftmaxForm::litert16:
    return 0x1p-15;
  case SoftmaxForm::index:
    return 1.0 / 255;
  case SoftmaxForm::house:
    break;
  }
  llvm_unreachable("house has no scale of its own");
}

namespace {
/// What a form's constants follow from.
struct Rows {
  explicit Rows(SoftmaxOp op) {
    auto type = cast<RankedTensorType>(op.getInput().getType());
    quant::QuantizedType in = getQuantizedElement(type);
    scale = getScales(in)[0];
    columns = std::max<int64_t>(1, type.getShape().back());
    span = in.getStorageTypeMax() - in.getStorageTypeMin();
  }
  double scale;
  int64_t columns, span;
};

/// The polynomial's constants in codes; see lib/Approximate.
struct Split {
  Split(double scale, bool isLine) {
    ln2 = -int64_t(std::floor(-0.6931 / scale));
    double first = isLine ? 0.12121466 / 0.08947606 : 0.96963238 / 0.35815147;
    slope = int64_t(std::floor(first / scale));
    top =
        isLine ? slope : int64_t(std::floor(1 / 0.35815147 / (scale * scale)));
  }
  int64_t ln2, slope, top; ///< `top` stands for 1
};

/// An upper bound of the bits of [0, value], a sign included.
int bitsOf(double value) {
  int exponent = 0;
  std::frexp(value, &exponent);
  return std::max(exponent, 0) + 1;
}
} // namespace

std::string SoftmaxFormCodes::reasonAgainst(SoftmaxOp op) {
  Rows rows(op);
  auto tooWide = [](StringRef what, double most) -> std::string {
    if (bitsOf(most) <= 32)
      return "";
    return llvm::formatv("{0} needs {1} bits of 32", what, bitsOf(most));
  };
  auto columns = double(rows.columns);
  auto largest = [&](double most) -> std::string {
    if (rows.scale <= most)
      return "";
    return llvm::formatv("scale {0} is larger than {1}", rows.scale, most);
  };
  std::string reason;
  switch (op.getForm()) {
  case SoftmaxForm::house:
    return "";
  case SoftmaxForm::ibert:
  case SoftmaxForm::log2:
  case SoftmaxForm::hyq: {
    reason = largest(1);
    bool isLine = op.getForm() == SoftmaxForm::hyq;
    auto top = double(Split(rows.scale, isLine).top);
    if (!reason.empty())
      return reason;
    if (op.getForm() == SoftmaxForm::ibert)
      return tooWide("the polynomial", top);
    return tooWide("the sum", top * columns);
  }
  case SoftmaxForm::shiftmax:
    reason = largest(1);
    if (!reason.empty())
      return reason;
    return tooWide("the sum", std::ldexp(-std::floor(-1 / rows.scale), 15) *
                                  std::max(columns, 2.0));
  case SoftmaxForm::litert:
    reason = largest(31);
    return reason.empty() ? tooWide("the sum in Q12.19", columns * 0x1p19)
                          : reason;
  case SoftmaxForm::litert16: {
    double perTen = rows.scale * 65535 / 10;
    return tooWide("the scaled distance",
                   double(rows.span) * std::max(perTen, 1.0));
  }
  case SoftmaxForm::index:
    reason = largest(6.6);
    return reason.empty() ? tooWide("the scaled index", 63 * 6.6 / rows.scale)
                          : reason;
  case SoftmaxForm::xnnpack:
    return rows.span > 255 ? "the scores have more than 8 bits" : "";
  }
  llvm_unreachable("every form has its limits");
}

SoftmaxFormCodes::SoftmaxFormCodes(SoftmaxOp op) : form(op.getForm()) {
  Rows rows(op);
  quant::QuantizedType out = getQuantizedElement(op.getType());
  zeroPoint = getZeroPoints(out)[0];
  low = out.getStorageTypeMin();
  high = out.getStorageTypeMax();
  double native = nativeScale(form), step = getScales(out)[0];
  int64_t most = form == SoftmaxForm::litert16 ? 32767
                 : native == 0x1p-14           ? 16384
                 : native == 0x1p-7            ? 127
                                               : 255;
  keepsNative = float(native) == float(step) && zeroPoint >= low &&
                zeroPoint + most <= high;
  toResult = fixedPoint({std::min(native / step, 32768.0)});
  switch (form) {
  case SoftmaxForm::ibert:
  case SoftmaxForm::log2:
  case SoftmaxForm::hyq: {
    isLine = form == SoftmaxForm::hyq;
    Split split(rows.scale, isLine);
    ln2 = split.ln2;
    slope = split.slope;
    constant = split.top;
    // As many bits behind the point as leave a term, or the sum, in 31.
    auto top = double(split.top);
    if (form == SoftmaxForm::ibert) {
      guardBits = 32 - bitsOf(top);
      FixedPoint factor = fixedPoint({32767 / std::ldexp(top, guardBits)});
      factor16 = factor.multipliers[0];
      shift16 = factor.shift;
    } else {
      guardBits = 32 - bitsOf(top * double(rows.columns));
    }
    return;
  }
  case SoftmaxForm::shiftmax:
    one = -int64_t(std::floor(-1 / rows.scale));
    return;
  case SoftmaxForm::litert: {
    // Q5.26
    int exponent = 0;
    double scaled = std::min(rows.scale * 0x1p26, 0x1p31 - 1);
    double mantissa = std::frexp(scaled, &exponent);
    inputFactor =
        int32_t(std::min(std::round(std::ldexp(mantissa, 31)), 0x1p31 - 1));
    inputShift = exponent;
    lowest = int64_t(std::floor(31 * 0x1p26 / std::ldexp(1, exponent)));
    return;
  }
  case SoftmaxForm::litert16: {
    // [-10, 0] becomes [-65535, 0].
    int exponent = 0;
    double mantissa = std::frexp(rows.scale * 65535 / 10, &exponent);
    inputFactor =
        int32_t(std::min(std::round(std::ldexp(mantissa, 31)), 0x1p31 - 1));
    inputShift = std::max(exponent, 0);
    inputRight = std::max(-exponent, 0);
    table = table513([](double x) { return std::exp(x); }, -10, 0);
    second = table513([](double x) { return 1 / (1 + x); }, 0, 1);
    return;
  }
  case SoftmaxForm::index:
    clip = std::llround(6.6 / rows.scale);
    for (int i = 0; i < 31; ++i)
      table.push_back(int32_t(std::lround(255 * std::exp(-6.6 * i / 31))));
    table.push_back(0);
    return;
  case SoftmaxForm::xnnpack: {
    double largest = std::min((0x1p32 - 1) / double(rows.columns), 0x1p23 - 1);
    for (int i = 0; i < 256; ++i)
      table.push_back(
          int32_t(std::nearbyint(largest * std::exp(-i * rows.scale))));
    return;
  }
  case SoftmaxForm::house:
    break;
  }
  llvm_unreachable("house has no published form");
}
