// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @codes(%x: tensor<4x!quant.uniform<u8:f32, 0.5>>) -> tensor<4x!quant.uniform<u8:f32, 0.5>> {
  // expected-error @+1 {{does not compute on codes; dequantize first}}
  %y = quantir.relu %x : tensor<4x!quant.uniform<u8:f32, 0.5>> -> tensor<4x!quant.uniform<u8:f32, 0.5>>
  return %y : tensor<4x!quant.uniform<u8:f32, 0.5>>
}
