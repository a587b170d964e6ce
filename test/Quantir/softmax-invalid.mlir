// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @no_dimension(%x0: tensor<f32>) -> tensor<f32> {
  // expected-error @+2 {{needs a dimension}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.softmax %x0  : tensor<f32> -> tensor<f32>
  return %y : tensor<f32>
}

// -----

func.func @two_kinds(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{has no logarithm that is not normalized}}
  %y = quantir.softmax %x {log, unnormalized} : tensor<2x3xf32> -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}
