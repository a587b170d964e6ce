// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @floats(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{does not compute on f32}}
  %y = quantir.not %x : tensor<4xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}
