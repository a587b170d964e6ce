// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (D1)
func.func @wide_codes_with_zero_point(%q: tensor<4x!quant.uniform<i32:f32, 0.5:1>>) -> tensor<4xf32> {
  // expected-error @+1 {{reads 32-bit codes with a zero point}}
  %x = quantir.dequantize %q : tensor<4x!quant.uniform<i32:f32, 0.5:1>> -> tensor<4xf32>
  return %x : tensor<4xf32>
}
