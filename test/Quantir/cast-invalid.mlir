// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @codes(%x: tensor<4x!quant.uniform<u8:f32, 0.5>>) -> tensor<4xf32> {
  // expected-error @+1 {{does not cast '!quant.uniform<u8:f32, 5.000000e-01>'; quantize or dequantize}}
  %y = quantir.cast %x : tensor<4x!quant.uniform<u8:f32, 0.5>> -> tensor<4xf32>
  return %y : tensor<4xf32>
}
