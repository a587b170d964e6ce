// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (P1)
func.func @one_entry_for_two_dimensions(%x0: tensor<2x3xf32>) -> tensor<2x4xf32> {
  // expected-error @+2 {{needs an entry of low and high for each dimension of 'tensor<2x3xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.pad %x0 {low = array<i64: 0>, high = array<i64: 0, 1>} : tensor<2x3xf32> -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// (P1)
func.func @negative(%x0: tensor<3xf32>) -> tensor<2xf32> {
  // expected-error @+2 {{pads a dimension by -1 and 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.pad %x0 {low = array<i64: -1>, high = array<i64: 0>} : tensor<3xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

// (P2)
func.func @reflects_more_than_there_is(%x0: tensor<3xf32>) -> tensor<6xf32> {
  // expected-error @+2 {{has 3 elements to pad by 3 and 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.pad %x0 {low = array<i64: 3>, high = array<i64: 0>, mode = #quantir.pad_mode<reflect>} : tensor<3xf32> -> tensor<6xf32>
  return %y : tensor<6xf32>
}
