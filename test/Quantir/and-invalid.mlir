// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @floats(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{does not compute on f32}}
  %r = quantir.and %a, %a : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %r : tensor<4xf32>
}
