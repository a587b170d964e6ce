// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @no_dimension(%x0: tensor<f32>) -> tensor<f32> {
  // expected-error @+2 {{needs a dimension}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.softmax %x0  : tensor<f32> -> tensor<f32>
  return %y : tensor<f32>
}
