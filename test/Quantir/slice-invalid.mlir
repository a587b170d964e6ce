// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (S1)
func.func @too_few_offsets(%x0: tensor<2x3xf32>) -> tensor<1x1xf32> {
  // expected-error @+2 {{needs one offset, size and step for each dimension of 'tensor<2x3xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.slice %x0 {offsets = array<i64: 0>, sizes = array<i64: 1, 1>, steps = array<i64: 1, 1>} : tensor<2x3xf32> -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// (S1)
func.func @beyond_the_end(%x0: tensor<6xf32>) -> tensor<3xf32> {
  // expected-error @+2 {{reads 3 elements from 2 by 2 in a dimension of 6}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.slice %x0 {offsets = array<i64: 2>, sizes = array<i64: 3>, steps = array<i64: 2>} : tensor<6xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

// (S1)
func.func @no_step(%x0: tensor<6xf32>) -> tensor<1xf32> {
  // expected-error @+2 {{reads 1 elements from 0 by 0 in a dimension of 6}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.slice %x0 {offsets = array<i64: 0>, sizes = array<i64: 1>, steps = array<i64: 0>} : tensor<6xf32> -> tensor<1xf32>
  return %y : tensor<1xf32>
}

// -----

// (S1)
func.func @step_that_overflows(%x0: tensor<6xf32>) -> tensor<4xf32> {
  // expected-error @+2 {{reads 4 elements from 1 by 9223372036854775807 in a dimension of 6}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.slice %x0 {offsets = array<i64: 1>, sizes = array<i64: 4>, steps = array<i64: 9223372036854775807>} : tensor<6xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}
