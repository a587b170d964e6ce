// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (T1)
func.func @dimension_twice(%x: tensor<2x3xf32>) -> tensor<2x2xf32> {
  // expected-error @+2 {{has a permutation that is none of the dimensions of 'tensor<2x3xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.transpose %x {permutation = array<i64: 0, 0>} : tensor<2x3xf32> -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}
