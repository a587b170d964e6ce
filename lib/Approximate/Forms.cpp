#include "quantir/Approximate/Forms.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace llvm;

namespace quantir::approximate {

ArrayRef<FormInfo<SoftmaxForm>> softmaxForms() {
  static constexpr FormInfo<SoftmaxForm> forms[] = {
      {SoftmaxForm::IBert, "ibert",
       "I-BERT: Integer-only BERT Quantization, 2021; "
       "kssteven418/I-BERT quant_modules.py IntSoftmax",
       "quadratic for e^x on (-ln2, 0], shifts, 16-bit terms, 8-bit result"},
      {SoftmaxForm::Shiftmax, "shiftmax",
       "I-ViT: Integer-only Quantization for Efficient Vision Transformer "
       "Inference, 2023; zkkli/I-ViT quant_modules.py IntSoftmax",
       "2^f as 1 + f/2, shifts and additions alone, 7-bit result"},
      {SoftmaxForm::Log2, "log2",
       "FQ-ViT: Post-Training Quantization for Fully Quantized Vision "
       "Transformer, 2022; megvii-research/FQ-ViT layers.py QIntSoftmax",
       "I-BERT's exponential, 4-bit logarithms as result"},
      {SoftmaxForm::HyQ, "hyq",
       "HyQ: Hardware-Friendly Post-Training Quantization for CNN-Transformer "
       "Hybrid Networks, 2024; IDSL-SeoulTech/HyQ",
       "a line for e^x on (-ln2, 0], 4-bit logarithms as result"},
      {SoftmaxForm::LiteRT, "litert",
       "tflite/kernels/internal/reference/softmax.h, int8",
       "gemmlowp's exponential in Q0.31, reciprocal by Newton's method"},
      {SoftmaxForm::LiteRT16, "litert16",
       "tflite/kernels/internal/reference/softmax.h, int16",
       "tables of 513 entries for e^x on [-10, 0] and for 1 / (1 + x)"},
      {SoftmaxForm::Index, "index",
       "IntAttention (IndexSoftmax), preprint, 2025",
       "a table of 32 exponentials of 8 bits over [-6.6, 0]"},
      {SoftmaxForm::XNNPACK, "xnnpack",
       "google/XNNPACK operators/softmax-nc.c, u8-lut32norm",
       "a table of 256 exponentials of up to 23 bits, one division each"},
  };
  return forms;
}

ArrayRef<FormInfo<GeluForm>> geluForms() {
  static constexpr FormInfo<GeluForm> forms[] = {
      {GeluForm::Table, "table", "the definition, x (1 + erf(x / sqrt 2)) / 2",
       "rounded once to the result's codes"},
      {GeluForm::IBert, "ibert",
       "I-BERT: Integer-only BERT Quantization, 2021; "
       "kssteven418/I-BERT quant_modules.py IntGELU",
       "quadratic for erf on [0, 1.769]"},
      {GeluForm::ShiftGelu, "shiftgelu",
       "I-ViT: Integer-only Quantization for Efficient Vision Transformer "
       "Inference, 2023; zkkli/I-ViT quant_modules.py IntGELU",
       "x sigmoid(1.702 x) with Shiftmax's exponential"},
  };
  return forms;
}

ArrayRef<FormInfo<NormForm>> normForms() {
  static constexpr FormInfo<NormForm> forms[] = {
      {NormForm::Exact, "exact", "the definition, without rounding the mean",
       "D q - sum q over the root of D sum q^2 - (sum q)^2"},
      {NormForm::IBert, "ibert",
       "I-BERT: Integer-only BERT Quantization, 2021; "
       "kssteven418/I-BERT quant_modules.py IntLayerNorm",
       "rounded mean, integer root by Newton's method"},
      {NormForm::IVit, "ivit",
       "I-ViT: Integer-only Quantization for Efficient Vision Transformer "
       "Inference, 2023; zkkli/I-ViT quant_modules.py IntLayerNorm",
       "rounded mean, ten steps of Newton's method from 2^16"},
  };
  return forms;
}

template <typename Form>
static Expected<Form> parse(ArrayRef<FormInfo<Form>> forms, StringRef what,
                            StringRef name) {
  for (const FormInfo<Form> &info : forms)
    if (info.name == name)
      return info.form;
  auto names =
      map_range(forms, [](const FormInfo<Form> &info) { return info.name; });
  return createStringError("unknown form of " + what + " '" + name + "'; use " +
                           join(names, ", "));
}

Expected<SoftmaxForm> parseSoftmaxForm(StringRef name) {
  return parse(softmaxForms(), "softmax", name);
}
Expected<GeluForm> parseGeluForm(StringRef name) {
  return parse(geluForms(), "gelu", name);
}
Expected<NormForm> parseNormForm(StringRef name) {
  return parse(normForms(), "layer norm", name);
}

double CodeMeaning::real(int64_t code) const {
  if (logarithmic)
    return code < 16 ? std::ldexp(1.0, -int(code)) : 0.0;
  return scale * double(code - zeroPoint);
}

int signedBits(double magnitude) {
  int exponent = 0;
  std::frexp(magnitude, &exponent);
  return std::max(exponent, 0) + 1;
}

Error checkWidths(StringRef form, ArrayRef<Width> widths) {
  for (const Width &width : widths)
    if (width.bits > width.limit)
      return createStringError(form + ": " + width.value + " needs " +
                               Twine(width.bits) + " bits of " +
                               Twine(width.limit));
  return Error::success();
}

} // namespace quantir::approximate
